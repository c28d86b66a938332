"""What to do next with a dataset that a run has made."""

import shlex
from pathlib import Path

from r1cli.cli.output import say_command


def say_what_next(run_dir: Path, train: str) -> None:
    """Prints the commands that train on a run's dataset, as ``r1 sft``, and that publish it, to be copied."""
    name = shlex.quote(str(run_dir))
    say_command("train on it", f"{train} --model MODEL --dataset {name}")
    say_command("publish it", f"r1 data push {name} OWNER/NAME")
