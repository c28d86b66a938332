"""Estimates and intervals: against values from the literature, by hand, and against simulation."""

import math
import random
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1cli.evaluate.statistics import (
    Group,
    consensus,
    difference,
    mean_score,
    paired_difference,
    pass_at,
    presumed,
    problem_means,
    proportion,
    sampling_noise,
    share,
)

Z = 1.959964
_GROUPS = st.lists(st.lists(st.sampled_from([0.0, 1.0, None]), min_size=1, max_size=6), min_size=1).filter(
    lambda groups: any(score is not None for group in groups for score in group)
)


def test_wilsons_interval() -> None:
    # Newcombe (1998), table I, row 81/263: Wilson's score interval without continuity correction.
    estimate = share(81, 263)
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (0.2553, 0.3662)
    # And row 0/20.
    assert (round(share(0, 20).low, 4), round(share(0, 20).high, 4)) == (0.0, 0.1611)


def test_the_paired_difference() -> None:
    # Two of four gained, none lost. Half a pair in each cell: centre 2/6, variance (3 - 4/6)/36 = 0.064815.
    estimate = paired_difference([False, False, False, True], [True, False, True, True])
    assert estimate.value == 0.5
    assert estimate.low == pytest.approx(1 / 3 - Z * 0.254588, abs=1e-5)
    assert estimate.high == pytest.approx(1 / 3 + Z * 0.254588, abs=1e-5)


def test_no_change_in_a_few_pairs_is_not_certainty() -> None:
    # 16 pairs: variance 1/18**2, so 1.96/18 to either side.
    estimate = paired_difference([True] * 16, [True] * 16)
    assert (estimate.value, estimate.n) == (0.0, 16)
    assert estimate.high == -estimate.low == pytest.approx(Z / 18)


def test_the_paired_difference_of_means() -> None:
    # Changes of 1/2 and 1/4: squares 5/16; centre (3/4)/4; variance (5/16 + 1 - (9/16)/4)/16 = 0.0732422.
    estimate = paired_difference([0.0, 0.5], [0.5, 0.75])
    assert estimate.value == 0.375
    assert estimate.high - estimate.low == pytest.approx(2 * Z * math.sqrt(0.0732421875))
    # The same on a scale that is twice as long: twice the difference, and twice the interval.
    wide = paired_difference([-1.0, 0.0], [0.0, 1.0])
    narrow = paired_difference([0.0, 0.5], [0.5, 1.0])
    assert (wide.value, wide.low, wide.high) == pytest.approx(
        (2 * narrow.value, 2 * narrow.low, 2 * narrow.high)
    )


def test_nothing_to_estimate_from() -> None:
    with pytest.raises(ValueError, match="at least one"):
        share(0, 0)
    with pytest.raises(ValueError, match="at least one"):
        paired_difference([], [])
    for estimate in (mean_score, sampling_noise, lambda groups: pass_at(groups, 1)):
        with pytest.raises(ValueError, match="at least one"):
            estimate([[None], []])
    with pytest.raises(ValueError, match="at least 1"):
        pass_at([[1.0]], 0)


def test_the_mean_counts_problems() -> None:
    groups: list[Group] = [[1, 1, 1, 1], [0, 0, None, None], [None]]
    assert problem_means(groups) == [1.0, 0.0, None]
    # Samples that agree within each problem say no more than one would have.
    assert mean_score(groups) == share(1, 2)
    # Means of 1/4 and 3/4: spread 1/8 of at most 1/2, so (1/2 + 1/2) / (1/8 + 1/2) times 2 observations.
    estimate = mean_score([[1, 0, 0, 0], [1, 1, 1, 0]])
    assert (estimate.value, estimate.n) == (0.5, 2)
    assert (estimate.low, estimate.high) == pytest.approx(_bounds(0.5, 2 * 1 / 0.625))


def test_the_noise_counts_completions() -> None:
    # Each problem's variance 1/4 * 4/3 = 1/3 of at most 1/4: as noisy as can be, so 8 observations.
    assert sampling_noise([[1, 1, 0, 0]] * 2) == proportion(0.5, 8)
    # None of the noise is within a problem: (2/4 + 1/2) / (1/2) times 8 observations.
    estimate = sampling_noise([[1] * 4, [0] * 4])
    assert (estimate.low, estimate.high) == pytest.approx(_bounds(0.5, 16.0))
    # One sample of each problem leaves it open, and the worst is taken.
    assert sampling_noise([[1], [0], [0], [0]]) == share(1, 4)


def _bounds(p: float, n: float) -> tuple[float, float]:
    """Wilson's bounds from the equation that they solve: (p - x)^2 n = z^2 x (1 - x)."""
    a, b, c = n + Z * Z, -(2 * n * p + Z * Z), n * p * p
    root = math.sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@settings(deadline=None)
@given(_GROUPS)
def test_the_interval_is_never_wider_than_that_of_one_sample_each(groups: list[Group]) -> None:
    estimate = mean_score(groups)
    alone = proportion(estimate.value, estimate.n)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.low >= alone.low - 1e-12
    assert estimate.high <= alone.high + 1e-12
    noise = sampling_noise(groups)
    assert noise.value == pytest.approx(estimate.value)
    assert noise.n == sum(score is not None for group in groups for score in group)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1))
def test_one_sample_each_is_a_share(scores: list[bool]) -> None:
    estimate, expected = mean_score([[score] for score in scores]), share(sum(scores), len(scores))
    assert estimate.n == expected.n
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )


def test_scores_that_are_no_shares() -> None:
    # From -1 to 1, all means equal: in the middle of the scale, and so is the interval.
    estimate = mean_score([[-1, 1], [1, -1]])
    assert estimate.value == 0
    assert -1 < estimate.low == -estimate.high < 0
    assert mean_score([[-3.0]]).low == -3
    assert pass_at([[-1.0, 2.0, 0.0]], 3).value == 2


# Difficulties from beta distributions: mean and concentration. With 0.3 most problems are all right or all
# wrong, with 30 they are alike.
_SHAPES = [(0.02, 1), (0.02, 30), (0.1, 0.3), (0.5, 0.3), (0.5, 4), (0.5, 30), (0.9, 1), (0.98, 4)]


@pytest.mark.parametrize(
    ("problems", "samples"),
    [
        (10, 8),
        (30, 1),
        pytest.param(30, 16, marks=pytest.mark.slow),
        pytest.param(100, 4, marks=pytest.mark.slow),
    ],
)
def test_the_intervals_hold_what_they_promise(problems: int, samples: int) -> None:
    """The 95 % intervals hold the truth in nearly 95 % of simulated evaluations, however they are shaped."""
    rng = random.Random(f"{problems} x {samples}")
    for mean, concentration in _SHAPES:
        held = again = 0
        for _ in range(400):
            difficulties = [
                rng.betavariate(mean * concentration, (1 - mean) * concentration) for _ in range(problems)
            ]
            groups = [[float(rng.random() < p) for _ in range(samples)] for p in difficulties]
            score, noise = mean_score(groups), sampling_noise(groups)
            held += score.low <= mean <= score.high
            again += noise.low <= sum(difficulties) / problems <= noise.high
        # 400 runs of a 95 % interval fall short of 91 % once in 5,000 times.
        assert held / 400 > 0.91, (mean, concentration)
        assert again / 400 > 0.91, (mean, concentration)


def test_intervals_that_count_samples_would_not() -> None:
    """What the simulation is for: Wilson's interval over all samples holds the truth half of the time."""
    rng = random.Random(0)
    held = clustered = 0
    for _ in range(300):
        difficulties = [rng.betavariate(0.15, 0.15) for _ in range(30)]
        groups = [[float(rng.random() < p) for _ in range(16)] for p in difficulties]
        naive, honest = share(int(sum(map(sum, groups))), 480), mean_score(groups)
        held += naive.low <= 0.5 <= naive.high
        clustered += honest.low <= 0.5 <= honest.high
    assert held < 160
    assert clustered > 270


def test_one_in_two_is_right() -> None:
    # 1 - C(n - c, k) / C(n, k): with 3 samples of which 1 is right, 1 - C(2, 2) / C(3, 2) = 2/3.
    assert pass_at([[1, 0, 0]], 2).value == pytest.approx(2 / 3)
    estimate = pass_at([[1, 0, 0], [0, 0, 0], [1, None, None]], 2)
    assert (estimate.value, estimate.n) == (pytest.approx(1 / 3), 2)


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=7), st.integers(1, 7))
def test_the_best_of_every_draw(scores: list[int], k: int) -> None:
    """All draws of k, one by one; for right and wrong answers the formula of the paper."""
    if k > len(scores):
        return
    draws = list(combinations(scores, k))
    assert pass_at([scores], k).value == pytest.approx(float(Fraction(sum(map(max, draws)), len(draws))))
    right = [score > 0 for score in scores]
    expected = 1 - math.comb(len(right) - sum(right), k) / math.comb(len(right), k)
    assert pass_at([right], k).value == pytest.approx(expected)


def test_the_majority_answers() -> None:
    scores: list[Group] = [[1, 1, 0], [0, 0, 1], [1, 0, None], [0, 0, 1], [0, 0, 0]]
    answers = [["4", "4", "5"], ["1", "1", "2"], ["a", "b", "b"], [None, None, "6"], [None, None, None]]
    # Right; wrong; a tie, as the completion without a score does not vote; a single vote; no vote.
    assert consensus(scores, answers) == mean_score([[1], [0], [0.5], [1], [0]])
    with pytest.raises(ValueError, match=r"shorter|longer"):
        consensus([[1, 0]], [["4"]])


def test_the_difference_of_independent_shares() -> None:
    # Newcombe (1998), "... comparison of eleven methods", table II, method 10: 56/70 and 48/80.
    estimate = difference(share(48, 80), share(56, 70))
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (0.0524, 0.3339)
    assert estimate.value == pytest.approx(0.2)
    # And 10/10 and 0/20.
    estimate = difference(share(0, 20), share(10, 10))
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (0.6791, 1.0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=40))
def test_a_published_number_that_was_measured_as_ones_own(right: list[int]) -> None:
    """Of as many problems and samples, the intervals are one's own."""
    groups = [[1.0] * count + [0.0] * (4 - count) for count in right]
    score, noise = mean_score(groups), sampling_noise(groups)
    theirs, again = presumed(score.value, len(groups), 4, score, noise)
    assert (theirs.low, theirs.high) == pytest.approx((score.low, score.high), abs=1e-6)
    assert (again.low, again.high) == pytest.approx((noise.low, noise.high), abs=1e-6)


def test_fewer_published_samples_are_less_sure() -> None:
    groups = [[1.0, 0.0] * 8] * 30
    score, noise = mean_score(groups), sampling_noise(groups)
    widths = [presumed(0.5, 30, samples, score, noise) for samples in (64, 16, 1)]
    many, equal, one = [(theirs.high - theirs.low, again.high - again.low) for theirs, again in widths]
    # All noise is within the problems, so one sample each is as good as 30 coins; more than one's own help
    # only where the same problems are sampled again.
    assert one == pytest.approx((share(15, 30).high - share(15, 30).low,) * 2)
    assert many[0] == equal[0] < one[0]
    assert many[1] < equal[1] < one[1]


def test_two_runs_of_one_model_seldom_differ() -> None:
    """A model that was measured twice on the same problems: zero lies within the noise in nearly 95 %."""
    rng = random.Random(0)
    agreed = 0
    for _ in range(1000):
        difficulties = [rng.betavariate(0.4, 0.4) for _ in range(30)]
        groups = [[float(rng.random() < p) for _ in range(8)] for p in difficulties]
        other = sum(sum(rng.random() < p for _ in range(32)) for p in difficulties) / (30 * 32)
        score, noise = mean_score(groups), sampling_noise(groups)
        apart = difference(presumed(other, 30, 32, score, noise)[1], noise)
        agreed += apart.low <= 0 <= apart.high
    assert 0.93 < agreed / 1000 < 0.98
