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


def paired_difference(before: Sequence[float], after: Sequence[float]) -> Estimate:
    """The mean difference on the same problems, with the normal interval of its paired differences.

    Raises:
        ValueError: the sequences differ in length, or have fewer than two values.
    """
    differences = [b - a for a, b in zip(before, after, strict=True)]
    n = len(differences)
    if n < 2:
        raise ValueError("a difference needs at least two pairs")
    mean = sum(differences) / n
    variance = sum((d - mean) ** 2 for d in differences) / (n - 1)
    half = _Z95 * math.sqrt(variance / n)
    return Estimate(mean, mean - half, mean + half, n)
