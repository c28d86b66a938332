"""What ``r1 generate`` says when it is done."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from r1cli.cli.output import print_table, say
from r1cli.data.source import DATASET

if TYPE_CHECKING:
    from r1cli.prepare.request import Prepared


def show_figures(prepared: "Prepared", run_dir: Path) -> None:
    """Prints what a finished run has counted, and what its dataset is for."""
    path = run_dir / "figures.json"
    if not path.exists():  # a share of an array, whose others are not done
        return
    figures = json.loads(path.read_text(encoding="utf-8"))
    rows = []
    for name, value in figures.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        rows += [(f"{name} {part}".strip().replace("_", " "), f"{number}") for part, number in parts]
    print_table(("figure", "value"), rows)
    say(f"dataset: {run_dir / DATASET}")
    say(f"train on it: r1 sft --dataset {run_dir}; publish it: r1 data push {run_dir} OWNER/NAME")
