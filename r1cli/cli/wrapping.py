"""Text broken into lines of a width, between words alone: names, paths and commands stay whole."""

import re

#: What a command to copy begins with.
PROGRAM = r"(?:r1|pip|uv|hf|wandb|export|unset|apt-get|accelerate|scancel|curl|\S*python[\d.]*)"
# A word and the blanks before it. A command or a key between backticks is one word, with what touches it.
_WORD = re.compile(r"(\s*)((?:`[^`\n]+`|\S)+)")
_COMMAND_LINE = re.compile(rf"\s*(?:# )?{PROGRAM} ")


def cell_len(text: str) -> int:
    """Columns that a text takes; rich, which knows those of every script, takes a while to load."""
    if text.isascii():
        return len(text)
    from rich import cells

    return cells.cell_len(text)


def wrap(text: str, width: int | None, indent: str = "") -> list[str]:
    """A text as lines.

    Args:
        text: its own line breaks, and the blanks that its lines begin with, stay.
        width: columns of the lines, which only a word that is longer exceeds; None for any.
        indent: opens each line but the first.
    """
    lines: list[str] = []
    for part in text.split("\n"):
        opening = indent if lines else ""
        if width is None or cell_len(opening + part) <= width:
            lines.append(opening + part)
            continue
        start = part[: len(part) - len(part.lstrip())]
        line, empty = opening + start, True
        for gap, word in _WORD.findall(part.lstrip()):
            if not empty and cell_len(line + gap + word) > width:
                lines.append(line)
                line, empty = indent + start, True
            line, empty = line + ("" if empty else gap) + word, False
        lines.append(line.rstrip())
    return lines


def wrap_message(text: str, width: int) -> str:
    """A message for a terminal: a line that is a command is left to the terminal, which copies it whole."""
    return "\n".join(
        line
        for part in text.split("\n")
        for line in ([part] if _COMMAND_LINE.match(part) else wrap(part, width))
    )


def hanging(label: str, text: str, width: int | None, most: int | None = None) -> list[str]:
    """A label and a text beside it, whose further lines begin where its first one does.

    Args:
        label: with the blanks after it.
        text: is broken between words.
        width: as for `wrap`.
        most: the further lines begin at this column at the latest.
    """
    taken = cell_len(label)
    indent = " " * (taken if most is None else min(taken, most))
    first, *more = wrap(text, None if width is None else max(width - taken, 1))
    return [(label + first).rstrip(), *(indent + line for line in more)]
