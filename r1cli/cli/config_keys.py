"""What ``r1 config keys`` prints: one row a key in a pipe, two lines a key on a terminal."""

import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from r1cli.cli.output import data_console, emit, print_table
from r1cli.config.key_search import default_words, first_sentence, type_words

if TYPE_CHECKING:
    from r1cli.config.leaf import Leaf

_HEADINGS = ("key", "type", "default")
_INDENT = "    "
#: Characters that gaps and most defaults need beside the other columns.
_LEAST = 12


def show_keys(leaves: "Sequence[Leaf]") -> None:
    """Prints the keys; one alone with all that is known of it."""
    if len(leaves) == 1:
        emit("\n".join([_entry(leaves[0], (0, 0), _width()), *_details(leaves[0], _width())]))
    elif sys.stdout.isatty():
        _print_lines(leaves, _width())
    else:
        rows = [(leaf.path, type_words(leaf), default_words(leaf), first_sentence(leaf)) for leaf in leaves]
        print_table((*_HEADINGS, "what it does"), rows)


def facts(leaf: "Leaf") -> dict[str, Any]:
    """All that is known of a key."""
    return {
        "key": leaf.path,
        "types": list(leaf.types),
        "default": leaf.default,
        "unset": leaf.unset or None,
        "choices": list(leaf.choices) or None,
        "range": str(leaf.range) if leaf.range else None,
        "owner": leaf.owner,
        "help": leaf.help,
    }


def _width() -> int:
    return min(data_console().width, 120)


def _print_lines(leaves: "Sequence[Leaf]", width: int) -> None:
    columns = (max(len(leaf.path) for leaf in leaves), max(len(type_words(leaf)) for leaf in leaves))
    aligned = sum(columns) + _LEAST <= width
    columns = columns if aligned else (0, 0)
    lines = [_aligned(_HEADINGS, columns)] if aligned else []
    for leaf in leaves:
        lines.append(_entry(leaf, columns, width))
        lines.append(
            _INDENT + textwrap.shorten(first_sentence(leaf), width - len(_INDENT), placeholder="...")
        )
    emit("\n".join(lines))


def _entry(leaf: "Leaf", columns: tuple[int, int], width: int) -> str:
    """A key with its type and default; what does not fit beside it is below."""
    kind, default = type_words(leaf), default_words(leaf)
    labelled = f"default: {default}" if default else ""
    ways = (((kind, default), ""), ((kind, ""), labelled), (("", ""), f"{kind} {labelled}"))
    lines = [(_aligned((leaf.path, *beside), columns), below) for beside, below in ways]
    line, below = next((way for way in lines if len(way[0]) <= width), lines[-1])
    more = textwrap.wrap(below, width - len(_INDENT))
    return "\n".join([line, *(_INDENT + one for one in more)])


def _aligned(cells: Sequence[str], columns: tuple[int, int]) -> str:
    key, kind, default = cells
    return f"{key:<{columns[0]}}  {kind:<{columns[1]}}  {default}".rstrip()


def _details(leaf: "Leaf", width: int) -> list[str]:
    known = [
        ("choices", ", ".join(map(str, leaf.choices))),
        ("range", str(leaf.range) if leaf.range else ""),
        ("help", " ".join(leaf.help.split())),
    ]
    texts = [text if name == "help" else f"{name}: {text}" for name, text in known if text]
    return [textwrap.indent(textwrap.fill(text, width - len(_INDENT)), _INDENT) for text in texts]
