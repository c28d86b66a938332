"""The end of ``r1 sft`` and ``r1 grpo``: what came out, and what can be done with it."""

from itertools import islice
from pathlib import Path

from r1cli.cli.output import emit
from r1cli.cli.runs import show_facts, show_next
from r1cli.report.run_summary import next_commands
from r1cli.report.training_outcome import outcome
from r1cli.runs.state import as_recorded

_SHOWN = 3


def show_outcome(prepared: object, run_dir: Path) -> None:
    """Prints the last figures of the training that has just finished, and the next commands."""
    emit("")
    show_facts(outcome(run_dir))
    show_next(list(islice(next_commands(as_recorded(run_dir)), _SHOWN)))
