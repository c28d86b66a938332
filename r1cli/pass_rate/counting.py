"""Which value each completion adds to a pass rate: right, wrong, truncated and faulty are four things."""

from dataclasses import dataclass
from typing import Any

import numpy

from r1cli.pass_rate.measurement import public_reward
from r1cli.pass_rate.schema import LEFT_OUT, SCORED, WRONG, Counting

#: Values of many completions: float64, NaN where a completion does not count.
Values = Any
#: A flag for each of many completions.
Flags = Any


@dataclass(frozen=True)
class Rule:
    """How completions count.

    Args:
        reward: the reward whose mean is the pass rate.
        low: the pass rate of a selected row is above it.
        high: and below this.
        truncated: how a completion counts that was cut off.
        faulty: how one counts whose scoring failed.
    """

    reward: str
    low: float
    high: float
    truncated: str = SCORED
    faulty: str = LEFT_OUT

    @classmethod
    def of(cls, settings: Counting, rewards: list[str]) -> "Rule":
        """The rule of a config's section, for completions that were scored with some rewards."""
        reward = settings.reward or rewards[0]
        return cls(reward, settings.min, settings.max, settings.truncated, settings.faulty)

    @property
    def bounds(self) -> tuple[float, float]:
        return self.low, self.high

    def values(self, scores: Values, truncated: Flags, faulty: Flags) -> Values:
        """What each completion counts.

        Args:
            scores: of the reward, NaN where it gives none.
            truncated: those that were cut off.
            faulty: those whose scoring failed.
        """
        values = numpy.where(faulty, 0.0 if self.faulty == WRONG else numpy.nan, scores)
        if self.truncated == SCORED:
            return values
        return numpy.where(truncated, 0.0 if self.truncated == WRONG else numpy.nan, values)

    def contains(self, rates: Values) -> Flags:
        """Which pass rates lie within the bounds, as open-r1 has it: min < pass rate < max."""
        return (rates > self.low) & (rates < self.high)  # NaN is not

    def words(self) -> dict[str, str | float]:
        """The rule, for people."""
        return {
            "reward": public_reward(self.reward),
            "min (excluded)": self.low,
            "max (excluded)": self.high,
            "truncated completions": self.truncated.replace("_", " "),
            "faulty completions": self.faulty.replace("_", " "),
        }


def means(values: Values, sizes: Any) -> tuple[Values, Any]:
    """The mean of each row's values, NaN where none counts, and how many count.

    Args:
        values: of all rows, one row after the other.
        sizes: how many values each row has.
    """
    rows = numpy.repeat(numpy.arange(len(sizes)), sizes)
    counts = ~numpy.isnan(values)
    number = numpy.bincount(rows, counts, minlength=len(sizes))
    total = numpy.bincount(rows, numpy.where(counts, values, 0.0), minlength=len(sizes))
    with numpy.errstate(invalid="ignore"):
        return total / number, number.astype("u4")
