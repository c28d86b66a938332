"""The display of a run: it shows whatever a run logs, and never ends the run."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from r1cli.cli import progress
from r1cli.errors import R1Error
from r1cli.runs.job import Job, Needs

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


def test_a_fault_of_the_display_ends_the_display_alone(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken:
        shown = 0

        def update(self, line: dict[str, Any] | None) -> None:
            self.shown += 1
            raise KeyError("step")

    display = Broken()
    watch = progress._Watch(display)
    for line in ({"warning": "first"}, None, {"warning": "second"}):
        watch(line)
    assert display.shown == 1
    assert capsys.readouterr().err.splitlines() == [
        "warning: first",
        "warning: the run continues, but its progress is no longer shown: KeyError('step')",
        "warning: second",
    ]
