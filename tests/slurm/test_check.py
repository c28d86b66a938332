"""`r1 slurm init` and `r1 slurm check`, on a real cluster."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PATIENCE, R1, RunR1
from tests.slurm.cluster import Cluster

GPUS_MISSING = "torch sees 0 of the 8 GPUs that were asked for: "


@pytest.fixture(autouse=True)
def login(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a site profile, in an empty folder on the login node."""
    monkeypatch.setenv("SLURM_CONF", str(cluster.configuration))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_sixteen_nodes_meet_and_their_missing_gpus_are_named(r1: RunR1) -> None:
    done = r1("slurm", "check", "--nodes", "16", "--json")
    found = json.loads(done.stdout)
    names = {f"n{number}" for number in range(1, 17)}
    assert [rank["rank"] for rank in found["ranks"]] == list(range(16))
    assert {rank["node"] for rank in found["ranks"]} == names
    assert all(rank["gloo"]["ranks"] == list(range(16)) for rank in found["ranks"])
    assert all(rank["megabytes_per_second"] > 0 for rank in found["ranks"])
    # The cluster only pretends to have GPUs, and nothing else is wrong with it.
    (problem,) = found["problems"]
    assert set(problem.removeprefix(GPUS_MISSING).split(", ")) == names
    assert done.returncode == 1


@pytest.mark.slow
def test_a_site_profile_is_written_and_used(r1: RunR1, tmp_path: Path) -> None:
    written = r1("slurm", "init", "--yes")
    assert written.returncode == 0, written.stderr
    assert written.stdout.strip() == str(tmp_path / "config" / "r1" / "slurm.yaml")
    assert r1("slurm", "init", "--yes").returncode == 2
    answers = ["short", "", "", "5", *[""] * 9, "NCCL_DEBUG=WARN", ""]
    refused = r1("slurm", "init", "--project", input="\n".join(["short", "", "", "long", *[""] * 20]))
    assert refused.returncode == 2
    assert "'long' is not a time limit" in refused.stderr
    assert not (tmp_path / ".r1").exists()
    written = r1("slurm", "init", "--project", input="\n".join(answers) + "\n")
    assert (written.returncode, written.stdout) == (0, f"{tmp_path / '.r1' / 'slurm.yaml'}\n"), written.stderr
    done = r1("slurm", "check", "--nodes", "2", "--gpus", "0", "--cpus_per_node", "1", "--code")
    assert done.returncode == 0, done.stderr
    # Each node says what its sandbox isolates by.
    assert sum("bubblewrap" in line for line in done.stdout.splitlines()) == 2
    assert "2 nodes, 2 ranks: no problems found" in done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["rank", "0", "1"]
    (script,) = tmp_path.glob("runs/*/launch/job.sh")
    lines = script.read_text().splitlines()
    assert {"#SBATCH --partition=short", "#SBATCH --time=5", "export NCCL_DEBUG=WARN"} <= set(lines)


def test_what_keeps_a_node_from_starting_is_shown(r1: RunR1) -> None:
    done = r1("slurm", "check", "--gpus", "0", "--slurm.environment", "/nowhere")
    assert done.returncode == 1
    assert "no word from rank 0" in done.stderr
    assert "/nowhere/bin/python: No such file" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_it_waits_it_cancels_its_job(number: int, cluster: Cluster, tmp_path: Path) -> None:
    words = ("slurm", "check", "--gpus", "0", "--slurm.sbatch.hold", "true")
    check = subprocess.Popen([R1, *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert check.stderr
    job = next(line for line in check.stderr if "it is held" in line).split()[1]
    check.send_signal(number)
    assert check.wait(PATIENCE) == 128 + number
    assert cluster.job(job)["JobState"] == "CANCELLED"
