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
    """The command that trains on a run's dataset: rows without a completion are problems for ``r1 grpo``."""
    from r1cli.commands import find_command
    from r1cli.data.chats import PROMPT, find_shape
    from r1cli.data.source import find_source, peek_columns

    columns = peek_columns(find_source(str(run_dir), str(run_dir))) or []
    is_shown = find_shape(columns, find_command("sft").columns) is not None
    are_problems = not is_shown and {PROMPT, "solution"} <= {*columns}
    return "r1 grpo --reward accuracy" if are_problems else "r1 sft"
