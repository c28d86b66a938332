"""What to do next with a dataset that a run has made."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from r1cli.cli.output import say_command
from r1cli.errors import R1Error


def say_what_next(run_dir: Path, train: str) -> None:
    """Prints the commands that train on a run's dataset, as ``r1 sft``, and that publish it, to be copied."""
    name = shlex.quote(str(run_dir))
    say_command("train on it", f"{train} --model MODEL --dataset {name}")
    say_command("publish it", f"r1 data push {name} OWNER/NAME")


def what_trains(run_dir: Path, reward: str = "accuracy") -> str:
    """The first command that trains on a run's dataset, with a reward and the column of its problems.

    Args:
        run_dir: of the run.
        reward: that is proposed, if the dataset has what it reads.

    Raises:
        R1Error: the dataset has no rows.
    """
    from r1cli.commands import COMMANDS
    from r1cli.config.config import REWARDS
    from r1cli.config.schema import schema_of
    from r1cli.data.chats import COMPLETION, PROMPT, PROMPTS, find_columns, find_shape
    from r1cli.data.column_names import names_after
    from r1cli.data.source import find_source, peek_columns
    from r1cli.pass_rate.measurement import GENERATIONS

    columns = peek_columns(find_source(str(run_dir), str(run_dir))) or []
    trainers = [row for row in COMMANDS.values() if row.trains]
    if GENERATIONS in columns and COMPLETION not in columns:
        # Rows are selected by a pass rate as problems, whatever chats their source has.
        trainers = [row for row in trainers if schema_of(row).has(REWARDS)]
    renamed = {}
    if not any(find_shape(columns, row.columns) for row in trainers):
        renamed = find_columns(columns, {}, PROMPTS)
        columns = names_after(columns, None, renamed)
    row = next(row for row in trainers if find_shape(columns, row.columns))
    command = f"r1 {row.name}"
    if schema_of(row).has(REWARDS):
        command += f" --reward {shlex.quote(reward) if _can_score(reward, columns) else 'REWARD'}"
    return command + (f" --columns.{PROMPT} {shlex.quote(renamed[PROMPT])}" if renamed else "")


def _can_score(reward: str, columns: Sequence[str]) -> bool:
    """Whether rows with these columns have all that a reward reads."""
    from r1cli.data.chats import PROMPT
    from r1cli.plugins.registry import find_reward

    try:
        return {*find_reward(reward).columns} <= {PROMPT, *columns}
    except R1Error:  # a file in another folder
        return False
