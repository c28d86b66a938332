"""What the tests of runs share."""

from pathlib import Path

import pytest

from tests.slurm_scripts import Slurm


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slurm:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.setenv("R1_HOME", str(tmp_path / "home"))
    return Slurm(tmp_path / "bin")
