"""One problem of a benchmark."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One problem.

    ``id`` is the number of its row in the dataset, ``prompt`` a chat, or text for a model without a chat
    template, ``columns`` the row's other columns as JSON has them, with the gold as "solution".
    """

    id: str
    prompt: Any
    columns: dict[str, Any]
