"""What a few samples say of a pass rate: the Beta posterior under Jeffreys' prior."""

import math
from collections.abc import Iterable

# The continued fraction converges long before, for any number of samples that is ever taken.
_TERMS, _EXACT, _TINY = 10_000, 1e-14, 1e-300


def straddles(passed: float, samples: int, bounds: Iterable[float], confidence: float) -> bool:
    """Whether a pass rate may still lie on either side of a bound.

    Args:
        passed: the sum of the scores, each from 0 to 1.
        samples: how many there are.
        bounds: of the pass rate.
        confidence: of the posterior's central interval, in which no bound may lie.
    """
    tail = (1 - confidence) / 2
    # A bound lies in the interval if the posterior has more than a tail on both sides of it.
    return any(tail < beta_cdf(bound, passed + 0.5, samples - passed + 0.5) < 1 - tail for bound in bounds)


def beta_cdf(x: float, a: float, b: float) -> float:
    """The distribution function of Beta(a, b): the regularised incomplete beta function.

    Source: the NIST Digital Library of Mathematical Functions, 8.17.22, by Lentz's method.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_cdf(1 - x, b, a)  # where the fraction converges fast
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(scale + a * math.log(x) + b * math.log1p(-x)) / a
    return front / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction 1 + d1 / (1 + d2 / (1 + ...))."""
    value = above = 1.0
    below = 0.0
    for term in range(1, _TERMS):
        m = term // 2
        if term % 2:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1 / _not_zero(1 + d * below)
        above = _not_zero(1 + d / above)
        change = above * below
        value *= change
        if abs(change - 1) < _EXACT:
            break
    return value


def _not_zero(value: float) -> float:
    return value or _TINY
