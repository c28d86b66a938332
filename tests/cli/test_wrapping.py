"""Texts broken into lines: docstrings wrap once, and commands stay whole."""

import pytest

from r1cli.cli.wrapping import hanging, wrap_docstring

DOCSTRING = """The value of a completion, which is
long.

Args:
    size: the number of words, of which
        more follow here.
    other: is ``a b``. If that were a pair of
        ``c d``, it would break.

- an item
- and another"""


def test_a_docstring_wraps_once() -> None:
    assert wrap_docstring(DOCSTRING, 42).splitlines() == [
        "The value of a completion, which is long.",
        "",
        "Args:",
        "    size: the number of words, of which",
        "        more follow here.",
        "    other: is ``a b``. If that were a pair",
        "        of ``c d``, it would break.",
        "",
        "- an item",
        "- and another",
    ]
    assert wrap_docstring(DOCSTRING, None) == DOCSTRING


@pytest.mark.parametrize("width", [30, 80, None])
def test_a_command_below_a_text_stays_whole_beside_a_label(width: int | None) -> None:
    command = "curl http://127.0.0.1:8000/v1/chat/completions -H 'Content-Type: application/json' -d '{}'"
    lines = hanging("reason     ", f"transformers is serving; try it:\n{command}", width)
    assert lines[-1].strip() == command
