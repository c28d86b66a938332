"""What r1 does differently from distilabel 1.5.3, its last release, in the process that runs it."""

import logging
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from distilabel.pipeline import base, local
from distilabel.steps.base import Step

from r1cli.errors import R1Error
from r1cli.generate.distilabel_llm import R1LLM
from r1cli.generate.pipeline_records import FLAW
from r1cli.generate.pipeline_steps import KeepRows

# Marks each row of a batch, so that what a step returns is known to belong to it.
_PLACE = "r1_place"
_original = Step.process_applying_mappings


def patch() -> None:
    """Changes distilabel in this process and in those that it forks."""
    # It looks only every 2.5 seconds whether the steps are ready.
    base.time = SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, 0.05)))
    # The records are the result; a dataset of each chunk would stay in the cache of `datasets`.
    local.create_distiset = lambda *_, **__: None
    Step.process_applying_mappings = _process_batch


def _process_batch(step: Any, *batches: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Processes a batch. distilabel gives up a whole batch if one row fails; here the others continue."""
    if len(batches) != 1 or step.is_global:
        yield from _original(step, *batches)
        return
    (rows,) = batches
    if isinstance(step, KeepRows):
        yield _processed(step, rows)
        return
    flawed = [row for row in rows if row.get(FLAW)]
    found = _in_halves(step, [row for row in rows if not row.get(FLAW)])
    yield found + step.impute_step_outputs(flawed)


def _in_halves(step: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a step makes of rows; those that it fails for are found by halving."""
    if not rows:
        return []
    llm = getattr(step, "llm", None)
    seen = llm.seen() if isinstance(llm, R1LLM) else None
    try:
        return _processed(step, rows)
    except R1Error:
        raise
    except Exception as error:
        if isinstance(llm, R1LLM) and seen is not None:
            llm.forget(seen)
        if len(rows) > 1:
            middle = len(rows) // 2
            return _in_halves(step, rows[:middle]) + _in_halves(step, rows[middle:])
        logging.getLogger("distilabel").exception("the step %s failed for a row", step.name)
        flaw = [f"the step {step.name} failed: {type(error).__name__}", str(error)[:500]]
        return [{**row, FLAW: flaw} for row in step.impute_step_outputs(rows)]


def _processed(step: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a step makes of a batch.

    distilabel restores columns that input_mappings hide by the number of a row, which is another row's if the
    step makes several of one, or leaves some out.
    """
    if not step.input_mappings:
        found: list[dict[str, Any]] = next(_original(step, rows))
        return found
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
