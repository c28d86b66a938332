"""Intervals, against values from the literature and by hand."""

import pytest

from r1cli.report.statistics import paired_difference, share


def test_wilsons_interval() -> None:
    # Newcombe (1998), table I, row 81/263: Wilson's score interval without continuity correction.
    estimate = share(81, 263)
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (0.2553, 0.3662)
    # And row 0/20.
    assert (round(share(0, 20).low, 4), round(share(0, 20).high, 4)) == (0.0, 0.1611)


def test_the_paired_difference() -> None:
    # Differences 1, 0, 1, 0: mean 0.5, variance 1/3, standard error sqrt(1/12) = 0.288675.
    estimate = paired_difference([0, 0, 0, 1], [1, 0, 1, 1])
    assert estimate.value == 0.5
    assert estimate.low == pytest.approx(0.5 - 1.959964 * 0.288675, abs=1e-5)
    assert estimate.high == pytest.approx(0.5 + 1.959964 * 0.288675, abs=1e-5)


def test_nothing_to_estimate_from() -> None:
    with pytest.raises(ValueError, match="at least one"):
        share(0, 0)
    with pytest.raises(ValueError, match="at least two"):
        paired_difference([1.0], [0.0])
