"""What to do next with a dataset that a run has made."""

import shlex
from pathlib import Path

from r1cli.cli.output import say_command


def say_what_next(run_dir: Path, train: str) -> None:
    """Prints the commands that train on a run's dataset, as ``r1 sft``, and that publish it, to be copied."""
    name = shlex.quote(str(run_dir))
    say_command("train on it", f"{train} --model MODEL --dataset {name}")
    say_command("publish it", f"r1 data push {name} OWNER/NAME")


def what_trains(run_dir: Path) -> str:
    """The first command that trains on the columns of a run's dataset, with a reward if it takes one."""
    from r1cli.commands import COMMANDS
    from r1cli.config.config import REWARDS
    from r1cli.config.schema import schema_of
    from r1cli.data.chats import find_shape
    from r1cli.data.source import find_source, peek_columns

    columns = peek_columns(find_source(str(run_dir), str(run_dir))) or []
    trainers = [row for row in COMMANDS.values() if row.trains]
    row = next((row for row in trainers if find_shape(columns, row.columns)), trainers[0])
    reward = f" --reward {'accuracy' if 'solution' in columns else 'REWARD'}"
    return f"r1 {row.name}" + (reward if schema_of(row).has(REWARDS) else "")
