"""A short quickstart, run once: its models and data serve the other end-to-end tests."""

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import RunR1

#: Few steps and few problems, said the way a user would say it for any run; too few to earn any reward.
SHORT = {
    "R1_TRAINING__MAX_STEPS": "12",
    "R1_EVALUATE__NUM_PROBLEMS": "32",
    "R1_REWARDS__MAX_DEAD_STEPS": "null",
}


@dataclass(frozen=True)
class Quickstart:
    """A finished quickstart: its folder, and what it printed."""

    folder: Path
    output: str
    talk: str

    @property
    def model(self) -> str:
        return str(self.folder / "sft")

    def data(self, name: str) -> str:
        return str(self.folder / "data" / f"{name}.jsonl")


@pytest.fixture(scope="session")
def quickstart(r1: RunR1, tmp_path_factory: pytest.TempPathFactory) -> Quickstart:
    folder = tmp_path_factory.mktemp("quickstart") / "run"
    result = r1("quickstart", "--output-dir", folder, env={**os.environ, **SHORT, "HF_HUB_OFFLINE": "1"})
    assert result.returncode == 0, result.stderr
    return Quickstart(folder, result.stdout, result.stderr)


@pytest.fixture(scope="session")
def environment_with_r1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment of its own that sees everything in this one."""
    return make_environment(tmp_path_factory.mktemp("environment"))


def make_environment(folder: Path) -> Path:
    """Makes a virtual environment that sees everything in this one, and returns its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    inner = subprocess.run([python, "-c", purelib], check=True, capture_output=True, text=True).stdout.strip()
    outer = subprocess.run([sys.executable, "-c", purelib], check=True, capture_output=True, text=True).stdout
    # addsitedir, and not a bare path: r1's own editable install is a .pth file in there.
    Path(inner, "outer.pth").write_text(f"import site; site.addsitedir({outer.strip()!r})\n")
    return python
