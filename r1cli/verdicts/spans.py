"""A value in a sentence: how it looks, and where it is."""

import re

from r1cli.answers.kinds import Unread, Words
from r1cli.answers.read import read

#: In bold, between dollars, or plain.
VALUE = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*|(?P<formula>\$[^$\n]+\$|\\\([^\n]+?\\\))"
    r"|(?P<plain>[-−]?(?:\\?\$|[€£¥])?\d[\d,]*(?:\.\d+)?(?:\s+\d+/\d+|/\d+)?(?:\\?%)?)(?![\w/^'])"
)


def span_of(value: re.Match[str]) -> tuple[int, int]:
    """Where a value is, without marks of bold."""
    return value.span(value.lastgroup or 0)


def readable(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The place itself if a value can be read there; else None."""
    return None if isinstance(read(text[start:end]), Unread | Words) else (start, end)
