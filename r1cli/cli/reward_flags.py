"""What the commands of ``r1 reward`` have in common: how rewards are named, and their keys."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from r1cli.config.schema import Schema
    from r1cli.config.settings import Setting

Name = Annotated[
    str,
    typer.Argument(help="As --reward takes it; `r1 reward list` shows the names.", show_default=False),
]
#: The keys that name rewards.
REWARD_KEYS = {"reward", "reward_funcs", "rewards", "rewards.reward_funcs"}


def choice_schemas() -> "list[Schema]":
    from r1cli.rewards.choice import choice_schema

    return [choice_schema("reward")]


def flags_of(values: Mapping[str, Any]) -> "tuple[Setting, ...]":
    """Values as if options had given them."""
    from r1cli.config.settings import FLAGS, Setting

    return tuple(Setting(key, value, f"flag --{key}", FLAGS) for key, value in values.items())
