"""A site profile made without a cluster."""

from pathlib import Path

import pytest
import yaml

from r1cli.cluster.site_profile import KEYS, template_text
from tests.conftest import RunR1


def test_a_template_has_every_key_and_sets_none() -> None:
    text = template_text()
    assert yaml.safe_load(text) == {"slurm": None, "launch": None}
    assert all(f"  # {key}:" in text for key in (*KEYS, "sbatch", "offline"))


def test_it_is_written_where_there_is_no_cluster_and_read(
    main: RunR1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert "init --template" in main("slurm", "init", "--project").stderr
    written = main("slurm", "init", "--project", "--template")
    profile = tmp_path / ".r1" / "slurm.yaml"
    assert (written.returncode, written.stdout.strip()) == (0, str(profile))
    assert "set the partition" in written.stderr and "\nr1 slurm check --nodes 2\n" in written.stderr
    planned = main("slurm", "submit", "grpo", "--preset", "qwen1.5b-math", "--dry-run")
    assert "sets nothing" not in planned.stderr
    profile.write_text(profile.read_text().replace("  # partition: null", "  partition: gpu"))
    planned = main("slurm", "submit", "grpo", "--preset", "qwen1.5b-math", "--dry-run")
    assert "#SBATCH --partition=gpu" in planned.stdout, planned.stderr
    assert main("slurm", "init", "--project", "--template").returncode == 2
