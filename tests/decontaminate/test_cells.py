"""The text in cells of any type: what is not read is not searched."""

from typing import Any

import pytest
from datasets import Dataset, Features, Json, List, Value

from r1cli.decontaminate.cells import has_text, texts_of

PLAIN = List({"role": Value("string"), "content": Value("string")})
CALL = {"role": "assistant", "content": "", "tool_calls": [{"name": "add"}]}


@pytest.mark.parametrize(
    ("kind", "cells", "texts"),
    [
        (Value("string"), ["one", None], ["one", ""]),
        (Json(), ["fünf\nund", 7, None], ["fünf\nund", "7", ""]),
        (List(Json()), [[{"role": "user", "content": "a\nb"}, CALL], ["c"]], ["a\nb", "c"]),
        (PLAIN, [[{"role": "user", "content": "a"}]], ["a"]),
    ],
)
def test_the_texts_of_a_column(kind: Any, cells: list[Any], texts: list[str]) -> None:
    """A text beside numbers, or a chat with tool calls, is kept as JSON."""
    column = Dataset.from_dict({"x": cells}, features=Features({"x": kind})).data.table["x"]
    assert has_text(column.type)
    assert texts_of(column) == texts


def test_numbers_are_not_text() -> None:
    assert not has_text(Features({"x": Value("float64")}).arrow_schema.field("x").type)
