"""Which reference answers cannot be parsed: ``python -m r1cli.rewards.audit CONNECTION``."""

from typing import Any

from r1cli.children import answer
from r1cli.data.load import load_rows
from r1cli.data.splits import no_column
from r1cli.scoring.math import explain, verify

_IDS = ("id", "uuid", "problem_id")


def audit(request: dict[str, Any]) -> dict[str, Any]:
    """Reads every reference answer, and compares it with an empty answer: a mere text would equal itself.

    Args:
        request: ``dataset`` as ``--dataset`` takes it, ``column``, and ``limit``, the number of rows or None.

    Returns:
        ``rows``, the number of rows, and ``unparsable``: row number from 0, id, gold and reason of each.

    Raises:
        R1Error: there is no such dataset or column.
    """
    rows = load_rows({"dataset_name": request["dataset"]}, "train")
    column = request["column"]
    if column not in rows.column_names:
        raise no_column(column, rows, "flag --column")
    if request["limit"] is not None:
        rows = rows.select(range(min(request["limit"], len(rows))))
    golds = list(rows[column])
    id_column = next((name for name in _IDS if name in rows.column_names), None)
    unparsable = [
        {
            "row": number,
            "id": rows[number][id_column] if id_column else None,
            "gold": str(golds[number]),
            "reason": explain(golds[number], "").reason,
        }
        for number, verdict in enumerate(verify(golds, [""] * len(golds)))
        if verdict is None
    ]
    return {"rows": len(golds), "unparsable": unparsable}


if __name__ == "__main__":
    answer(audit)
