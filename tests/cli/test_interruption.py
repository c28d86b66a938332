"""Ctrl-C before anything runs: a word, exit code 130, and nothing left behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from r1cli.cli import app, progress
from r1cli.runs.job import Job
from tests.conftest import RunR1


def press_ctrl_c(*words: object) -> None:
    raise KeyboardInterrupt


def test_a_run_that_has_not_begun_leaves_no_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = Job("grpo", str(tmp_path / "run"), (), {}, requires=())
    with pytest.raises(SystemExit) as ended:
        progress.watched_launch(job, check=press_ctrl_c)
    assert ended.value.code == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted; nothing was started"
    assert list(tmp_path.iterdir()) == []


def test_r1_itself_ends_without_a_traceback(main: RunR1, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "run", press_ctrl_c)
    ended = main("sft")
    assert (ended.returncode, ended.stderr) == (130, "interrupted\n")


_WHILE_IT_LOADS = """
import runpy, sys

class PressCtrlC:
    def find_spec(name, path=None, target=None):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, PressCtrlC)
runpy.run_module("r1cli", run_name="__main__")
"""


@pytest.mark.e2e
def test_ctrl_c_while_r1_loads_shows_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", _WHILE_IT_LOADS], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
