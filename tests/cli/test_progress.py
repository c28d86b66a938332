"""The display of a run: it shows whatever a run logs, and never ends the run."""

import io
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from r1cli.cli import progress
from r1cli.errors import R1Error
from r1cli.files import read_json_lines
from r1cli.runs.activity import write_activity
from r1cli.runs.data_facts import write_data_facts
from r1cli.runs.job import Job, Needs
from r1cli.runs.services import write_services
from r1cli.sampling.progress import SamplingProgress
from tests.run_folders import make_run

JOB = Job("grpo", "run", (), {}, requires=())


def test_a_bar_shows_names_and_figures_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=200)
    monkeypatch.setattr(progress, "talk_console", lambda: console)
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    with progress._display(JOB) as display:
        display.update({"step": 1, "max_steps": 1, "rewards/plugin[/]\x1bx/mean": 0.5})
    assert "plugin[/]\\x1bx 0.500" in screen.getvalue()


def test_a_run_that_is_refused_names_no_run_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = Job("grpo", str(tmp_path / "run"), (), {}, requires=(), needs=Needs(packages=("no-such-package",)))
    with pytest.raises(R1Error, match="no-such-package is not installed"):
        progress.watched_launch(job)
    assert "run directory" not in capsys.readouterr().err


def test_what_stops_a_server_is_not_copied_with_the_command_that_tries_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = {"state": "running", "reason": "it is serving; try it:\ncurl http://127.0.0.1:8000/v1/models"}
    monkeypatch.setattr(progress, "read_status", lambda run_dir: status)
    progress._Server(JOB).update(None)
    said = capsys.readouterr().err.splitlines()
    assert said[-3:] == ["curl http://127.0.0.1:8000/v1/models", "", "Ctrl-C stops it"]


@pytest.mark.parametrize(("fix", "resumes"), [("start it, then resume the run", True), ("rename it", False)])
def test_a_run_that_failed_ends_with_what_resumes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fix: str, resumes: bool
) -> None:
    """The same command would begin another run, without the completions."""
    run = make_run(tmp_path / "run", "failed")

    def fail(*arguments: Any) -> str:
        raise R1Error("no answer from the server", fix=fix)

    monkeypatch.setattr(progress, "launch", fail)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(R1Error, match="no answer") as caught:
        progress.watched_launch(replace(JOB, run_dir=str(run)))
    command = "; this resumes it: r1 rerun run --output-dir run"
    assert caught.value.fix == fix + (command if resumes else "")


def test_a_fault_of_the_display_ends_the_display_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        shown = 0

        def update(self, line: dict[str, Any] | None) -> None:
            self.shown += 1
            raise KeyError("step")

    display = Broken()
    watch = progress._Watch(display, tmp_path)
    for line in ({"warning": "first"}, None, {"warning": "second"}):
        watch(line)
    assert display.shown == 1
    assert capsys.readouterr().err.splitlines() == [
        "warning: first",
        "warning: the run continues, but its progress is no longer shown: KeyError('step')",
        "warning: second",
    ]


def test_what_is_loaded_and_steps_that_no_line_has_yet_are_shown(tmp_path: Path) -> None:
    bar = progress._Bar("sft", tmp_path, ExitStack())
    bar.update(None)
    assert bar.course.doing == "loading"
    write_services(tmp_path, {"vllm": [{"state": "starting"}], "code": [{"state": "healthy"}]})
    bar.update(None)
    assert bar.course.doing == "loading: server vllm"
    write_activity(tmp_path, {"doing": "weights, 3 of 4\x1b"})
    bar.update(None)
    assert bar.course.doing == "loading: weights, 3 of 4\\x1b"
    write_activity(tmp_path, {"step": 3, "max_steps": 10})
    bar.update(None)
    bar.update({"step": 2, "max_steps": 10, "loss": 0.5})
    bar.update(None)
    assert (bar.course.step, bar.course.total, bar.course.figures) == (3, 10, ["loss 0.500"])


def test_several_benchmarks_say_which_one_and_how_far_in_all(tmp_path: Path) -> None:
    work, bar = SamplingProgress(tmp_path), progress._Bar("evaluate", tmp_path, ExitStack())
    work.expect([30, 500])
    for title, total in (("aime24", 30), ("math_500", 500)):
        work.begin(title, total, 10)
        work.advance(5)
    first, *_, last = read_json_lines(tmp_path / "metrics.jsonl")
    bar.update(first)
    assert (bar.course.part, bar.course.step, bar.course.total) == ("aime24 (1 of 2)", 10, 530)
    bar.update(last)
    assert (bar.course.part, bar.course.step, bar.course.total) == ("math_500 (2 of 2)", 45, 530)


@pytest.mark.parametrize("verbose", [False, True])
def test_the_data_is_shown_once_it_is_known(
    tmp_path: Path, verbose: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    class Silent:
        def update(self, line: dict[str, Any] | None) -> None:
            pass

    watch = progress._Watch(Silent(), tmp_path, verbose)
    watch(None)
    write_data_facts(tmp_path, ["rows.jsonl: 1,200 rows to train"], "<|user|>1+1?\x1b")
    watch(None)
    watch(None)
    shown = capsys.readouterr().err
    assert shown.count("data: rows.jsonl: 1,200 rows to train\n") == 1
    assert ("<|user|>1+1?\\x1b" in shown) == verbose
