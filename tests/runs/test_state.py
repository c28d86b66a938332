"""The state of runs, with a Slurm whose programs are scripts that count how often they are asked."""

import json
import os
import time
from pathlib import Path

import pytest

from r1cli.runs import queue_cache
from r1cli.runs.state import Run, failed_share, look_at, runs_below, runs_with_queue
from tests.run_folders import make_run
from tests.slurm_scripts import Slurm


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def states(runs: Path) -> dict[str, tuple[str, bool]]:
    return {run.run_dir.name: (run.state, run.confirmed) for run in runs_below(runs)[0]}


def test_runs_of_this_machine_need_no_slurm(slurm: Slurm, runs: Path) -> None:
    make_run(runs / "done")
    make_run(runs / "killed", "running")
    make_run(runs / "away", "running", host="elsewhere")
    make_run(runs / "new", "")
    make_run(runs / "long-ago", "finished", job_id="1")
    assert states(runs) == {
        "done": ("finished", True), "killed": ("lost", True), "away": ("running", True), "new": ("", True),
        "long-ago": ("finished", True),
    }  # fmt: skip
    assert slurm.asked("squeue") == 0


def test_one_question_tells_of_all_runs_and_counts_for_15_seconds(
    slurm: Slurm, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [
        (str(number), make_run(runs / f"run{number}", "queued", job_id=str(number))) for number in (7, 8, 9)
    ]
    for _, run in jobs:
        (run / "launch").mkdir(exist_ok=True)
        (run / "launch" / "job.sh").touch()
    slurm.squeue_prints(*((number, "RUNNING", run) for number, run in jobs))
    for _ in range(5):
        assert set(states(runs).values()) == {("running", True)}
    assert (slurm.asked("squeue"), slurm.asked("scontrol")) == (1, 0)
    later = time.time() + queue_cache.EVERY
    monkeypatch.setattr(queue_cache.time, "time", lambda: later)
    states(runs)
    assert slurm.asked("squeue") == 2


def test_how_a_job_ended_is_asked_once(slurm: Slurm, runs: Path) -> None:
    run = make_run(runs / "one", "running", job_id="7", host="n1")
    slurm.scontrol_prints("7", "FAILED", "137:0")
    for _ in range(3):
        (found,) = runs_below(runs)[0]
        assert (found.state, found.reason) == ("failed", "Slurm job 7 is FAILED: exit code 137:0")
    assert slurm.asked("scontrol") == 1
    assert json.loads((run / "status.json").read_text())["state"] == "failed"


def test_a_job_that_nobody_knows_is_asked_for_once(slurm: Slurm, runs: Path) -> None:
    make_run(runs / "one", "running", job_id="7", host="n1")
    for _ in range(3):
        assert states(runs) == {"one": ("lost", True)}
    assert slurm.asked("scontrol") == 1


def test_what_became_of_a_lost_run_is_asked_once(slurm: Slurm, runs: Path) -> None:
    make_run(runs / "one", "running", job_id="7", host="n1")
    slurm.scontrol_prints("7", "COMPLETED")
    for _ in range(3):
        assert states(runs) == {"one": ("lost", True)}
    assert slurm.asked("scontrol") == 1


def test_a_queued_run_whose_job_is_unknown_here_stays_queued(slurm: Slurm, runs: Path) -> None:
    run = make_run(runs / "one", "queued", job_id="7")
    for found in (look_at(run), runs_below(runs)[0][0]):
        assert (found.state, found.confirmed) == ("queued", False)
        assert "does not know job 7" in found.reason
    assert json.loads((run / "status.json").read_text())["state"] == "queued"
    # The queue no longer lists it.
    slurm.scontrol_prints("7", "CANCELLED")
    assert states(runs) == {"one": ("interrupted", True)}


def test_an_old_answer_changes_no_record(slurm: Slurm, runs: Path) -> None:
    run = make_run(runs / "one", "queued", job_id="7")
    (run / "launch").mkdir(exist_ok=True)
    (run / "launch" / "job.sh").touch()
    slurm.squeue_prints(("7", "PENDING", run))
    assert states(runs) == {"one": ("queued", True)}
    # It has started since.
    make_run(run, "running", job_id="7", host="n1")
    slurm.scontrol_prints("7", "RUNNING")
    assert states(runs) == {"one": ("running", True)}
    assert json.loads((run / "status.json").read_text())["state"] == "running"


def test_a_job_that_was_submitted_since_is_not_taken_for_lost(slurm: Slurm, runs: Path) -> None:
    make_run(runs / "old", "interrupted", job_id="6")
    assert states(runs) == {"old": ("interrupted", True)}
    make_run(runs / "new", "queued", job_id="7", time="2999-01-01T00:00:00+00:00")
    assert states(runs)["new"] == ("queued", True)
    assert slurm.asked("scontrol") == 0


def test_without_an_answer_the_record_is_shown_and_not_trusted(slurm: Slurm, runs: Path) -> None:
    slurm.be_silent()
    make_run(runs / "submitted", "running", job_id="7", host="n1")
    make_run(runs / "ended", "failed", job_id="6")
    make_run(runs / "local")
    for _ in range(3):
        found, silence = runs_below(runs)
        assert silence is not None
        assert "Unable to contact slurm controller" in silence.what
        assert {run.run_dir.name: (run.state, run.confirmed) for run in found} == {
            "submitted": ("running", False), "ended": ("failed", True), "local": ("finished", True),
        }  # fmt: skip
    assert slurm.asked("squeue") == 1


def test_the_queue_has_runs_that_lie_elsewhere(slurm: Slurm, runs: Path, tmp_path: Path) -> None:
    here, away = make_run(runs / "here", age=9), make_run(tmp_path / "away", "queued", job_id="7")
    (away / "launch").mkdir(exist_ok=True)
    (away / "launch" / "job.sh").touch()
    slurm.squeue_prints(("7", "PENDING", away), ("8", "RUNNING", tmp_path / "no-run"))
    found, silence = runs_with_queue(runs)
    assert ([run.run_dir for run in found], silence) == ([away, here], None)


def test_without_an_answer_the_queue_is_the_runs_that_are_here(slurm: Slurm, runs: Path) -> None:
    slurm.be_silent()
    make_run(runs / "submitted", "running", job_id="7", host="n1")
    found, silence = runs_with_queue(runs)
    assert [(run.state, run.confirmed) for run in found] == [("running", False)]
    assert silence is not None and "squeue failed" in silence.what


def test_a_number_that_another_process_has_now_runs_nothing(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "running", pid=os.getpid())
    assert look_at(run).state == "lost"


@pytest.mark.parametrize("status", ["[]", "null", '{"state": "running"', '{"state": "running"}', "\0", None])
def test_a_record_that_is_none_ends_no_list(status: str | None, runs: Path) -> None:
    run = make_run(runs / "odd", "")
    if status is None:
        (run / "status.json").mkdir()
    else:
        (run / "status.json").write_text(status)
    make_run(runs / "well")
    make_run(run / "shares" / "0")
    (run / "shares" / ".nfs0001").touch()
    assert states(runs)["well"] == ("finished", True)
    assert failed_share(run) is None


@pytest.mark.parametrize("cache", ["[]", '{"asked": "never"}', '{"asked": 9e9, "jobs": [{"id": 1}]}'])
def test_a_cache_of_another_shape_is_no_answer(
    cache: str, slurm: Slurm, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_cache.time, "time", lambda: 9e9)
    make_run(runs / "one", "failed", job_id="7")
    states(runs)
    (file,) = (runs.parent / "home" / "slurm").iterdir()
    file.write_text(cache)
    assert states(runs) == {"one": ("failed", True)}
    assert slurm.asked("squeue") == 2


def test_a_headline() -> None:
    assert Run(Path("x"), "", "").headline() == "not started"
    assert Run(Path("x"), "failed", "exit code 1").headline() == "failed: exit code 1"
