"""The one value in a closing sentence of another language than English: "Donc, Tom a 36 billes."."""

import re

from r1cli.verdicts import phrases
from r1cli.verdicts.patterns import either
from r1cli.verdicts.spans import VALUE, readable, span_of

_NAME = r"(?-i:[A-ZÀ-ÞА-Я][^\W\d_]+)"
# "Tom a 36 billes", "hat Tom 36 Murmeln", and the same in Russian.
_SUBJECT = re.compile(
    rf"\s*(?:(?:{_NAME}|il|elle|er|sie|él|ella|он|она)\s+)?(?:{either(phrases.HAS_ELSEWHERE)})\s+(?:{_NAME}\s+)?"
    rf"|\s*у\s+(?:{_NAME}|него|неё|нее)\s+(?:(?:{either(phrases.HAS_ELSEWHERE)})\s+)?",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    rf"(?P<noun>(?:\s+[^\W\d_]+)?)(?:\s+(?:{either(phrases.ENDINGS_ELSEWHERE)}))?[\s.!*]*$", re.IGNORECASE
)
_CHINESE = re.compile(
    rf"\s*[\u4e00-\u9fff，,\s]{{0,20}}?(?:{either(phrases.CHINESE_VERBS)})\s*"
    r"(?P<value>\**\$?\d[\d,.]*(?:/\d+)?\$?\**|\$[^$\n]{1,60}\$)\s*(?P<unit>[\u4e00-\u9fff]{0,6})[\s。.！!*]*$"
)
_BAD_BEFORE = re.compile(f"[{phrases.CHINESE_TURNS}不没未非无否若如果假错除少多超负每第只各]")
_COUNTED_CHINESE = re.compile(rf"(?:[{phrases.CHINESE_COUNTERS}](?:[^{phrases.CHINESE_TURNS}]{{0,5}}))?")


def foreign_value(sentence: str) -> tuple[int, int] | None:
    """Where the value is, if the whole sentence has a known shape."""
    return _counted(sentence) or _counted_in_chinese(sentence)


def _counted(sentence: str) -> tuple[int, int] | None:
    subject = _SUBJECT.match(sentence)
    value = subject and VALUE.match(sentence, subject.end())
    tail = value and _COUNTED.match(sentence, value.end())
    if not value or not tail:
        return None
    start, end = span_of(value)
    return readable(sentence, start, tail.end("noun") if value["plain"] else end)


def _counted_in_chinese(sentence: str) -> tuple[int, int] | None:
    found = _CHINESE.match(sentence)
    if not found or _BAD_BEFORE.search(sentence[: found.start("value")]):
        return None
    start, end = found.start("value"), found.end("value")
    start += len(found["value"]) - len(found["value"].lstrip("*"))
    end -= len(found["value"]) - len(found["value"].rstrip("*"))
    with_unit = readable(sentence, start, found.end("unit")) if end == found.end("value") else None
    if not with_unit and not _COUNTED_CHINESE.fullmatch(found["unit"]):
        return None
    return with_unit or readable(sentence, start, end)
