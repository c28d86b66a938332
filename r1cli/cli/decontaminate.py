"""What `r1 decontaminate` prints when it has searched: the command itself comes from its row."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.cli.made_dataset import say_what_next, what_trains
from r1cli.cli.output import print_table, say
from r1cli.data.source import DATASET
from r1cli.decontaminate.schema import OPENR1, Decontaminate
from r1cli.errors import R1Error

if TYPE_CHECKING:
    from r1cli.prepare.request import Prepared

#: Kinds of hits, as people call them.
_KINDS = (
    ("contaminated", "contaminated"),
    ("near_duplicate", "near duplicates"),
    ("renumbered", "renumbered"),
)


def show_report(prepared: "Prepared", run_dir: Path) -> None:
    """Prints how many rows have hits of which benchmark, and what is where.

    Raises:
        R1Error: there are rows to remove, and ``fail_on_hits`` is set.
    """
    found = json.loads((run_dir / "figures.json").read_text(encoding="utf-8"))
    figures = found["figures"]
    headings = ("benchmark", "its rows", "contaminated rows", "near duplicates", "renumbered")
    print_table(headings, [[str(cell) for cell in row] for row in found["benchmarks"]])
    settings = prepared.config.section(Decontaminate)
    removed = figures["rows_removed"]
    rows = f"{figures['rows']} rows"
    say(f"searched {', '.join(found['columns'])} of {rows}: {_kinds(figures)}; report: {run_dir / 'report'}")
    if short := figures.get("texts_too_short"):
        what = "questions" if settings.method == OPENR1 else "answers and solutions"
        say(f"{what} of fewer than {settings.ngram_size} words, which are not searched for: {short:,}")
    if figures["benchmarks_missing"]:
        count = figures["benchmarks_missing"]
        say(f"warning: {count} benchmarks could not be searched; the report lists them")
    if not settings.report_only:
        say(f"{figures['rows'] - removed} of {rows} stay: {run_dir / DATASET}")
        if removed < figures["rows"]:
            say_what_next(run_dir, what_trains(run_dir))
        else:
            say("warning: it is empty: every row is removed")
    if settings.fail_on_hits and removed:
        without = (
            "leave out --report-only, and train on the run's dataset"
            if settings.report_only
            else "train on the run's dataset, which does not have them"
        )
        raise R1Error(
            f"{removed} of {rows} are to be removed (hits: {_kinds(figures)})",
            where=str(run_dir / "report"),
            fix=f"{without}, or add phrases to an --allow-list",
            exit_code=1,
        )


def _kinds(figures: dict[str, Any]) -> str:
    """The rows with hits of each kind, in the words of the table."""
    kinds = [f"{figures[f'rows_{kind}']} {words}" for kind, words in _KINDS if figures[f"rows_{kind}"]]
    return ", ".join(kinds) or "none has a hit"
