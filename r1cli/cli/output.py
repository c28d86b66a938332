"""What the command line prints: data on standard output, messages on standard error."""

import codecs
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from r1cli.errors import R1Error

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of messages where there is no terminal to say.
TALK_WIDTH = 120
#: Data in a pipe or a file has a row to a line.
DATA_WIDTH = 10_000
#: Drawing characters for a terminal that has only ASCII.
_PLAIN = str.maketrans(
    "\u2500\u2501\u2502\u2503\u2026\u2013\u2014\u2018\u2019\u201c\u201d\u27e6\u27e7\u2192\xd7\xa0",
    "--||.--''\"\"[]>x ",
)


def _drawn_plainly(error: UnicodeError) -> tuple[str, int]:
    """An error handler: lines and blocks as ASCII draws them, any other character written out."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plainly, error.object[error.start : error.end])), error.end


def _plainly(character: str) -> str:
    known = character.translate(_PLAIN)
    if known != character:
        return known
    if "\u2500" <= character <= "\u257f":  # corners and crossings of lines
        return "+"
    if "\u2580" <= character <= "\u259f":  # blocks
        return "#"
    if "\u2800" <= character <= "\u28ff":  # braille, which curves are drawn with
        return "*" if character > "\u2800" else " "
    return character.encode("ascii", "backslashreplace").decode("ascii")


codecs.register_error("r1-plain", _drawn_plainly)


def write_whatever_comes() -> None:
    """Keeps standard output and error from raising for what their encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors != "r1-plain":
            stream.reconfigure(errors="r1-plain")


def data_console() -> "Console":
    """For what a user may pipe on: tables and results."""
    from rich.console import Console

    write_whatever_comes()
    return Console(highlight=False, width=None if sys.stdout.isatty() else DATA_WIDTH)


def talk_console() -> "Console":
    """For what a user reads while waiting."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else TALK_WIDTH)


def data_width() -> int | None:
    """Columns of the terminal that data is printed on; None in a pipe, where a row is a line."""
    return data_console().width if sys.stdout.isatty() else None


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table as data. Headings and cells are text, whatever brackets or control characters they contain."""
    from r1cli.cli.table import lay_out

    shown = [[visible(cell) for cell in row] for row in rows]
    for line in lay_out([visible(heading) for heading in headings], shown, data_width()):
        print_line(line.text, "bold" if line.heading else "")


def print_line(text: str, style: str = "") -> None:
    """A line of data, which nothing breaks."""
    from rich.text import Text

    if style and sys.stdout.isatty():
        data_console().print(Text(text, style), soft_wrap=True)
    else:
        emit(text)


def visible(text: str) -> str:
    """A text whose control characters do nothing in a terminal: they are written out, as ``\\x1b``."""
    kept = (one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in text)
    return "".join(kept)


class _Drawing:
    """The console on which a line is being redrawn: messages appear above it."""

    console: "Console | None" = None


@contextmanager
def messages_above(console: "Console") -> Iterator[None]:
    """Has messages appear above what is redrawn on a console."""
    _Drawing.console = console
    try:
        yield
    finally:
        _Drawing.console = None


def say(message: str) -> None:
    """Prints a message, its control characters made `visible`. Nobody need be listening.

    Lines are broken between words for a terminal, but not commands to copy.
    """
    text = visible(message)
    with suppress(OSError):
        if sys.stderr.isatty():
            from r1cli.cli.wrapping import wrap_message

            text = wrap_message(text, _talk_width())
        if _Drawing.console is not None:
            from rich.text import Text

            _Drawing.console.print(Text(text), soft_wrap=True)
            return
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _talk_width() -> int:
    """Columns of the terminal that messages appear on, found without rich, which takes a while to load."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal():
        return int(given)
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or TALK_WIDTH
    except (OSError, ValueError):
        return TALK_WIDTH


def say_command(what: str, line: str) -> None:
    """Prints a command to copy, on its own line, below what it does."""
    say(f"\n# {what}\n{line}")


def emit(text: str) -> None:
    """Prints data: as it is for another program, and `visible` in a terminal."""
    write_whatever_comes()
    shown = visible(text) if sys.stdout.isatty() else text
    sys.stdout.write(shown if shown.endswith("\n") else shown + "\n")


def emit_json(value: Any) -> None:
    """Prints a value as JSON, with null for NaN and infinity: JSON has no such numbers."""
    plain = json.loads(json.dumps(value, default=str), parse_constant=lambda name: None)
    emit(json.dumps(plain, indent=2))


def show_error(error: R1Error) -> None:
    """What is wrong, where, and how to fix it, for each error: without a frame, so that it can be copied."""
    from rich.text import Text

    from r1cli.cli.error_text import error_lines

    for warning in error.warnings:
        say(f"warning: {warning}")
    console = talk_console()
    for number, one in enumerate(error.all()):
        if number:
            console.print()
        for line in error_lines(one, console.width if sys.stderr.isatty() else None):
            shown = Text(visible(line.text), style=line.style)
            shown.stylize(line.label_style, 0, line.label)
            console.print(shown, soft_wrap=True)
