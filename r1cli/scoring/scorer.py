"""Runs rewards over completions, and keeps three things apart: a score, "not applicable", and a fault."""

import asyncio
import inspect
import math
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from r1cli.plugins.types import RewardFunction
from r1cli.scoring.faults import FaultWatch

#: What TRL passes to a reward only if the reward names it.
_ON_REQUEST = ("trainer_state", "log_extra", "log_metric")


@dataclass(frozen=True)
class ChosenReward:
    """A reward as one run uses it: the function, its weight in the sum, its parameters."""

    name: str
    function: RewardFunction
    weight: float = 1.0
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scores:
    """What the rewards said of a list of completions.

    ``values`` holds for each reward one float per completion, None where it does not apply or a fault kept
    it from being scored. ``faults`` holds for each completion what went wrong, or None.
    """

    values: dict[str, list[float | None]]
    faults: list[str | None]

    def masked(self) -> dict[str, list[float | None]]:
        """The values for the trainer: a completion with a fault has none at all.

        TRL leaves a single None out of the sum, so a completion whose accuracy could not be judged, but
        whose format is right, would be trained as a bad answer that is well formatted. When every reward is
        None, TRL gives the row an advantage of 0.
        """
        return {
            name: [None if fault else value for value, fault in zip(values, self.faults, strict=True)]
            for name, values in self.values.items()
        }


class Scorer:
    """Scores completions with the rewards of one run.

    Args:
        rewards: what to run. A fault in one of weight 0 is counted and does not mask the row.
        watch: counts the faults, and ends the run when there are too many.
    """

    def __init__(self, rewards: Sequence[ChosenReward], watch: FaultWatch | None = None) -> None:
        self.rewards = tuple(rewards)
        self.watch = watch or FaultWatch()

    def score(self, completions: Sequence[Any], **columns: Any) -> Scores:
        """Runs every reward.

        Args:
            completions: chats or strings, as TRL hands them over.
            columns: prompts, completion_ids and the dataset's columns, each with one entry per completion;
                and TRL's trainer_state, log_extra and log_metric.

        Raises:
            R1Error: too many completions could not be scored.
        """
        values: dict[str, list[float | None]] = {}
        faults: list[str | None] = [None] * len(completions)
        for reward in self.rewards:
            try:
                values[reward.name] = self._run(reward, completions, columns)
            except Exception as error:  # a reward's own code may raise anything, and all of it is a fault
                reason = f"{reward.name}: {type(error).__name__}: {error}"
                self.watch.report(f"{reward.name}: {type(error).__name__}", traceback.format_exc())
                values[reward.name] = [None] * len(completions)
                if reward.weight:
                    faults = [fault or reason for fault in faults]
        self.watch.count(faults)
        return Scores(values, faults)

    def _run(
        self, reward: ChosenReward, completions: Sequence[Any], columns: Mapping[str, Any]
    ) -> list[float | None]:
        wanted = inspect.signature(reward.function).parameters
        passed = {name: value for name, value in columns.items() if name not in _ON_REQUEST or name in wanted}
        result = reward.function(completions=completions, **{**passed, **reward.parameters})
        if inspect.isawaitable(result):
            result = asyncio.run(_await(result))
        values = list(result)
        if len(values) != len(completions):
            raise ValueError(f"returned {len(values)} values for {len(completions)} completions")
        return [_checked(value) for value in values]


async def _await(result: Any) -> Any:
    return await result


def _checked(value: Any) -> float | None:
    """A finite float, or None."""
    if value is None:
        return None
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"returned {number}, which is no score")
    return number
