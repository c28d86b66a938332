"""The group ``rewards``: what scores completions, and when a run that cannot be scored stops."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Self

from r1cli.config.bounds import ABOVE_ZERO, ONE_OR_MORE, PART, SHARE
from r1cli.config.section import Section, key


class Rewards(Section):
    """Rewards with their weights.

    ``parameters`` are those of each reward, under the name of its group; no schema lists them.
    """

    group = "rewards"

    reward_funcs: list[str] = key("reward names, as accuracy,format:0.5", default=[], text=True)
    reward_weights: list[float] | None = key("a weight for each reward", default=None, unset="1.0 for each")
    time_limit: float = key("seconds that one call of a reward may take", default=300.0, range=ABOVE_ZERO)
    max_fault_share: float = key(
        "the run stops when more than this share of the last 200 completions could not be scored",
        default=0.05,
        range=SHARE,
    )
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, kw_only=True)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """The section of a group in which the parameters of rewards are beside the keys."""
        parameters = {name: value for name, value in values.items() if isinstance(value, Mapping)}
        return super().read({**values, "parameters": parameters})

    @property
    def weighted(self) -> dict[str, float]:
        """The weight of each reward."""
        weights = self.reward_weights or [1.0] * len(self.reward_funcs)
        return dict(zip(self.reward_funcs, weights, strict=True))


class GrpoRewards(Rewards):
    """Rewards to learn from, which must differ within a group."""

    max_dead_steps: int | None = key(
        "the run stops after this number of steps in a row in which no group's rewards differ",
        default=10,
        range=ONE_OR_MORE,
    )
    warn_dead_share: float | None = key(
        "warns when in the first step at least this share of the groups does not differ in its rewards",
        default=0.8,
        range=PART,
    )
