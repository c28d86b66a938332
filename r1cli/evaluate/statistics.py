"""Means and differences with 95 % intervals that count problems, not samples, as independent.

The samples of one problem are similar, so a mean over 30 problems with 64 samples each says far less about
other problems than 1,920 answers to 1,920 problems. There are two questions, and an interval for each: what
would be the mean on other problems of the kind (`mean_score`), and on the same problems sampled again
(`sampling_noise`)? Two measurements agree if they differ by no more than the second; one model is better than
another, on problems of the kind, if they differ by more than the first.

A score is a number, mostly 0 or 1, or None: completions without a score are ignored.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

#: The scores of one problem's completions.
Group = Sequence[float | None]

_Z95 = 1.959964
# What two additional problems, one always right and one always wrong, would add to the squared deviations
# from a mean of one half. It keeps an interval sensible if hardly any problem differs from the others.
_DOUBT = 0.5


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, from n observations."""

    value: float
    low: float
    high: float
    n: int


def share(successes: int, n: int) -> Estimate:
    """A proportion of n independent observations, with Wilson's score interval.

    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".

    Raises:
        ValueError: there are no observations.
    """
    if n == 0:
        raise ValueError("a share needs at least one observation")
    return proportion(successes / n, n)


def proportion(value: float, n: int) -> Estimate:
    """The same, if only the share itself is known."""
    return _wilson(value, n, n)


def problem_means(groups: Sequence[Group]) -> list[float | None]:
    """The mean score of each problem; None if none of its completions has a score."""
    return [math.fsum(scored) / len(scored) if scored else None for scored in map(_scored, groups)]


def mean_score(groups: Sequence[Group]) -> Estimate:
    """The mean over problems of each problem's mean (avg@n), with the interval for other problems.

    With one sample of 0 or 1 per problem it is `share`; with more, Wilson's interval counts as many
    observations as the spread of the problems' means implies, at least one per problem. Scores may lie
    outside of 0 to 1.

    Args:
        groups: the scores of each problem; problems without a score are ignored, and not counted in ``n``.

    Raises:
        ValueError: no completion has a score.
    """
    return _over_problems([mean for mean in problem_means(groups) if mean is not None], groups)


def sampling_noise(groups: Sequence[Group]) -> Estimate:
    """The same mean, with the interval for the same problems sampled again; n counts completions.

    A single sample of a problem does not show how much its score varies: then the maximum is assumed.

    Raises:
        ValueError: no completion has a score.
    """
    scored = [group for group in map(_scored, groups) if group]
    low, high = _bounds([score for group in scored for score in group])
    scaled = [[(score - low) / (high - low) for score in group] for group in scored]
    p = _mean([_mean(group) for group in scaled])
    possible = p * (1 - p)
    within = math.fsum(_variance(group) if len(group) > 1 else possible for group in scaled)
    ratio = min(1.0, (within + _DOUBT) / (len(scaled) * possible + _DOUBT))
    samples = len(scaled) / math.fsum(1 / len(group) for group in scaled)
    n = sum(map(len, scaled))
    return _stretch(_wilson(p, len(scaled) * samples / ratio, n), low, high)


def pass_at(groups: Sequence[Group], k: int) -> Estimate:
    """pass@k: how often at least one of k completions is right, an unbiased estimate from n >= k of them.

    For scores between 0 and 1 it is the expected best score among k completions.

    Args:
        groups: the scores of each problem; problems with fewer than k are ignored.
        k: number of completions to draw.

    Raises:
        ValueError: k is below 1, or no problem has k scores.

    Source: Chen et al. (2021), "Evaluating large language models trained on code", equation 1.
    """
    if k < 1:
        raise ValueError("pass@k needs a k of at least 1")
    enough = [group for group in map(_scored, groups) if len(group) >= k]
    return _over_problems([best_of(group, k) for group in enough], enough)


def consensus(groups: Sequence[Group], answers: Sequence[Sequence[Hashable | None]]) -> Estimate:
    """cons@n: how often the most frequent answer is right; in a tie, the mean of the leading answers.

    Args:
        groups: the scores of each problem.
        answers: the answer of each completion, in the same order, with equal texts for equal answers; None
            for a completion without an answer: it has no vote, and a problem without votes scores 0.

    Raises:
        ValueError: the two differ in shape, or no completion has a score.
    """
    pairs = [list(zip(group, votes, strict=True)) for group, votes in zip(groups, answers, strict=True)]
    ballots = [[(score, answer) for score, answer in pair if score is not None] for pair in pairs]
    return _over_problems([_vote(ballot) for ballot in ballots if ballot], groups)


def paired_difference(before: Sequence[float], after: Sequence[float]) -> Estimate:
    """How much larger the mean is after than before, on the same problems.

    The interval is Wald's with half a pair added to each cell of the two-by-two table, so that it has a width
    even if no problem changed; written with squares, it also holds for scores between 0 and 1.

    Args:
        before: the score of each problem, or its mean score.
        after: the same, in the same order.

    Raises:
        ValueError: the sequences differ in length, or are empty.

    Source: Agresti and Min (2005), "Simple improved confidence intervals for comparing matched proportions".
    """
    pairs = list(zip(before, after, strict=True))
    if not pairs:
        raise ValueError("a difference needs at least one pair")
    low, high = _bounds([*before, *after])
    changes = [(new - old) / (high - low) for old, new in pairs]
    n, gain = len(pairs), math.fsum(changes)
    centre = gain / (n + 2)
    variance = (math.fsum(change**2 for change in changes) + 1 - gain**2 / (n + 2)) / (n + 2) ** 2
    half = _Z95 * math.sqrt(variance)
    estimate = Estimate(gain / n, max(-1.0, centre - half), min(1.0, centre + half), n)
    return _stretch(estimate, 0.0, high - low)


def difference(before: Estimate, after: Estimate) -> Estimate:
    """How much larger one estimate is than another, independent one; n is the smaller of the two.

    Source: Newcombe (1998), "Interval estimation for the difference between independent proportions:
    comparison of eleven methods", method 10.
    """
    value = after.value - before.value
    down = math.hypot(after.value - after.low, before.high - before.value)
    up = math.hypot(after.high - after.value, before.value - before.low)
    return Estimate(value, value - down, value + up, min(before.n, after.n))


def presumed(
    value: float, problems: int, samples: int, score: Estimate, noise: Estimate
) -> tuple[Estimate, Estimate]:
    """The intervals of a published share, if only the numbers of problems and samples are known.

    They assume that its answers vary between and within problems as those of the user's own measurement.

    Args:
        value: the published share, between 0 and 1.
        problems: number of problems in the mean.
        samples: of each problem.
        score: of the user's measurement, from `mean_score`; its scores lie between 0 and 1.
        noise: of the user's measurement, from `sampling_noise`.

    Returns:
        For other problems of the kind, and for the same problems sampled again.
    """
    own = noise.n / score.n
    between = score.n / _observations(score)
    within = noise.n / _observations(noise)
    # Fewer samples blur each problem's mean; from a single one, the effect of more samples is unknown.
    between = min(1.0, between + within * max(0.0, 1 / samples - 1 / own))
    return (
        _wilson(value, problems / between, problems),
        _wilson(value, problems * samples / within, problems * samples),
    )


def _over_problems(values: list[float], groups: Sequence[Group]) -> Estimate:
    """The mean of the problems' values, equally weighted, on the scale of their scores."""
    low, high = _bounds([score for group in groups for score in _scored(group)])
    scaled = [(value - low) / (high - low) for value in values]
    n, p = len(scaled), _mean(scaled)
    spread = math.fsum((value - p) ** 2 for value in scaled)
    # If all values were 0 or 1, the spread would be n p (1 - p), its maximum.
    ratio = (spread + _DOUBT) / (n * p * (1 - p) + _DOUBT)
    return _stretch(_wilson(p, n / ratio, n), low, high)


def _wilson(p: float, observations: float, n: int) -> Estimate:
    """Wilson's interval for a share of ``observations`` independent observations; n is reported."""
    z2 = _Z95**2
    centre = (p + z2 / (2 * observations)) / (1 + z2 / observations)
    variance = p * (1 - p) / observations + z2 / (4 * observations**2)
    half = _Z95 / (1 + z2 / observations) * math.sqrt(variance)
    # At 0 and 1 rounding could put a bound on the wrong side of the share.
    return Estimate(p, min(p, max(0.0, centre - half)), max(p, min(1.0, centre + half)), n)


def _observations(estimate: Estimate) -> float:
    """The number of observations of a Wilson interval, from the bound that is farther from the edge."""
    bound = estimate.low if estimate.value >= 0.5 else estimate.high
    return _Z95**2 * bound * (1 - bound) / (estimate.value - bound) ** 2


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    """The range of the values: 0 to 1, or wider.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("a mean needs at least one score")
    return min(0.0, *values), max(1.0, *values)


def _stretch(estimate: Estimate, low: float, high: float) -> Estimate:
    """Converts an estimate from the scale of 0 to 1 to the scale of low to high."""
    value, below, above = (low + (high - low) * x for x in (estimate.value, estimate.low, estimate.high))
    return Estimate(value, below, above, estimate.n)


def _scored(group: Group) -> list[float]:
    return [float(score) for score in group if score is not None]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    """The variance of one draw, an unbiased estimate from at least two."""
    mean = _mean(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def best_of(scores: list[float], k: int) -> float:
    """The expected best of k scores, drawn without replacement."""
    draws = math.comb(len(scores), k)
    # The score at this index is the best of a draw if the other k - 1 come from those before it.
    return math.fsum(math.comb(place, k - 1) / draws * score for place, score in enumerate(sorted(scores)))


def _vote(ballot: Sequence[tuple[float, Hashable | None]]) -> float:
    votes = Counter(answer for _, answer in ballot if answer is not None)
    most = max(votes.values(), default=0)
    leading = {answer for answer, count in votes.items() if count == most}
    return _mean([score for score, answer in ballot if answer in leading] or [0.0])
