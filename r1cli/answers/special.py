"""Answers with their own form: times of day, dates, quantities in several units, bounds."""

import re
from fractions import Fraction

from r1cli.answers.kinds import Clock, Date, Name, Number, Quantity, Relation, Unit
from r1cli.answers.quantity import read_quantity
from r1cli.answers.units import read_unit
from r1cli.answers.words import ungrouped

_CLOCK = re.compile(
    r"(\d{1,2})(?::(\d{2}))?\s*(?:([ap])\.?\s*m\.?|(o'?clock))?",
    re.IGNORECASE,
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_MONTH = "(?P<m>" + "|".join(f"{month}|{month[:3]}\\.?|{month[:4]}\\." for month in _MONTHS) + ")"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_DATES = (
    re.compile(rf"{_MONTH}\s+{_DAY}(?:,?\s+(?P<y>\d{{4}}))?", re.IGNORECASE),
    re.compile(rf"(?:the )?{_DAY}(?: of)?\s+{_MONTH},?(?:\s+(?P<y>\d{{4}}))?", re.IGNORECASE),
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"),
    re.compile(r"(?:(?P<y>\d{4})年)?(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]"),
)
_WEEKDAY = re.compile(r"^(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+", re.IGNORECASE)
_PIECE = re.compile(r"\s*(?:,|and|又)?\s*(\d+(?:\.\d+)?)\s*([^\W\d_]+\.?)")

_BOUNDS = tuple(
    (re.compile(pattern, re.IGNORECASE), operator)
    for pattern, operator in (
        (r"(?:at least|no less than|not less than|minimum of|至少)\s*(.+)", "ge"),
        (r"(.+?)\s*(?:or|and) (?:more|greater|above|over|up)", "ge"),
        (r"(?:at most|no more than|not more than|up to|maximum of|至多|最多)\s*(.+)", "le"),
        (r"(.+?)\s*(?:or|and) (?:less|fewer|below|under)", "le"),
        (r"(?:more|greater|larger|bigger|higher) than\s*(.+)", "gt"),
        (r"(?:less|fewer|smaller|lower) than\s*(.+)", "lt"),
    )
)


def read_clock(text: str) -> Clock | None:
    """A time of day: 9:05, 9 a.m., 9 o'clock; and not 3:12, which may be a ratio."""
    found = _CLOCK.fullmatch(ungrouped(text))
    if not found:
        return None
    looks_like_one = found[2] is not None and (found[1].startswith("0") or found[2].startswith("0"))
    if not (found[3] or found[4] or looks_like_one):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    half = {"a": "am", "p": "pm"}.get((found[3] or "").lower(), "")
    if hour > 24 or minute > 59 or (half and not 1 <= hour <= 12):
        return None
    if hour > 12:
        hour, half = hour - 12, "pm"
    return Clock(hour % 12 * 60 + minute, half)


def read_date(text: str) -> Date | None:
    """A date, in words or numbers: May 3, 2020; 2020-05-03; not 3/5/2020, which has two meanings."""
    plain = _WEEKDAY.sub("", ungrouped(text))
    found = next(filter(None, (pattern.fullmatch(plain) for pattern in _DATES)), None)
    if not found:
        return None
    name, day = found["m"].lower(), int(found["d"])
    month = int(name) if name.isdecimal() else [one[:3] for one in _MONTHS].index(name[:3]) + 1
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return Date(month, day, int(found["y"]) if found["y"] else None)


def read_compound(text: str) -> Quantity | None:
    """Two or more quantities of one dimension that make one: 2 h 30 min, 5 ft 6 in."""
    plain = ungrouped(text)
    if not plain[:1].isdecimal():
        return None
    at, total, last = 0, Fraction(0), None
    while at < len(plain):
        found = _PIECE.match(plain, at)
        unit = read_unit(found[2]) if found else None
        if not found or unit is None:
            return None
        # Each unit is smaller than the one before.
        if last is not None and (unit.dimension != last.dimension or unit.factor >= last.factor):
            return None
        if at == 0 and found.end() == len(plain):
            return None
        total += Fraction(found[1]) * unit.factor
        at, last = found.end(), unit
    return Quantity(Number(total), Unit(last.dimension, Fraction(1)), sure=False) if last else None


def read_bound(text: str) -> Relation | None:
    """At least 3, 3 or more: said of the one unknown.

    Raises:
        NotReadable: it is a bound, but of no quantity.
    """
    plain = ungrouped(text)
    for pattern, operator in _BOUNDS:
        if found := pattern.fullmatch(plain):
            return Relation((Name("?"), read_quantity(found[1])), (operator,))
    return None
