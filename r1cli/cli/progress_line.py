"""The line that shows how far a run has come: the figures of a step give way where it is narrow."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

_GAP = "  "
#: Columns of the bar: at its most, and below which there is none.
_BAR, _LEAST_BAR = 20, 8
# Steps after which there is a pace.
_PACE = 2


@dataclass
class Course:
    """How far a run has come, and since when.

    Args:
        title: the command.
        part: what of its work is done now, where it has parts.
        clock: seconds.
    """

    title: str
    clock: Callable[[], float] = time.monotonic
    step: int = 0
    total: int = 0
    doing: str = "loading"
    figures: Sequence[str] = ()
    part: str = ""
    started: float = field(init=False)
    _first: tuple[int, float] | None = None
    _last: float = 0.0

    def __post_init__(self) -> None:
        self.started = self.clock()

    def at(self, step: int, total: int) -> None:
        """A step is done; the first one that is seen may be that of an earlier attempt."""
        now = self.clock()
        self._first = self._first or (step, now)
        if step != self.step:
            self._last = now
        self.step, self.total = step, total

    @property
    def elapsed(self) -> float:
        return self.clock() - self.started

    @property
    def left(self) -> float | None:
        """Seconds until the last step at the pace of the steps that are done; None before there is a pace.

        Completions that are sampled together come together: one of them says nothing of the others, and while
        none comes, the pace stays as it was. None too where the last step should have come by now.
        """
        if self._first is None or self.step < self._first[0] + _PACE:
            return None
        pace = (self._last - self._first[1]) / (self.step - self._first[0])
        left = pace * max(self.total - self.step, 0) - (self.clock() - self._last)
        return left if left >= 0 else None

    def titles(self) -> list[str]:
        """What the line may begin with, the longest first."""
        return [f"{self.title} {self.part}", self.part, self.title] if self.part else [self.title]

    def shown(self) -> str:
        """What is shown at every width: step of total, the time that it took, the time left."""
        times = clock_time(self.elapsed)
        if not self.total:
            return f"{times}{_GAP}{self.doing}"
        if self.step < self.total and self.left is not None:
            times += f", {clock_time(self.left)} left"
        return f"{self.step:,}/{self.total:,}{_GAP}{times}"


def clock_time(seconds: float) -> str:
    """A span of time as ``4:07`` or ``1:04:07``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def progress_text(course: Course, width: int) -> Text:
    """The line, at most ``width`` columns where its fixed parts fit."""
    shown, titles = course.shown(), course.titles()
    room = width - cell_len(_GAP + shown)
    title = next((one for one in titles if cell_len(one) <= room), titles[-1])
    room -= cell_len(title)
    bar = min(_BAR, room - len(_GAP)) if course.total else 0
    line = Text(title)
    if bar >= _LEAST_BAR:
        done = round(bar * course.step / course.total)
        line.append(_GAP).append("━" * done, "green").append("━" * (bar - done), "dim")
        room -= bar + len(_GAP)
    line.append(_GAP + shown)
    for figure in course.figures if course.total else ():
        room -= cell_len(_GAP + figure)
        if room < 0:
            break
        line.append(_GAP + figure)
    return line


class ProgressLine:
    """A line that is drawn again, with the time of now, whenever it is shown."""

    def __init__(self, course: Course) -> None:
        self.course = course

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line: Any = progress_text(self.course, options.max_width)
        line.no_wrap, line.overflow = True, "ellipsis"
        yield line
