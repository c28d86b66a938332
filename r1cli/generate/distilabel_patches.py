"""What r1 does differently from distilabel 1.5.3, its last release, in the process that runs it."""

import logging
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from distilabel.pipeline import base, local
from distilabel.pipeline.batch import _Batch
from distilabel.steps import CombineOutputs, GroupColumns
from distilabel.steps.base import Step
from distilabel.utils.logging import setup_logging

from r1cli.errors import R1Error
from r1cli.generate.distilabel_llm import R1LLM
from r1cli.generate.pipeline_folder import PipelineFolder
from r1cli.generate.pipeline_records import FLAW, GIVEN, LOG, ROW, flaw, request_flaw
from r1cli.generate.pipeline_steps import KeepRows
from r1cli.raised import place_of, words_of

# Marks each row of a batch, so that what a step returns is known to belong to it.
_PLACE = "r1_place"
# The steps that join what is at the same place in each of their inputs.
_BY_PLACE = (CombineOutputs, GroupColumns)
_original = Step.process_applying_mappings
_original_write = _Batch.write_batch_data_to_fs


def patch(notes: PipelineFolder) -> None:
    """Changes distilabel in this process and in those that it forks.

    Args:
        notes: what ends the run is noted there: distilabel would continue.
    """
    # It looks only every 2.5 seconds whether the steps are ready.
    base.time = SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, 0.05)))
    # The records are the result; a dataset of each chunk would stay in the cache of `datasets`.
    local.create_distiset = lambda *_, **__: None
    # Its steps log to a queue: one that ends within a long line leaves the reader waiting forever.
    base.setup_logging = local.setup_logging = _setup_logging
    Step.process_applying_mappings = lambda step, *batches: _process_batch(notes, step, *batches)
    _Batch.write_batch_data_to_fs = _write_batch


def _setup_logging(*_: Any, **__: Any) -> None:
    """Has this process log to standard error, which is the worker's log."""
    setup_logging()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)


def _process_batch(
    notes: PipelineFolder, step: Any, *batches: list[dict[str, Any]]
) -> Iterator[list[dict[str, Any]]]:
    """Processes a batch. distilabel gives up a whole batch if one row fails; here the others continue."""
    if isinstance(step, KeepRows):
        yield _processed(step, *batches)
        return
    if not _are_alike(batches):
        if isinstance(step, _BY_PLACE):
            raise notes.end(_left_out_apart(step))
        yield from _original(step, *batches)  # somebody's own step joins them as it likes
        return
    rows = list(zip(*batches, strict=True))
    flaws = [next((part[FLAW] for part in row if part.get(FLAW)), None) for row in rows]
    found = _in_halves(step, [row for row, why in zip(rows, flaws, strict=True) if not why])
    left_out = [_left_out(step, row, why) if why else None for row, why in zip(rows, flaws, strict=True)]
    if len(found) == left_out.count(None):
        # Each stays at its place: that of a branch is joined with the row at this place of another.
        rest = iter(found)
        yield [one or next(rest) for one in left_out]
    else:
        yield found + [one for one in left_out if one]


def _are_alike(batches: tuple[list[dict[str, Any]], ...]) -> bool:
    """Whether each row is at the same place in all batches that are to be joined."""
    rows = [[row[ROW] for row in batch] for batch in batches if all(ROW in row for row in batch)]
    return len(set(map(len, batches))) <= 1 and all(one == rows[0] for one in rows)


def _left_out_apart(step: Any) -> R1Error:
    return R1Error(
        f"the branches of the step {step.name} left out different rows",
        where=f"{type(step).__name__}, which joins rows by their place",
        fix="leave them out after the join",
        exit_code=1,
    )


def _write_batch(batch: Any, *args: Any, **options: Any) -> None:
    """Writes a batch of a global step. distilabel writes only those columns that the first row has."""
    batch.data = [_alike(rows) for rows in batch.data]
    _original_write(batch, *args, **options)


def _alike(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the same columns: those of the rows that no step has failed for, if there are any."""
    useful = [row for row in rows if not row.get(FLAW)] or rows
    names = dict.fromkeys([*(name for row in useful for name in row), ROW, FLAW])
    return [{name: row.get(name) for name in names} for row in rows]


def _in_halves(step: Any, rows: list[tuple[dict[str, Any], ...]]) -> list[dict[str, Any]]:
    """What a step makes of rows, each one of every input; those that it fails for are found by halving."""
    if not rows:
        return []
    llm = getattr(step, "llm", None)
    seen = llm.seen() if isinstance(llm, R1LLM) else None
    try:
        # Of copies: a step may change its rows before it fails.
        found = _processed(step, *([_copied(part) for part in parts] for parts in zip(*rows, strict=True)))
        return [{**row, FLAW: why} if (why := request_flaw(step.name, row)) else row for row in found]
    except R1Error:
        raise
    except Exception as raised:
        error = raised
    # Not within the handler: that of one half would be the context of the other's.
    if isinstance(llm, R1LLM) and seen is not None:
        llm.forget(seen)
    if len(rows) > 1 and not step.is_global:
        middle = len(rows) // 2
        return _in_halves(step, rows[:middle]) + _in_halves(step, rows[middle:])
    log = logging.getLogger("distilabel")
    log.error("the step %s failed for %s", step.name, _many(rows), exc_info=error)
    reason = f"the step {step.name} failed: {type(error).__name__}"
    said, where = words_of(error)[:500] or "no message", place_of(error) or LOG
    why = flaw(step.name, reason, said, passing=True, where=where)
    return [_left_out(step, row, why) for row in rows]


def _copied(value: Any) -> Any:
    """A copy of a row, down to its last list: at first all samples of a row share the list of `messages`."""
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


def _many(rows: list[Any]) -> str:
    return "a row" if len(rows) == 1 else f"all {len(rows)} rows"


def _left_out(step: Any, row: tuple[dict[str, Any], ...], why: Any) -> dict[str, Any]:
    """A row that a step has made nothing of, with the columns that it would have."""
    joined = {name: value for part in row for name, value in part.items()}
    (made,) = step.impute_step_outputs([joined])
    # A step that chooses columns has those of r1 among its outputs.
    return {**made, **{name: joined[name] for name in GIVEN if name in joined}, FLAW: why}


def _processed(step: Any, *batches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a step makes of a batch.

    distilabel restores columns that input_mappings hide by the number of a row, which is another row's if the
    step makes several of one, or leaves some out.
    """
    if not step.input_mappings or len(batches) > 1:
        found: list[dict[str, Any]] = next(_original(step, *batches))
        return found
    (rows,) = batches
    marked = [{**row, _PLACE: number} for number, row in enumerate(rows)]
    inputs, hidden = step._apply_input_mappings((marked,))
    options = step._runtime_parameters if step._built_from_decorator else {}
    made = next(iter(step.process(*inputs, **options)))
    return [
        step._apply_mappings_and_restore_overriden(
            {name: value for name, value in row.items() if name != _PLACE},
            hidden[row.get(_PLACE, number % len(hidden))],
        )
        for number, row in enumerate(made)
    ]
