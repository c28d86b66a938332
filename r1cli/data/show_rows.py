"""Rows as the trainers see them: ``python -m r1cli.data.show_rows CONNECTION``, for ``r1 data show``."""

import json
from collections.abc import Mapping
from typing import Any

from datasets import disable_progress_bars

from r1cli.children import answer
from r1cli.data.as_trained import CONTEXT, TRAINED
from r1cli.data.chats import COMPLETION, MESSAGES, PROMPT, TEXT
from r1cli.data.inspected import Inspected

_SHAPED = (MESSAGES, PROMPT, COMPLETION, TEXT)


def show(request: dict[str, Any]) -> dict[str, Any]:
    """Some rows of a dataset.

    Args:
        request: as `Inspected` takes it, and ``first`` and ``count`` of the rows.

    Returns:
        ``trained``: whether the rows are trained on, or only sampled from; ``rows``: of each its ``number``,
        the ``pieces`` of its text with their kinds, the number of its ``tokens`` by kind, and the other
        ``columns`` as text.
    """
    disable_progress_bars()  # of a few rows
    chosen, first = Inspected(request), request["first"]
    rows = chosen.rows(only=range(first, first + request["count"]))
    if not len(rows):
        return {"trained": False, "makes": [], "rows": []}
    shown = [_shown(number, row, chosen) for number, row in enumerate(rows, first)]
    makes = [name for name in rows.column_names if name in _SHAPED]
    return {"trained": makes != [PROMPT], "makes": makes, "rows": shown}


def _shown(number: int, row: Mapping[str, Any], chosen: Inspected) -> dict[str, Any]:
    others = {name: _as_text(value) for name, value in row.items() if name not in _SHAPED}
    if chosen.tokenizer is None:
        return {"number": number, "pieces": _plain(row), "tokens": None, "columns": others}
    tokens = chosen.tokens(number, row)
    counts = {kind: tokens.kinds.count(kind) for kind in dict.fromkeys(tokens.kinds)}
    return {
        "number": number,
        "pieces": tokens.pieces(chosen.tokenizer),
        "tokens": {"all": len(tokens.ids), **counts},
        "columns": others,
    }


def _plain(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A row's text without a chat template: each message below its role."""
    pieces = []
    for name in _SHAPED:
        if name in row:
            kind = CONTEXT if name == PROMPT else TRAINED
            turns = row[name] if isinstance(row[name], list) else [{"role": name, "content": row[name]}]
            pieces += [(f"[{turn['role']}]\n{_turn(turn)}\n", kind) for turn in turns]
    return pieces


def _turn(turn: Mapping[str, Any]) -> str:
    more = {name: value for name, value in turn.items() if name not in ("role", "content")}
    return _as_text(turn.get("content")) + (f"\n{_as_text(more)}" if more else "")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


if __name__ == "__main__":
    answer(show)
