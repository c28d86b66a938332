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
    # Two of four gained, none lost. Half a pair in each cell: centre 2/6, variance (3 - 4/6)/36 = 0.064815.
    estimate = paired_difference([False, False, False, True], [True, False, True, True])
    assert estimate.value == 0.5
    assert estimate.low == pytest.approx(1 / 3 - 1.959964 * 0.254588, abs=1e-5)
    assert estimate.high == pytest.approx(1 / 3 + 1.959964 * 0.254588, abs=1e-5)


def test_no_change_in_a_few_pairs_is_not_certainty() -> None:
    # 16 pairs: variance 1/18**2, so 1.96/18 to either side.
    estimate = paired_difference([True] * 16, [True] * 16)
    assert (estimate.value, estimate.n) == (0.0, 16)
    assert estimate.high == -estimate.low == pytest.approx(1.959964 / 18)


def test_nothing_to_estimate_from() -> None:
    with pytest.raises(ValueError, match="at least one"):
        share(0, 0)
    with pytest.raises(ValueError, match="at least one"):
        paired_difference([], [])
