"""A training that is asked for without arguments: what it would be, and whether it is meant."""

import sys

import typer

from r1cli.cli.dry_run import preset_title
from r1cli.cli.output import say
from r1cli.commands import Command
from r1cli.config.config import DATASET, MIXTURE, MODEL, REWARDS
from r1cli.config.resolve import Request
from r1cli.prepare.request import Prepared, prepare


def asks_for_nothing(request: Request) -> bool:
    """Whether a person at a terminal typed a command's name and nothing else."""
    return request == Request() and sys.stdin.isatty() and sys.stderr.isatty()


def start_is_wanted(row: Command, request: Request) -> bool:
    """Shows what would be trained, and asks.

    Raises:
        R1Error: it cannot be planned.
    """
    prepared = prepare(row.name, request)
    say(f"`r1 {row.name}` alone trains with the default preset:")
    for name, value in _facts(prepared):
        say(f"  {name + ':':<9} {value}")
    if typer.confirm("Start?", err=True):
        return True
    say(f"nothing was started; `r1 {row.name} --help` shows the options, `r1 presets list` other recipes")
    return False


def _facts(prepared: Prepared) -> list[tuple[str, str]]:
    config = prepared.config
    facts = [
        ("preset", preset_title(prepared)),
        ("model", config.get(MODEL)),
        ("dataset", config.get(DATASET) or config.get(MIXTURE)),
        ("rewards", ", ".join(config.get(REWARDS)) if config.has(REWARDS) else ""),
        ("GPUs", ", ".join(prepared.place.gpus) or "none"),
    ]
    return [(name, str(value)) for name, value in facts if value]
