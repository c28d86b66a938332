"""Text broken into lines of a width, between words alone: names, paths and commands stay whole."""

import re

#: What a command to copy begins with.
PROGRAM = r"(?:r1|pip|uv|hf|wandb|export|unset|apt-get|accelerate|scancel|curl|\S*python[\d.]*)"
# A word and the blanks before it. A command or a key between backticks is one word, with what touches it.
_WORD = re.compile(r"(\s*)((?:``[^`\n]+``|`[^`\n]+`|\S)+)")
# What begins an item of a docstring: a parameter, or a mark of a list.
_ITEM = re.compile(r"\s+\w+: |\s*(?:[-*+]|\d+[.)]) ")
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


def wrap_message(text: str, width: int | None) -> str:
    """A message for a terminal: a line that is a command is left to the terminal, which copies it whole."""
    return "\n".join(
        line
        for part in text.split("\n")
        for line in ([part] if _COMMAND_LINE.match(part) else wrap(part, width))
    )


def wrap_docstring(text: str, width: int | None) -> str:
    """A docstring for a terminal: its paragraphs and items, which have line breaks already, wrap once."""
    if width is None:
        return text
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and _continues(line, lines[-1]):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(
        part for line in lines for part in wrap(line, width, "    " if _ITEM.match(line) else "")
    )


def _continues(line: str, before: str) -> bool:
    """Whether a line of a docstring belongs to what begins before it."""
    if not line.strip() or not before.strip() or _ITEM.match(line):
        return False
    depth, depth_before = (len(one) - len(one.lstrip()) for one in (line, before))
    return depth > depth_before if _ITEM.match(before) else depth == depth_before == 0


def hanging(label: str, text: str, width: int | None, most: int | None = None) -> list[str]:
    """A label and a text beside it, whose further lines begin where its first one does.

    Args:
        label: with the blanks after it.
        text: is broken between words, but not in a line that is a command, below its first one.
        width: as for `wrap`.
        most: the further lines begin at this column at the latest.
    """
    taken = cell_len(label)
    indent = " " * (taken if most is None else min(taken, most))
    room = None if width is None else max(width - taken, 1)
    text, *below = text.split("\n", 1)
    first, *more = [
        *wrap(text, room),
        *(line for part in below for line in wrap_message(part, room).split("\n")),
    ]
    return [(label + first).rstrip(), *(indent + line for line in more)]
