"""Shows a run while it runs: a bar on a terminal, plain lines elsewhere."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from r1cli.cli.output import say, talk_console, visible
from r1cli.launch.local import launch
from r1cli.launch.machine import machine_warnings
from r1cli.report.attempt import how_it_was_interrupted, what_stops_it, where_it_begins
from r1cli.runs.job import Job
from r1cli.runs.metrics import summary
from r1cli.runs.run_dir import read_status

#: Seconds between two plain lines.
QUIET = 10.0


class _Display(Protocol):
    def update(self, line: dict[str, Any] | None) -> None: ...


def watched_launch(job: Job, again: str = "", check: Callable[[], None] = lambda: None) -> str:
    """Launches a job and shows its progress.

    Args:
        job: the plan.
        again: what resumes the run after an interruption, where that is not a command of the run itself.
        check: as in `launch`.

    Returns:
        How the run directory was found: "new", "resumed" or "finished".
    """

    run_dir = Path(job.run_dir)

    def say_where(found: str) -> None:
        say(f"run directory: {job.run_dir}")
        begins = where_it_begins(run_dir, found)
        if begins:
            say(begins)
        for warning in machine_warnings(job):
            say(f"warning: {warning}")

    try:
        with _display(job) as display:
            return launch(job, _Watch(display), say_where, check, lambda: say(what_stops_it(run_dir)))
    except KeyboardInterrupt:
        say("interrupted; nothing was started")
        raise SystemExit(128 + signal.SIGINT) from None
    except SystemExit:
        say("the server is stopped" if _is_server(job) else how_it_was_interrupted(run_dir, again))
        raise


def _is_server(job: Job) -> bool:
    """Whether the job serves the user, and so makes no progress."""
    return any(role.ready for role in job.roles)


class _Watch:
    """Shows the lines of a run's metrics. A fault of the display ends the display, and not the run."""

    def __init__(self, display: _Display) -> None:
        self.display: _Display | None = display

    def __call__(self, line: dict[str, Any] | None) -> None:
        if line and "warning" in line:
            say(f"warning: {line['warning']}")
        if self.display is None:
            return
        try:
            self.display.update(line)
        except Exception as error:
            self.display = None
            say(f"warning: the run continues, but its progress is no longer shown: {error!r}")


@contextmanager
def _display(job: Job) -> Iterator[_Display]:
    title = job.command
    if _is_server(job):
        yield _Server(job)
        return
    if not sys.stderr.isatty():
        yield _Lines(title)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
    )  # fmt: skip
    with Progress(*columns, console=talk_console()) as progress:
        yield _Bar(title, progress)


class _Bar:
    """A bar, once the first step is known."""

    def __init__(self, title: str, progress: Any) -> None:
        self.progress = progress
        self.figures = "loading"
        self.task = progress.add_task(title, total=None, figures=self.figures)

    def update(self, line: dict[str, Any] | None) -> None:
        if line:
            # The line that sums the run up has no figures of a step: the last ones stay.
            self.figures = visible(summary(line)) or self.figures
            progress = {"completed": line["step"], "total": line["max_steps"], "figures": self.figures}
            self.progress.update(self.task, **progress)


class _Server:
    """Says when a server can be asked, and how."""

    def __init__(self, job: Job) -> None:
        self.run_dir = Path(job.run_dir)
        self.waiting = _Lines(job.command)
        self.is_ready = False

    def update(self, line: dict[str, Any] | None) -> None:
        if self.is_ready:
            return
        status = read_status(self.run_dir)
        if status.get("state") == "running" and status["reason"]:
            self.is_ready = True
            say(f"{status['reason']}\nCtrl-C stops it")
        else:
            self.waiting.update(line)


class _Lines:
    """A line now and then, for logs and pipes."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.started = self.shown = time.monotonic()
        self.last: dict[str, Any] | None = None
        self.ended = False

    def update(self, line: dict[str, Any] | None) -> None:
        self.last = line or self.last
        now = time.monotonic()
        # A trainer writes its last step twice: as a step, and as the sum of the run.
        final = line is not None and line["step"] == line["max_steps"] and not self.ended
        if not final and now - self.shown < QUIET:
            return
        self.shown, self.ended = now, final
        elapsed = f"{now - self.started:.0f} s"
        if self.last is None:
            say(f"{self.title}: loading ({elapsed})")
        else:
            step = f"{self.last['step']}/{self.last['max_steps']}"
            say(f"{self.title}: {step} ({elapsed})  {summary(self.last)}".rstrip())
