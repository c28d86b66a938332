"""Rows as a text that a person changes in an editor, and what was changed in it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from r1cli.errors import R1Error

_HEAD = "{mark} row {number}"
_INTRODUCTION = (
    "{mark} Change the completions below, save, and close the editor. Lines that begin with {mark}",
    "{mark} are not part of them. A row that is left as it is, or is removed here, stays unchanged.",
)


def as_text(rows: Sequence[Mapping[str, Any]], mark: str) -> str:
    """The text to edit.

    Args:
        rows: each with ``number``, ``name``, ``prompt`` and ``completion``.
        mark: what the lines begin with that are not part of completions.
    """
    lines = [line.format(mark=mark) for line in _INTRODUCTION]
    for row in rows:
        lines += ["", _HEAD.format(mark=mark, number=row["number"])]
        said = f"{row['name']}\n{row['prompt']}".strip()
        lines += [f"{mark} | {line}" for line in said.splitlines()]
        lines.append(row["completion"])
    return "\n".join(lines) + "\n"


def changed(text: str, rows: Sequence[Mapping[str, Any]], mark: str) -> dict[int, str]:
    """The new completion of each row whose completion was changed, by the row's number.

    Raises:
        R1Error: a row is in the text twice, or was not there before, or has no completion.
    """
    before = {int(row["number"]): str(row["completion"]) for row in rows}
    found: dict[int, str] = {}
    for number, completion in _completions(text, mark):
        if number not in before or number in found:
            what = "is there twice" if number in found else "was not opened"
            raise R1Error(f"row {number} {what}", where=f"the line '{mark} row {number}'")
        if not completion.strip():
            raise R1Error(
                f"row {number} has no completion any more",
                where=f"the line '{mark} row {number}'",
                fix="remove the whole row from the text to leave it unchanged",
            )
        found[number] = completion
    # An editor may add a line break at the end of the file.
    return {
        number: completion
        for number, completion in found.items()
        if completion.rstrip("\n") != before[number].rstrip("\n")
    }


def _completions(text: str, mark: str) -> list[tuple[int, str]]:
    head = re.compile(rf"{re.escape(mark)} row (\d+)\s*")
    parts: list[tuple[int, list[str]]] = []
    for line in text.split("\n"):
        started = head.fullmatch(line)
        if started:
            parts.append((int(started[1]), []))
        elif parts and not line.startswith(mark):
            parts[-1][1].append(line)
    # Blank lines at the end separate rows.
    return [(number, "\n".join(lines).rstrip("\n")) for number, lines in parts]
