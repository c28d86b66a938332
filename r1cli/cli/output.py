"""What the command line prints: data on standard output, messages on standard error."""

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

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

    return Console(highlight=False, width=None if sys.stdout.isatty() else DATA_WIDTH)


def talk_console() -> "Console":
    """For what a user reads while waiting."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else TALK_WIDTH)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table as data. A cell is text, whatever brackets or control characters it contains."""
    from rich.table import Table
    from rich.text import Text

    table = Table(*headings, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    data_console().print(table)


def visible(text: str) -> str:
    """A text whose control characters do nothing in a terminal: they are written out, as ``\\x1b``."""
    kept = (one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in text)
    return "".join(kept)


def say(message: str) -> None:
    """Prints a message. Nobody need be listening."""
    with suppress(BrokenPipeError):
        sys.stderr.write(message + "\n")
        sys.stderr.flush()


def emit(text: str) -> None:
    """A piece of data."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def show_error(error: R1Error) -> None:
    """One panel: what is wrong, where, and how to fix it, for each error."""
    from rich.panel import Panel
    from rich.text import Text

    text = Text()
    for number, one in enumerate(error.all()):
        text.append("\n\n" if number else "")
        text.append(one.what, style="bold")
        for label, part in (("where", one.where), ("fix  ", one.fix)):
            if part:
                text.append(f"\n{label}  ", style="dim")
                text.append(part)
    count = len(error.all())
    title = "error" if count == 1 else f"{count} errors"
    talk_console().print(Panel(text, title=title, title_align="left", border_style="red"))
