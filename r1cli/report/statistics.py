"""Shares with their uncertainty."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z95 = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, from n observations."""

    value: float
    low: float
    high: float
    n: int


def share(successes: int, n: int) -> Estimate:
    """A proportion with Wilson's score interval.

    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".

    Raises:
        ValueError: there are no observations.
    """
    if n == 0:
        raise ValueError("a share needs at least one observation")
    p, z2 = successes / n, _Z95**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Estimate(p, max(0.0, centre - half), min(1.0, centre + half), n)


def paired_difference(before: Sequence[bool], after: Sequence[bool]) -> Estimate:
    """How much larger the share of successes is after than before, on the same problems.

    The interval is Wald's after half a pair is added to each cell of the two-by-two table, so that it does
    not shrink to nothing when no problem changed.

    Source: Agresti and Min (2005), "Simple improved confidence intervals for comparing matched proportions".

    Raises:
        ValueError: the sequences differ in length, or are empty.
    """
    pairs = list(zip(before, after, strict=True))
    if not pairs:
        raise ValueError("a difference needs at least one pair")
    gained = sum(new and not old for old, new in pairs)
    lost = sum(old and not new for old, new in pairs)
    n = len(pairs)
    centre = (gained - lost) / (n + 2)
    variance = (gained + lost + 1 - (gained - lost) ** 2 / (n + 2)) / (n + 2) ** 2
    half = _Z95 * math.sqrt(variance)
    return Estimate((gained - lost) / n, max(-1.0, centre - half), min(1.0, centre + half), n)
