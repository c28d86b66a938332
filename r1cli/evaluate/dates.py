"""Windows of dates, from which the problems of a benchmark are chosen."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from r1cli.errors import R1Error

_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


@dataclass(frozen=True)
class Window:
    """From the first day to the last, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        return self.first <= day <= self.last


def read_window(text: str, where: str) -> Window:
    """The window of ``2024-08..2025-01`` or ``2024-08-15..``: months are whole, and either end may be open.

    Raises:
        R1Error: it is written otherwise, or its end is before its start.
    """
    start, dots, end = text.replace(" ", "").partition("..")
    try:
        if not dots:
            raise ValueError(f"'{text}' is not a window of dates")
        window = Window(_day(start, False) or date.min, _day(end, True) or date.max)
        if window.last < window.first:
            raise ValueError(f"the window '{text}' ends before it starts")
    except ValueError as error:
        raise R1Error(str(error), where=where, fix="write it as 2024-08..2025-01 or 2024-08-15..") from None
    return window


def _day(text: str, is_last: bool) -> date | None:
    if not text:
        return None
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is not a date")
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        return date(year, month, day or (calendar.monthrange(year, month)[1] if is_last else 1))
    except ValueError:
        raise ValueError(f"'{text}' is not a date") from None


def day_of(value: Any, where: str) -> date:
    """The day of a cell: a date, or text that begins with one, as ISO 8601 writes it.

    Raises:
        R1Error: it is neither.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise R1Error(f"{str(value)[:40]!r} is not a date", where=where) from None
