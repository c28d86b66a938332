"""What is said of clusters on a machine that has no Slurm."""

import os
from pathlib import Path

import pytest

from tests.conftest import R1, RunR1

pytestmark = pytest.mark.unit
SUBMIT = ("slurm", "submit", "sft", "--nodes", "16", "--output-dir", "run")


@pytest.fixture
def without_slurm(tmp_path: Path) -> dict[str, object]:
    """The folder and the environment of a user who has r1, and no Slurm."""
    return {"cwd": tmp_path, "env": {**os.environ, "PATH": str(R1.parent), "XDG_CONFIG_HOME": str(tmp_path)}}


def test_submitting_says_that_there_is_no_slurm(main: RunR1, without_slurm: dict[str, object]) -> None:
    done = main(*SUBMIT, **without_slurm)
    assert done.returncode == 2
    assert "there is no Slurm on this machine" in done.stderr
    assert not Path(str(without_slurm["cwd"]), "run").exists()


def test_a_dry_run_shows_the_script_all_the_same(main: RunR1, without_slurm: dict[str, object]) -> None:
    done = main(*SUBMIT, "--dry-run", **without_slurm)
    assert done.returncode == 0
    assert "#SBATCH --nodes=16\n" in done.stdout
    assert '--machine_rank "$NODE_RANK"' in done.stdout
    assert not Path(str(without_slurm["cwd"]), "run").exists()


def test_a_site_profile_is_the_weakest_word(main: RunR1, without_slurm: dict[str, object]) -> None:
    profile = Path(str(without_slurm["cwd"]), "r1", "slurm.yaml")
    profile.parent.mkdir()
    profile.write_text("slurm: {partition: gpu, account: team, gpus_per_node: 4}\n")
    shown = main(*SUBMIT, "--partition", "big", "--dry-run", **without_slurm).stdout
    assert "#SBATCH --partition=big\n" in shown
    assert "#SBATCH --account=team\n" in shown
    assert "#SBATCH --gres=gpu:4\n" in shown
    # A mistake in it is found like any other, with its place.
    profile.write_text("slurm:\n  partitoin: gpu\n")
    done = main(*SUBMIT, "--dry-run", **without_slurm)
    assert done.returncode == 2
    assert "slurm.yaml:2" in done.stderr
    assert "did you mean slurm.partition" in done.stderr


def test_a_run_on_this_machine_takes_no_nodes(main: RunR1, without_slurm: dict[str, object]) -> None:
    done = main("sft", "--nodes", "16", "--dry-run", **without_slurm)
    assert done.returncode == 2
    assert "r1 slurm submit sft" in done.stderr
