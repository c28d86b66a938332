"""The arithmetic: posteriors, what counts, histograms, even shares."""

import math
import xml.etree.ElementTree

import numpy
from hypothesis import given
from hypothesis import strategies as st

from r1cli.pass_rate.bias import selection_bias
from r1cli.pass_rate.counting import Rule, means
from r1cli.pass_rate.histogram import LABELS, Histogram, as_lines, as_svg, bar_of
from r1cli.pass_rate.posterior import beta_cdf, straddles
from r1cli.pass_rate.selection import even_shares


@given(st.integers(1, 40), st.data(), st.floats(0.001, 0.999))
def test_the_posterior_is_the_tail_of_a_binomial(n: int, data: st.DataObject, x: float) -> None:
    k = data.draw(st.integers(1, n))
    tail = math.fsum(math.comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(k, n + 1))
    assert math.isclose(beta_cdf(x, k, n - k + 1), tail, rel_tol=1e-9, abs_tol=1e-12)


@given(st.integers(0, 2000), st.data())
def test_the_posterior_is_symmetric(n: int, data: st.DataObject) -> None:
    passed = data.draw(st.integers(0, n))
    bounds = (0.125, 0.75)
    mirrored = [1 - bound for bound in bounds]
    assert straddles(passed, n, bounds, 0.9) == straddles(n - passed, n, mirrored, 0.9)


def test_few_samples_decide_little_and_many_decide_all_but_the_edge() -> None:
    assert not straddles(2, 4, (0.1, 0.9), 0.9)
    assert straddles(1, 4, (0.1, 0.9), 0.9)
    assert straddles(0, 16, (0.1, 0.9), 0.9) and not straddles(0, 32, (0.1, 0.9), 0.9)
    assert straddles(100, 1000, (0.1, 0.9), 0.9)
    # Bounds outside of 0 to 1 leave nothing to decide.
    assert not straddles(0, 1, (-0.1, 1.1), 0.9)


def test_right_wrong_truncated_and_faulty_are_apart() -> None:
    nan = numpy.nan
    scores = numpy.array([1, 0, 1, 0, nan, nan])
    truncated = numpy.array([False, False, True, True, False, True])
    faulty = numpy.array([False, False, False, False, True, True])

    def values(**settings: str) -> list[float]:
        return list(Rule("r", 0.1, 0.9, **settings).values(scores, truncated, faulty))

    numpy.testing.assert_equal(values(), [1, 0, 1, 0, nan, nan])
    numpy.testing.assert_equal(values(truncated="wrong"), [1, 0, 0, 0, nan, 0])
    numpy.testing.assert_equal(values(truncated="left_out"), [1, 0, nan, nan, nan, nan])
    numpy.testing.assert_equal(values(faulty="wrong"), [1, 0, 1, 0, 0, 0])
    rates, counts = means(numpy.array([1, nan, 0, nan]), numpy.array([3, 0, 1]))
    numpy.testing.assert_equal(rates, [0.5, nan, nan])
    assert list(counts) == [2, 0, 0]


@given(st.integers(1, 64), st.data())
def test_every_pass_rate_is_in_the_bar_that_its_label_names(n: int, data: st.DataObject) -> None:
    passed = data.draw(st.integers(0, n))
    label = LABELS[int(bar_of(numpy.array([passed / n]))[0])]
    if "-" not in label:
        assert passed / n == float(label)
    else:
        low, high = (round(10 * float(edge)) for edge in label.split("-"))
        # In whole numbers: above the lower edge, up to the upper one.
        assert low * n < 10 * passed <= high * n


def test_the_histogram_is_valid_svg_and_fits_a_terminal() -> None:
    histogram = Histogram()
    histogram.add(numpy.array([0, 0.5, 0.5, 1, numpy.nan]), numpy.array([False, True, False, False, False]))
    assert sum(histogram.rows) == 4 and sum(histogram.selected) == 1
    lines = as_lines(histogram.rows, histogram.selected)
    assert max(map(len, lines)) < 80
    assert lines[5] == f"0.4-0.5  2  {'█' * 20}{'░' * 20}"
    tree = xml.etree.ElementTree.fromstring(as_svg(histogram.rows, histogram.selected, "Rows"))
    assert len(tree.findall(".//{*}text")) == 2 * len(LABELS) + 1


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(1, 200))
def test_shares_are_as_even_as_sizes_allow(sizes: list[int], target: int) -> None:
    shares = even_shares(sizes, target)
    assert sum(shares) == min(target, sum(sizes))
    assert all(0 <= share <= size for share, size in zip(shares, sizes, strict=True))
    # A group that has more to give has at most one less than any other.
    most = max(shares)
    assert all(share >= most - 1 for share, size in zip(shares, sizes, strict=True) if share < size)


def test_one_held_out_sample_says_nothing_of_the_bounds() -> None:
    rule, rates = Rule("accuracy", 0.1, 0.9), numpy.array([0.5, 0.5, 0.5])
    one = selection_bias(rates, numpy.array([0.0, 1.0, 1.0]), rule)
    assert one is not None and "still_within_bounds" not in one and one["all"]["held_out"] == 0.6667
    two = selection_bias(rates, numpy.array([0.0, 0.5, 1.0]), rule)
    assert two is not None and two["still_within_bounds"] == 0.3333
