"""Curves as characters."""

from math import inf, nan

import pytest

from r1cli.report.curve import draw_curve

WILD = [(1, 4.0), (2, nan), (3, inf), (4, -inf), (5, 2.0)]


def test_points_without_a_finite_value_are_left_out() -> None:
    """The loss of a run that has diverged."""
    assert draw_curve(WILD, "loss") == draw_curve([WILD[0], WILD[-1]], "loss")


def test_the_axis_has_whole_steps() -> None:
    axis = draw_curve([(1, 2.0), (500, 1.0), (800, 0.5)], "loss").splitlines()[-2]
    assert axis.split() == ["1", "200", "400", "600", "800"]


@pytest.mark.parametrize("points", [[], WILD[1:-1]])
def test_a_curve_without_points_is_an_empty_picture(points: list[tuple[int, float]]) -> None:
    assert "loss" in draw_curve(points, "loss")
