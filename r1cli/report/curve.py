"""A curve as a picture made of characters."""

from collections.abc import Sequence
from math import isfinite

#: Columns of a curve where the terminal has them.
CURVE_WIDTH = 72


def draw_curve(
    points: Sequence[tuple[int, float]], title: str, width: int = CURVE_WIDTH, height: int = 14
) -> str:
    """A line plot of ``(step, value)`` points, without colours, ``height`` lines of ``width`` characters.

    Points without a finite value are left out: a run that has diverged has them.
    """
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(width, height)
    plotext.title(title)
    plotext.xlabel("step")
    drawn = [(step, value) for step, value in points if isfinite(value)]
    steps = [step for step, _ in drawn]
    plotext.plot(steps, [value for _, value in drawn], marker="braille")
    if steps:
        plotext.xticks(_marks(steps[0], steps[-1]))
    picture: str = plotext.uncolorize(plotext.build())
    return picture


def _marks(first: int, last: int) -> list[int]:
    """Whole steps for an axis, the first and the last among them."""
    return sorted({first + (last - first) * part // 4 for part in range(5)})
