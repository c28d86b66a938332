"""What the tests of evaluations share: an environment with lighteval."""

import os
import shutil
import subprocess
import venv
from collections.abc import Iterator

import pytest

from tests.conftest import require

#: Read before any test clears it away.
_LIGHTEVAL_PYTHON = os.environ.get("R1_LIGHTEVAL_PYTHON")


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
