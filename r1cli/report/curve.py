"""A curve as a picture made of characters."""

from collections.abc import Sequence


def draw_curve(points: Sequence[tuple[int, float]], title: str, width: int = 72, height: int = 14) -> str:
    """A line plot of ``(step, value)`` points, without colours, ``height`` lines of ``width`` characters."""
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(width, height)
    plotext.title(title)
    plotext.xlabel("step")
    plotext.plot([step for step, _ in points], [value for _, value in points], marker="braille")
    picture: str = plotext.uncolorize(plotext.build())
    return picture
