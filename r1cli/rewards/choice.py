"""The rewards that a command uses: weights, parameters and columns by the rules of ``r1 grpo``."""

import inspect
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from r1cli.checks.names import check_names, parameters_that_must_be_set
from r1cli.checks.subject import Subject
from r1cli.config.config import Config
from r1cli.config.groups.code import Code
from r1cli.config.groups.data import Columns
from r1cli.config.groups.rewards import Rewards
from r1cli.config.resolve import Request, gather
from r1cli.config.schema import Schema
from r1cli.config.settings import Setting
from r1cli.errors import R1Error
from r1cli.plugins.registry import parameter_group
from r1cli.plugins.types import Reward
from r1cli.verdicts.terms import MODES, Rules

# Parameters of a reward that say how a mathematical verdict is found: those of `r1cli.explain`.
_VERDICT_PARAMETERS = frozenset({"mode", "answer"} | {field.name for field in fields(Rules)})
# Parameters that are not columns of a dataset: r1 and TRL pass them.
_GIVEN = {"completions", "trainer_state", "log_extra", "log_metric"}


def choice_schema(command: str, *, columns: bool = True) -> Schema:
    """The keys of rewards, of where programs run, and where columns can be renamed, of the columns."""
    return Schema(command, Columns, Rewards, Code) if columns else Schema(command, Rewards, Code)


def choose(command: str, flags: tuple[Setting, ...], *, columns: bool = True) -> Config:
    """The rewards and renamed columns from flags, as a config with their groups.

    Raises:
        R1Error: lists every mistake in them.
    """
    drafted = gather(choice_schema(command, columns=columns), Request(flags=flags))
    config = drafted.config(None)
    errors = [*drafted.errors, *check_names(Subject(config, None, frozenset(drafted.unread)))]
    if errors:
        raise R1Error.together(errors)
    return config


def check_parameters_set(config: Config, columns: Iterable[str]) -> None:
    """Checks that every parameter without a default is set, or is a column of the rows.

    Raises:
        R1Error: lists those that are neither.
    """
    subject = Subject(config, None, columns=frozenset(columns))
    errors = list(parameters_that_must_be_set(subject, subject.rewards()[0]))
    if errors:
        raise R1Error.together(errors)


def has_mode(reward: Reward) -> bool:
    """Whether it has the parameter ``mode``, which says how to read a mathematical gold."""
    default = reward.parameters().get("mode")
    return isinstance(default, str) and default in MODES


def verdict_parameters(name: str, config: Config) -> dict[str, Any]:
    """The parameters of a reward by which `r1cli.explain` finds the verdict that the reward scores."""
    given = config.section(Rewards).parameters.get(parameter_group(name), {})
    return {key: given[key] for key in _VERDICT_PARAMETERS & given.keys()}


def needed_columns(reward: Reward) -> list[str]:
    """What a reward needs in addition to completions: ``prompts``, ``completion_ids``, dataset columns."""
    named = {
        parameter.name
        for parameter in inspect.signature(reward.load()).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.default is parameter.empty
    }
    # Groups are identified by their prompts.
    groups = {"prompts"} if reward.per_group else set()
    return sorted({*reward.columns, *named, *groups} - _GIVEN)
