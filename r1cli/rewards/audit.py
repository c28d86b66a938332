"""How reference answers are read, and which cannot be: ``python -m r1cli.rewards.audit CONNECTION``."""

import json
from collections.abc import Sequence
from typing import Any

from datasets import disable_progress_bars

from r1cli.children import answer
from r1cli.data.splits import pick_split, read_splits
from r1cli.errors import R1Error
from r1cli.scoring.math import explain_all, gold_text
from r1cli.verdicts.judge import read_gold
from r1cli.verdicts.look import is_text, why_look
from r1cli.verdicts.terms import VerifierLost

_IDS = ("id", "uuid", "problem_id")
# Any number: what matters is whether the gold can be compared with it.
_ANSWER = "\\boxed{1}"


def audit(request: dict[str, Any]) -> dict[str, Any]:
    """Reads every reference answer, and compares it with a number.

    Args:
        request: ``dataset`` as ``--dataset`` takes it, ``column``, and ``limit``, the number of rows or None.

    Returns:
        ``rows``, the number of rows; ``unparsable``: row number from 0, id, gold and reason of each that
        cannot be read whole; ``look``: of those that deserve a look the same, and how each was ``read``;
        ``text``, the number of those of which only the wording can be compared.

    Raises:
        R1Error: there is no such dataset or column.
    """
    disable_progress_bars()
    name = request["dataset"]
    rows = pick_split(read_splits(name, None, "argument DATASET"), "train", name)
    column = request["column"]
    if column not in rows.column_names:
        raise R1Error(
            f"the dataset has no column '{column}'",
            where=name,
            fix=f"name the reference answers with --columns.solution: it has {', '.join(rows.column_names)}",
        )
    if request["limit"] is not None:
        rows = rows.select(range(min(request["limit"], len(rows))))
    id_column = next((name for name in _IDS if name in rows.column_names), None)
    ids = list(rows[id_column]) if id_column else [None] * len(rows)
    return {"rows": len(rows), **_audited(list(rows[column]), ids)}


def _audited(golds: Sequence[Any], ids: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"unparsable": [], "look": [], "text": 0}
    for number, verdict in enumerate(explain_all(golds, [_ANSWER] * len(golds))):
        row = {"row": number, "id": ids[number], "gold": _shown(golds[number])}
        if isinstance(verdict, VerifierLost):
            found["unparsable"].append({**row, "reason": f"not verified: {verdict}"})
        elif verdict.correct is None:
            found["unparsable"].append({**row, "reason": verdict.reason})
        else:
            gold = read_gold(gold_text(golds[number]), "auto")
            found["text"] += is_text(gold)
            if why := why_look(gold, gold_text(golds[number])):
                found["look"].append({**row, "reason": why, "read": ", ".join(verdict.gold)})
    return found


def _shown(gold: Any) -> str:
    """What the row contains; as JSON if it is not text."""
    return gold if isinstance(gold, str) else json.dumps(gold, default=str)


if __name__ == "__main__":
    answer(audit)
