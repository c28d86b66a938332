"""How an error is laid out: no frame, and a command to copy on its own line, unbroken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from r1cli.cli.wrapping import PROGRAM, hanging
from r1cli.errors import R1Error

#: Columns of an error's text on a wide terminal.
_MOST = 100
_INDENT = "  "
#: What a text may end with: a command between backticks, or after a colon.
_QUOTED = re.compile(rf"^(.*?)\s*`({PROGRAM} [^` ]+ [^`]+)`\.?$", re.DOTALL)
_BEHIND_COLON = re.compile(rf"^(.*:) ({PROGRAM} (?:(?![,;] |`).)+)$")
_COMMAND = re.compile(rf"^{PROGRAM} (?:(?![,;] |`).)+$")


@dataclass(frozen=True)
class ErrorLine:
    """A line, its style, and the length and the style of the label that it begins with."""

    text: str
    style: str = ""
    label: int = 0
    label_style: str = ""


def error_lines(error: R1Error, width: int | None) -> Iterator[ErrorLine]:
    """The lines of one error.

    Args:
        error: without those that were reported together with it.
        width: of the terminal; None where nothing is to be broken.
    """
    width = None if width is None else min(width, _MOST)
    yield from _labelled("error: ", error.what, width, "bold", "bold red")
    if error.where:
        yield from _labelled(f"{_INDENT}where: ", error.where, width)
    if error.fix:
        prose, command = split_command(error.fix)
        yield from _labelled(f"{_INDENT}fix: ", prose, width)
        if command:
            yield ErrorLine(f"{2 * _INDENT}{command}")


def split_command(text: str) -> tuple[str, str]:
    """A text without the command that it ends with, and the command; which may be all of it."""
    if _COMMAND.match(text):
        return "", text
    found = _QUOTED.match(text) or _BEHIND_COLON.match(text)
    return (found[1], found[2]) if found else (text, "")


def _labelled(
    label: str, text: str, width: int | None, style: str = "", label_style: str = "dim"
) -> Iterator[ErrorLine]:
    first, *more = hanging(label, text, width, 2 * len(_INDENT))
    yield ErrorLine(first, style, len(label), label_style)
    yield from (ErrorLine(line, style) for line in more)
