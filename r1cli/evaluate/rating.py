"""An estimated rating, from problems that have ratings and how often a model solves them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from r1cli.errors import R1Error
from r1cli.evaluate.statistics import Estimate, Group, mean_score, problem_means

# Ratings are estimated between these; the easiest problems of Codeforces have 800, the hardest 3500.
_LOWEST, _HIGHEST = 0.0, 4000.0
# Ratings of one bucket.
_WIDTH = 400
# The 95 % quantile of the chi-squared distribution with one degree of freedom.
_CHI95 = 3.841459


@dataclass(frozen=True)
class Rating:
    """What problems with ratings say of a model.

    Args:
        value: the estimated rating.
        interval: 95 % interval for other problems of the kind.
        problems: number of problems with a rating and a score.
        unrated: number of problems with a score and without a rating, which do not count.
        buckets: pass rate by rating: of the problems from each key up to 399 more.
    """

    value: float
    interval: tuple[float, float]
    problems: int
    unrated: int = 0
    buckets: Mapping[int, Estimate] = field(default_factory=dict)

    @property
    def estimate(self) -> Estimate:
        """The rating with its interval."""
        return Estimate(self.value, *self.interval, self.problems)

    def __str__(self) -> str:
        return (
            f"estimated rating {self.value:.0f} ({self.interval[0]:.0f} to {self.interval[1]:.0f})"
            f" from {self.problems} problems"
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Rating":
        """The rating that was written as JSON."""
        buckets = {int(low): Estimate(**estimate) for low, estimate in data["buckets"].items()}
        return cls(**{**data, "interval": tuple(data["interval"]), "buckets": buckets})


def rating_of(groups: Sequence[Group], ratings: Sequence[Any], benchmark: str) -> Rating:
    """The rating of a model that solves some problems and not others.

    Args:
        groups: the scores of each problem, from 0 to 1.
        ratings: of each problem, or None.
        benchmark: for messages.

    Raises:
        R1Error: no problem has a rating and a score.
    """
    rated, unrated = list[tuple[float, Group]](), 0
    for group, rating, mean in zip(groups, ratings, problem_means(groups), strict=True):
        if mean is None:
            continue
        if _is_rating(rating):
            rated.append((float(rating), group))
        else:
            unrated += 1
    if not rated:
        raise R1Error(
            "no problem has a rating to estimate the model's from",
            where=f"benchmark {benchmark}",
            exit_code=1,
        )
    shares = [mean for mean in problem_means([group for _, group in rated]) if mean is not None]
    found = estimate_rating([rating for rating, _ in rated], shares)
    buckets: dict[int, list[Group]] = {}
    for rating, group in rated:
        buckets.setdefault(int(rating // _WIDTH * _WIDTH), []).append(group)
    return Rating(
        value=found.value,
        interval=(found.low, found.high),
        problems=len(rated),
        unrated=unrated,
        buckets={low: mean_score(buckets[low]) for low in sorted(buckets)},
    )


def _is_rating(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0


def estimate_rating(ratings: Sequence[float], shares: Sequence[float]) -> Estimate:
    """The maximum-likelihood rating of a player, with a 95 % interval from the likelihood.

    A player of rating R solves a problem of rating D with probability 1 / (1 + 10^((D - R) / 400)). That is
    how Codeforces defines the ratings of problems: a player of the same rating solves one half of the time.
    The interval has the ratings whose log-likelihood is at most 1.92 below the maximum (Wilks); the tries of
    one problem count as one observation together. A player who solves everything, or nothing, has the highest
    rating that is estimated, or the lowest.

    It is an estimate of what a rating would be and not a rating from contests: it knows no penalties for time
    and wrong submissions, and depends on the choice of problems.

    Args:
        ratings: of the problems.
        shares: the share of tries that solved each, 0 to 1.

    Source: Elo (1978), "The rating of chessplayers, past and present"; Codeforces, "Codeforces Rating System"
    (blog entry 102) and "Problem ratings" (blog entry 62865).

    Raises:
        ValueError: there is no problem, or the sequences differ in length.
    """
    tries = list(zip(ratings, shares, strict=True))
    if not tries:
        raise ValueError("a rating needs at least one problem")

    def slope(rating: float) -> float:
        return math.fsum(share - _solves(rating, problem) for problem, share in tries)

    def likelihood(rating: float) -> float:
        return math.fsum(
            share * math.log(_solves(rating, problem)) + (1 - share) * math.log(_solves(problem, rating))
            for problem, share in tries
        )

    best = _crossing(slope, _LOWEST, _HIGHEST)
    least = likelihood(best) - _CHI95 / 2
    # Each side of the maximum is monotonic.
    low = _crossing(lambda rating: least - likelihood(rating), _LOWEST, best)
    high = _crossing(lambda rating: likelihood(rating) - least, best, _HIGHEST)
    return Estimate(best, low, high, len(tries))


def _solves(player: float, problem: float) -> float:
    # The exponent's bounds keep the logarithm finite.
    return 1 / (1 + 10 ** min(max((problem - player) / 400, -12), 12))


def _crossing(falls: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function crosses zero; the nearer end if it does not."""
    if falls(low) <= 0:
        return low
    if falls(high) >= 0:
        return high
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (middle, high) if falls(middle) > 0 else (low, middle)
    return (low + high) / 2
