"""What is said when a run begins again, is interrupted, and has been."""

import json
import shlex
from pathlib import Path

import pytest

from r1cli.report.attempt import how_it_was_interrupted, what_stops_it, where_it_begins
from r1cli.runs.activity import write_activity
from r1cli.runs.model import WHOLE
from r1cli.runs.run_dir import STOPPED
from tests.run_folders import make_run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_run(
        tmp_path / "runs" / "it's mine", "interrupted", metrics=[{"step": 201, "max_steps": 800, "loss": 1.0}]
    )


def checkpoint(run: Path, step: int, whole: bool = True) -> None:
    folder = run / f"checkpoint-{step}"
    folder.mkdir()
    if whole:
        (folder / WHOLE).write_text('{"ranks": 1, "model_only": false}')


RESUME = ["r1", "rerun", "runs/it's mine", "--output-dir", "runs/it's mine"]


def test_a_run_without_a_checkpoint_begins_from_scratch(run: Path) -> None:
    checkpoint(run, 200, whole=False)
    assert where_it_begins(run, "new") == ""
    assert where_it_begins(run, "resumed") == "there is no whole checkpoint: begins from scratch"
    assert "without a checkpoint" in what_stops_it(run)
    text = how_it_was_interrupted(run)
    assert text.startswith(
        "interrupted at step 201; there is no checkpoint yet,\nso that the next start begins from scratch\n"
        "to start it:\n"
    )
    assert shlex.split(text.splitlines()[-1]) == RESUME


def test_the_last_whole_checkpoint_is_what_resumes(run: Path) -> None:
    checkpoint(run, 100)
    checkpoint(run, 200, whole=False)
    assert where_it_begins(run, "resumed") == "resumes from step 100"
    assert "Ctrl-C again stops at once; the run would resume from step 100" in what_stops_it(run)
    assert how_it_was_interrupted(run).startswith(
        "interrupted at step 201; the last checkpoint is of step 100\n"
    )


def test_a_run_that_was_asked_says_at_which_step_it_stopped(run: Path) -> None:
    checkpoint(run, 204)
    (run / STOPPED).parent.mkdir(exist_ok=True)
    (run / STOPPED).write_text(json.dumps({"step": 204, "checkpoint": "checkpoint-204"}))
    text = how_it_was_interrupted(run)
    assert text.startswith("interrupted at step 204, with a checkpoint\n")
    assert how_it_was_interrupted(run, "the same command").endswith("the same command resumes it")


def test_a_step_that_was_not_logged_counts(run: Path) -> None:
    write_activity(run, {"step": 209, "max_steps": 800})
    assert how_it_was_interrupted(run).startswith("interrupted at step 209; ")


def test_other_commands_and_finished_runs_have_no_steps_to_speak_of(run: Path, tmp_path: Path) -> None:
    measured = make_run(tmp_path / "measured", "interrupted", command="evaluate")
    assert how_it_was_interrupted(measured).startswith("interrupted; to resume it:\nr1 rerun measured")
    assert where_it_begins(measured, "resumed") == ""
    finished = make_run(tmp_path / "finished", "finished")
    assert "is finished" in how_it_was_interrupted(finished)
    early = make_run(tmp_path / "early", "interrupted")
    assert how_it_was_interrupted(early).startswith("interrupted before the first step; ")


def test_lines_fit_a_terminal(run: Path) -> None:
    for _ in range(2):
        lines = [*what_stops_it(run).splitlines(), *how_it_was_interrupted(run).splitlines()[:-1]]
        assert [line for line in lines if len(line) > 80] == []
        if not (run / "checkpoint-100").exists():
            checkpoint(run, 100)
