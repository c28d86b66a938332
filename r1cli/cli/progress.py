"""Shows a run while it runs: a bar on a terminal, plain lines elsewhere."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from r1cli.cli.output import messages_above, say, talk_console, visible
from r1cli.cli.progress_line import Course, ProgressLine
from r1cli.errors import R1Error
from r1cli.launch.local import launch
from r1cli.launch.machine import machine_warnings
from r1cli.report.attempt import how_it_was_interrupted, what_stops_it, where_it_begins
from r1cli.report.run_summary import resume_command
from r1cli.runs.activity import forget_activity, read_activity
from r1cli.runs.data_facts import forget_data_facts, read_data_facts
from r1cli.runs.job import Job
from r1cli.runs.metrics import figures_of
from r1cli.runs.run_dir import read_status
from r1cli.runs.services import RESTARTING, STARTING, read_services

#: Seconds between two plain lines.
QUIET = 10.0


class _Display(Protocol):
    def update(self, line: dict[str, Any] | None) -> None: ...


def watched_launch(
    job: Job,
    again: str = "",
    check: Callable[[], None] = lambda: None,
    verbose: bool = False,
    is_outdated: Callable[[], bool] = lambda: False,
) -> str:
    """Launches a job and shows its progress.

    Args:
        job: the plan.
        again: what resumes the run after an interruption, where that is not a command of the run itself.
        check: as in `launch`.
        verbose: the first row of a training is shown too.
        is_outdated: as in `launch`.

    Returns:
        How the run directory was found: "new", "resumed" or "finished".
    """

    run_dir = Path(job.run_dir)

    def say_where(found: str) -> None:
        say(f"run directory: {job.run_dir}")
        forget_activity(run_dir)
        forget_data_facts(run_dir)
        begins = where_it_begins(run_dir, found)
        if begins:
            say(begins)
        for warning in machine_warnings(job):
            say(f"warning: {warning}")

    try:
        with _display(job) as display:
            return launch(
                job,
                _Watch(display, run_dir, verbose),
                say_where,
                check,
                lambda: say(what_stops_it(run_dir)),
                is_outdated,
            )
    except R1Error as error:
        if not again:
            _add_what_resumes(error, run_dir)
        raise
    except KeyboardInterrupt:
        say("interrupted; nothing was started")
        raise SystemExit(128 + signal.SIGINT) from None
    except SystemExit:
        say("the server is stopped" if _is_server(job) else how_it_was_interrupted(run_dir, again))
        raise


def _add_what_resumes(error: R1Error, run_dir: Path) -> None:
    """Ends an error that speaks of resuming with the command; the same command may begin another run."""
    last = error.all()[-1]
    if "resume" in last.fix and read_status(run_dir).get("state") == "failed":
        last.fix += f"; this resumes it: {resume_command(run_dir)}"


def _is_server(job: Job) -> bool:
    """Whether the job serves the user, and so makes no progress."""
    return any(role.ready for role in job.roles)


class _Watch:
    """Shows the lines of a run's metrics. A fault of the display ends the display, and not the run."""

    def __init__(self, display: _Display, run_dir: Path, verbose: bool = False) -> None:
        self.display: _Display | None = display
        self.run_dir = run_dir
        self.verbose = verbose
        self.has_shown_data = False

    def __call__(self, line: dict[str, Any] | None) -> None:
        if not self.has_shown_data:
            self._show_data()
        if line and "warning" in line:
            say(f"warning: {line['warning']}")
        if self.display is None:
            return
        try:
            self.display.update(line)
        except Exception as error:
            self.display = None
            say(f"warning: the run continues, but its progress is no longer shown: {error!r}")

    def _show_data(self) -> None:
        """Shows what a training says of its data, once that is known."""
        facts = read_data_facts(self.run_dir)
        self.has_shown_data = bool(facts)
        for one in facts.get("lines", ()):
            say(f"data: {one}")
        if self.verbose and facts.get("first"):
            say(f"the first row, as the model sees it:\n{facts['first']}\n")


@contextmanager
def _display(job: Job) -> Iterator[_Display]:
    title = job.command
    if _is_server(job):
        yield _Server(job)
        return
    if not sys.stderr.isatty():
        yield _Lines(title, Path(job.run_dir))
        return
    with ExitStack() as drawing:
        yield _Bar(title, Path(job.run_dir), drawing)


class _Bar:
    """A line that is drawn again several times a second: see `ProgressLine`.

    ``drawing`` is entered once there is something to show: a run that is refused shows no line.
    """

    def __init__(self, title: str, run_dir: Path, drawing: ExitStack) -> None:
        self.course = Course(title)
        self.run_dir = run_dir
        self.drawing = drawing
        self.is_drawn = False

    def update(self, line: dict[str, Any] | None) -> None:
        _advance(self.course, self.run_dir, line)
        if not self.is_drawn:
            self.is_drawn = True
            self._draw()

    def _draw(self) -> None:
        from rich.live import Live

        live = Live(ProgressLine(self.course), console=talk_console(), redirect_stderr=False)
        self.drawing.enter_context(live)
        self.drawing.enter_context(messages_above(live.console))


def _advance(course: Course, run_dir: Path, line: dict[str, Any] | None) -> None:
    """Takes note of a line of metrics; without one, of what the run says that it is doing."""
    if line is None:
        doing = read_activity(run_dir)
        if "max_steps" in doing:
            course.at(max(doing["step"], course.step), doing["max_steps"])
        elif words := doing.get("doing") or _starting(run_dir):
            course.doing = f"loading: {visible(words)}".replace("loading: loading", "loading")
        return
    course.at(line["step"], line["max_steps"])
    found = [visible(figure) for figure in figures_of(line)]
    # The line that sums a training up has no figures of a step: the last ones stay.
    course.figures = found if found or "title" in line else course.figures
    if title := line.get("title"):
        place = f" ({line['part']} of {line['parts']})" if "parts" in line else ""
        course.part = visible(f"{title}{place}")


def _starting(run_dir: Path) -> str:
    """The servers that a run starts before its work."""
    with suppress(OSError, ValueError):
        services = read_services(run_dir)
        return ", ".join(
            f"server {name}"
            for name, nodes in services.items()
            if any(node["state"] in (STARTING, RESTARTING) for node in nodes)
        )
    return ""


class _Server:
    """Says when a server can be asked, and how."""

    def __init__(self, job: Job) -> None:
        self.run_dir = Path(job.run_dir)
        self.waiting = _Lines(job.command, self.run_dir)
        self.is_ready = False

    def update(self, line: dict[str, Any] | None) -> None:
        if self.is_ready:
            return
        status = read_status(self.run_dir)
        if status.get("state") == "running" and status["reason"]:
            self.is_ready = True
            say(f"{status['reason']}\n\nCtrl-C stops it")
        else:
            self.waiting.update(line)


class _Lines:
    """A line now and then, for logs and pipes."""

    def __init__(self, title: str, run_dir: Path) -> None:
        self.course = Course(title)
        self.run_dir = run_dir
        self.shown = self.course.started
        self.ended = False

    def update(self, line: dict[str, Any] | None) -> None:
        _advance(self.course, self.run_dir, line)
        now = time.monotonic()
        # A trainer writes its last step twice: as a step, and as the sum of the run.
        final = line is not None and line["step"] == line["max_steps"] and not self.ended
        if not final and now - self.shown < QUIET:
            return
        self.shown, self.ended = now, final
        course = self.course
        say("  ".join([course.titles()[0], course.shown(), *(course.figures if course.total else ())]))
