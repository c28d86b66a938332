"""What is kept of a pipeline's rows: completions, how they were sampled, columns that the dataset lacks."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from r1cli.errors import R1Error

#: The column with a row's place in its chunk.
ROW = "r1_row"
#: What r1 adds to each row, beside the dataset's own columns.
GIVEN = (ROW, "id", "prompt", "messages", "instruction")
#: The columns that may have the completion, the first that is there.
RESULTS = ("generation", "completion")
#: What the LLM says of each completion: a column of this name for each step.
OUTCOME = "llm_{}_outcome"
#: A step's reason and message for a row without a completion: later steps leave the row out.
FLAW = "r1_flaw"
#: Why a row has no completion where no step says so.
NO_COMPLETION = "no completion from the pipeline"
_OF_DISTILABEL = ("distilabel_metadata", "model_name")


def records_of(
    row: Mapping[str, Any], steps: Sequence[str], columns: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """The records of one row at the end of a pipeline: one for each completion that it has.

    Args:
        row: with its columns.
        steps: that ask a model, in their order.
        columns: of the dataset.

    Raises:
        R1Error: a column is missing that r1 needs.
    """
    if ROW not in row:
        raise R1Error(
            f"the pipeline drops the column {ROW}, by which r1 knows its rows",
            where=f"the last step's columns: {', '.join(row)}",
            fix=f"keep it: KeepColumns(columns=['{ROW}', ...])",
        )
    result = next((name for name in RESULTS if name in row), None)
    if result is None:
        raise R1Error(
            f"the pipeline's rows have neither a column {' nor '.join(RESULTS)}",
            where=f"the last step's columns: {', '.join(row)}",
            fix="rename the column with the completion: output_mappings={'NAME': 'completion'}",
        )
    outcomes = [OUTCOME.format(step) for step in steps]
    hidden = {*columns, *GIVEN, *RESULTS, *_OF_DISTILABEL, *outcomes, FLAW}
    more = {name: value for name, value in row.items() if name not in hidden}
    grouped = isinstance(row[result], list)
    for number, completion in enumerate(row[result] if grouped else [row[result]]):
        said = [_nth(row.get(name), number, grouped) for name in outcomes]
        yield {
            "row": row[ROW],
            "prompt": row.get("prompt"),
            "completion": completion,
            **_outcome([json.loads(one) for one in said if one], completion, row.get(FLAW)),
            "more": {name: _nth(value, number, grouped) for name, value in more.items()},
        }


def _outcome(said: list[dict[str, Any]], completion: Any, flaw: Any) -> dict[str, Any]:
    """How the last step sampled, or why there is no completion: the first failure of a step."""
    failed = next((one for one in said if one["failure"]), None)
    found = dict(said[-1]) if said else {}
    if isinstance(completion, str):
        return {**found, "failure": "", "message": "", "passing": False}
    if failed:
        return failed
    reason, message = flaw or (NO_COMPLETION, "")
    if found.get("finish_reason") == "length":
        reason, message = f"{reason}: cut off", f"at {found['settings']['max_new_tokens']} tokens"
    return {**found, "failure": reason, "message": message, "passing": False}


def _nth(value: Any, number: int, grouped: bool) -> Any:
    """What a row says of one of its completions."""
    if grouped and isinstance(value, list) and number < len(value):
        return value[number]
    return value
