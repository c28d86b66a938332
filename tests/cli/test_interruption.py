"""Ctrl-C before anything runs: a word, exit code 130, and nothing left behind."""

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
