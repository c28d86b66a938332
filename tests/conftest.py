"""Fixtures for all tests."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from r1cli.plugins import registry

REPOSITORY = Path(__file__).parents[1]
R1 = Path(sys.executable).with_name("r1")

#: Read before any test clears it away.
_LIGHTEVAL_PYTHON = os.environ.get("R1_LIGHTEVAL_PYTHON")

RunR1 = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets a variable of the person who runs it, or the Hub."""
    for name in os.environ:
        if name.startswith("R1_") and name not in ("R1_TEST_REQUIRE", "R1_HOME"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(autouse=True)
def _fresh_plugins() -> Iterator[None]:
    """What one test finds of plugins is forgotten before the next."""
    yield
    registry.load_plugins.cache_clear()


@pytest.fixture(scope="session")
def r1() -> RunR1:
    """Runs the installed ``r1`` as a user does."""

    def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        command = [str(R1), *map(str, arguments)]
        settings = {"capture_output": True, "text": True, "timeout": 280, **options}
        return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload,no-any-return]

    return run


def require(service: str, available: bool, reason: str) -> None:
    """Skips a test whose service is missing, unless R1_TEST_REQUIRE names the service: then it fails."""
    if available:
        return
    if service in os.environ.get("R1_TEST_REQUIRE", "").split(","):
        pytest.fail(f"{service} is required here: {reason}")
    pytest.skip(f"{service}: {reason}")


@pytest.fixture(scope="session")
def lighteval_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Python of an environment with lighteval: R1_LIGHTEVAL_PYTHON, or one made for this session."""
    if _LIGHTEVAL_PYTHON:
        yield _LIGHTEVAL_PYTHON
        return
    folder = tmp_path_factory.mktemp("lighteval")
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    # torch is pinned, so that the small build is taken where there is one.
    words = ("install", "--quiet", "lighteval==0.13.0", "torch==2.13.0")
    pip = (python, "-m", "pip", "--disable-pip-version-check", *words)
    installed = subprocess.run(pip, capture_output=True, text=True, check=False)
    require("package-index", installed.returncode == 0, installed.stderr[-300:])
    yield python
    shutil.rmtree(folder)


@pytest.fixture
def lighteval(lighteval_python: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same Python, where r1 looks for it."""
    monkeypatch.setenv("R1_LIGHTEVAL_PYTHON", lighteval_python)
    return lighteval_python
