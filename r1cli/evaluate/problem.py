"""One problem of a benchmark."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One problem.

    ``id`` is the number of its row in the dataset, ``prompt`` a chat, or text for a model without a chat
    template, ``columns`` the row's other columns as JSON values, with the gold as "solution".
    """

    id: str
    prompt: Any
    columns: dict[str, Any]


def problem_of(number: int, row: Mapping[str, Any]) -> Problem:
    """The problem of a dataset's row, whose ``prompt`` is in the model's format."""
    columns = {name: value for name, value in row.items() if name != "prompt"}
    # The same values as after reading the file again for re-scoring.
    return Problem(str(number), row["prompt"], json.loads(json.dumps(columns, default=str)))
