"""What is kept of a pipeline's rows: completions, how they were sampled, columns that the dataset lacks."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from r1cli.errors import R1Error

#: The column with the number of a row in its chunk; each sample of a row is sent as a row.
ROW = "r1_row"
#: What r1 adds to each row, beside the dataset's own columns.
GIVEN = (ROW, "id", "prompt", "messages", "instruction")
#: The columns that may have the completion, the first that is there.
RESULTS = ("generation", "completion")
#: What the LLM says of each completion: a column of this name for each step.
OUTCOME = "llm_{}_outcome"
#: Why a step could not use a row, as `flaw` makes it: later steps leave the row out.
FLAW = "r1_flaw"
#: Why a row has no completion where no step says so.
NO_COMPLETION = "no completion from the pipeline"
#: Where the traceback is, if no line of somebody's own has raised: of the run directory.
LOG = "logs/generate-rank0.log"
#: What is counted of all that a chunk has sampled, in the last of its records.
FIGURES = "figures"
_OF_DISTILABEL = ("distilabel_metadata", "model_name")


def flaw(step: str, reason: str, message: str = "", *, passing: bool = False, where: str = "") -> Any:
    """Why a step could not use a row.

    Args:
        step: its name.
        reason: one of few, so that they can be counted.
        message: what was said of this row.
        passing: another try may succeed.
        where: the line of somebody's own code that has raised, or `LOG`; empty for another failure.
    """
    return {"failure": reason, "message": message, "passing": passing, "step": step, "where": where}


def request_flaw(step: str, row: Mapping[str, Any]) -> Any:
    """The flaw of a row whose requests in a step have all failed; None of another."""
    said = row.get(OUTCOME.format(step))
    outcomes = [json.loads(one) for one in (said if isinstance(said, list) else [said]) if one]
    if not outcomes or not all(one["failure"] for one in outcomes):
        return None
    first = outcomes[0]
    return flaw(step, first["failure"], first["message"], passing=any(one["passing"] for one in outcomes))


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
    if result is None and not row.get(FLAW):
        raise R1Error(
            f"the pipeline's rows have neither a column {' nor '.join(RESULTS)}",
            where=f"the last step's columns: {', '.join(row)}",
            fix="rename the column with the completion: output_mappings={'NAME': 'completion'}",
        )
    hidden = {*columns, *GIVEN, *RESULTS, *_OF_DISTILABEL, *map(OUTCOME.format, steps), FLAW}
    more = {name: value for name, value in row.items() if name not in hidden}
    completions: Any = row[result] if result else None
    grouped = isinstance(completions, list)
    for number, completion in enumerate(completions if grouped else [completions]):
        texts = {step: _nth(row.get(OUTCOME.format(step)), number, grouped) for step in steps}
        said = [{**json.loads(text), "step": step} for step, text in texts.items() if text]
        yield {
            "row": row[ROW],
            "prompt": row.get("prompt"),
            "completion": completion,
            **_outcome(said, completion, row.get(FLAW)),
            "more": {name: _nth(value, number, grouped) for name, value in more.items()},
        }


def _outcome(said: list[dict[str, Any]], completion: Any, why: Any) -> dict[str, Any]:
    """How the last step sampled, or why there is no completion: the first failure of a step."""
    found = dict(said[-1]) if said else {}
    if isinstance(completion, str) and not why:
        return {**found, **flaw("", "")}
    failed = next((one for one in said if one["failure"]), None)
    if failed:
        return failed
    why = why or flaw("", NO_COMPLETION)
    if found.get("finish_reason") == "length" and not why["where"]:
        limit = found["settings"]["max_new_tokens"]
        why = {**why, "failure": f"{why['failure']}: cut off", "message": f"at {limit} tokens"}
    return {**found, **why}


def _nth(value: Any, number: int, grouped: bool) -> Any:
    """What a row says of one of its completions."""
    if grouped and isinstance(value, list) and number < len(value):
        return value[number]
    return value
