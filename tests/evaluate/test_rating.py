"""The estimated rating: simulated players get theirs back."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1cli.errors import R1Error
from r1cli.evaluate.rating import Rating, estimate_rating, rating_of

PROBLEMS = [float(rating) for rating in range(800, 3600, 100)]


def _solves(player: float, problem: float) -> float:
    return 1 / (1 + 10 ** ((problem - player) / 400))


@given(player=st.floats(900, 3400), problems=st.lists(st.sampled_from(PROBLEMS), min_size=5))
def test_a_player_who_solves_as_expected_has_exactly_that_rating(
    player: float, problems: list[float]
) -> None:
    found = estimate_rating(problems, [_solves(player, problem) for problem in problems])
    assert found.value == pytest.approx(player, abs=0.5)
    assert found.low < player < found.high


@given(shares=st.lists(st.tuples(st.sampled_from(PROBLEMS), st.floats(0, 1)), min_size=1, max_size=30))
def test_any_outcome_has_an_estimate_within_its_interval(shares: list[tuple[float, float]]) -> None:
    found = estimate_rating([rating for rating, _ in shares], [share for _, share in shares])
    assert 0 <= found.low <= found.value <= found.high <= 4000


def test_the_interval_covers_the_rating_of_simulated_players() -> None:
    dice = random.Random(1)
    covered = off = 0.0
    for _ in range(100):
        player = dice.uniform(1000, 2600)
        problems = [dice.choice(PROBLEMS) for _ in range(60)]
        found = estimate_rating(problems, [float(dice.random() < _solves(player, one)) for one in problems])
        covered += found.low <= player <= found.high
        off += (found.value - player) / 100
    assert 0.9 <= covered / 100 <= 1
    assert abs(off) < 25


def test_who_solves_everything_or_nothing_has_an_open_end() -> None:
    best, worst = estimate_rating([800, 1200], [1, 1]), estimate_rating([800, 1200], [0, 0])
    assert (best.value, best.high) == (4000, 4000) and 800 < best.low < 1400
    assert (worst.value, worst.low) == (0, 0) and 600 < worst.high < 1200


def test_buckets_and_problems_without_a_rating() -> None:
    groups = [[1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1.0], [None]]
    found = rating_of(groups, [800, 1199, 1250, None, 900], "codeforces")
    assert (found.problems, found.unrated) == (3, 1)
    assert {low: (share.value, share.n) for low, share in found.buckets.items()} == {
        800: (0.75, 2),
        1200: (0.0, 1),
    }
    assert "estimated rating" in str(found)
    assert (
        Rating.from_dict({**vars(found), "buckets": {str(k): vars(v) for k, v in found.buckets.items()}})
        == found
    )
    with pytest.raises(R1Error, match="no problem has a rating"):
        rating_of([[1.0]], [None], "codeforces")
