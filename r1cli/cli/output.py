"""What the command line prints: data on standard output, messages on standard error."""

import io
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from r1cli.errors import R1Error

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of messages where there is no terminal to say.
TALK_WIDTH = 120
#: Data in a pipe or a file has a row to a line.
DATA_WIDTH = 10_000


def data_console() -> "Console":
    """For what a user may pipe on: tables and results."""
    from rich.console import Console

    _escape_what_cannot_be_written()
    return Console(highlight=False, width=None if sys.stdout.isatty() else DATA_WIDTH)


def talk_console() -> "Console":
    """For what a user reads while waiting."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else TALK_WIDTH)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table as data. Headings and cells are text, whatever brackets or control characters they contain."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(Text(visible(heading)))
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    data_console().print(table)


def visible(text: str) -> str:
    """A text whose control characters do nothing in a terminal: they are written out, as ``\\x1b``."""
    kept = (one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in text)
    return "".join(kept)


def say(message: str) -> None:
    """Prints a message, its control characters made `visible`. Nobody need be listening."""
    with suppress(OSError):
        sys.stderr.write(visible(message) + "\n")
        sys.stderr.flush()


def emit(text: str) -> None:
    """Prints data: as it is for another program, and `visible` in a terminal."""
    _escape_what_cannot_be_written()
    shown = visible(text) if sys.stdout.isatty() else text
    sys.stdout.write(shown if shown.endswith("\n") else shown + "\n")


def _escape_what_cannot_be_written() -> None:
    """Makes an ASCII terminal show ``\\xe9`` where it would raise an error, as standard error does."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors != "backslashreplace":
        sys.stdout.reconfigure(errors="backslashreplace")


def emit_json(value: Any) -> None:
    """Prints a value as JSON, with null for NaN and infinity: JSON has no such numbers."""
    plain = json.loads(json.dumps(value, default=str), parse_constant=lambda name: None)
    emit(json.dumps(plain, indent=2))


def show_error(error: R1Error) -> None:
    """One panel: what is wrong, where, and how to fix it, for each error."""
    from rich.panel import Panel
    from rich.text import Text

    text = Text()
    for number, one in enumerate(error.all()):
        text.append("\n\n" if number else "")
        text.append(visible(one.what), style="bold")
        for label, part in (("where", one.where), ("fix  ", one.fix)):
            if part:
                text.append(f"\n{label}  ", style="dim")
                text.append(visible(part))
    count = len(error.all())
    title = "error" if count == 1 else f"{count} errors"
    talk_console().print(Panel(text, title=title, title_align="left", border_style="red"))
