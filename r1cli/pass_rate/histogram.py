"""How pass rates are distributed: a histogram for the terminal, and as SVG for the card."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

#: The bars: never solved, tenths from above one edge up to the next, always solved.
LABELS = ("0", *(f"{tenth / 10:.1f}-{(tenth + 1) / 10:.1f}" for tenth in range(10)), "1")
_BARS = len(LABELS)
_CHUNK = 1 << 16  # rows at a time
_WIDTH = 40  # characters of the longest bar

_SVG_BAR, _SVG_GAP, _SVG_HEIGHT, _SVG_EDGE = 44, 8, 160, 28


@dataclass
class Histogram:
    """Counts rows by their pass rates.

    ``rows`` has a count for each of `LABELS`, ``selected`` how many of those are selected.
    """

    rows: list[int] = field(default_factory=lambda: [0] * _BARS)
    selected: list[int] = field(default_factory=lambda: [0] * _BARS)

    def add(self, rates: Any, selected: Any = None) -> None:
        """Counts pass rates; NaN is left out, and those outside of 0 to 1 are in the first and last bar."""
        for first in range(0, len(rates), _CHUNK):
            chunk = slice(first, first + _CHUNK)
            known = ~numpy.isnan(rates[chunk])
            bars = bar_of(numpy.where(known, rates[chunk], 0.0))
            self.rows = _sum(self.rows, bars[known])
            if selected is not None:
                self.selected = _sum(self.selected, bars[known & selected[chunk]])


def bar_of(rates: Any) -> Any:
    """The bar of each pass rate; one on the edge of two tenths belongs to the lower one."""
    # 3 of 10 must not land above 0.3 because of its last bit.
    tenth = numpy.ceil(numpy.round(rates * 10, 9)).astype("i8")
    return numpy.where(rates <= 0, 0, numpy.where(rates >= 1, _BARS - 1, numpy.clip(tenth, 1, 10)))


def _sum(before: list[int], bars: Any) -> list[int]:
    found = numpy.bincount(bars, minlength=_BARS)
    return [old + int(new) for old, new in zip(before, found, strict=True)]


def as_lines(rows: Sequence[int], selected: Sequence[int]) -> list[str]:
    """The histogram as text: selected rows are filled, the others are light."""
    most = max([*rows, 1])
    wide = len(f"{most:,}")
    lines = []
    for label, count, chosen in zip(LABELS, rows, selected, strict=True):
        whole = -(-count * _WIDTH // most)
        filled = round(whole * chosen / count) if count else 0
        lines.append(f"{label:>7}  {count:>{wide},}  {'█' * filled}{'░' * (whole - filled)}".rstrip())
    return lines


def as_svg(rows: Sequence[int], selected: Sequence[int], title: str) -> str:
    """The histogram as an image; its texts are r1's own, and need no escaping.

    Args:
        rows: the number of rows of each bar.
        selected: how many of those are selected.
        title: what screen readers say.
    """
    most = max([*rows, 1])
    width = _BARS * (_SVG_BAR + _SVG_GAP) + _SVG_GAP
    bottom = _SVG_EDGE + _SVG_HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 2 * _SVG_EDGE}" '
        f'width="{width}" role="img" font-family="sans-serif" font-size="11" text-anchor="middle">',
        f"<title>{title}</title>",
        f'<rect width="{width}" height="{bottom + 2 * _SVG_EDGE}" fill="#ffffff"/>',
    ]
    for place, (label, count, chosen) in enumerate(zip(LABELS, rows, selected, strict=True)):
        left = _SVG_GAP + place * (_SVG_BAR + _SVG_GAP)
        middle = left + _SVG_BAR / 2
        whole, filled = (round(_SVG_HEIGHT * number / most, 1) for number in (count, chosen))
        parts += [
            _bar(left, bottom, whole, "#c9d3df"),
            _bar(left, bottom, filled, "#1f6feb"),
            f'<text x="{middle}" y="{bottom - whole - 5}" fill="#333333">{count:,}</text>',
            f'<text x="{middle}" y="{bottom + 15}" fill="#333333">{label}</text>',
        ]
    caption = "pass rate" + (" (dark: selected)" if any(selected) else "")
    parts.append(f'<text x="{width / 2}" y="{bottom + 38}" fill="#333333">{caption}</text></svg>')
    return "\n".join(parts) + "\n"


def _bar(left: float, bottom: float, height: float, colour: str) -> str:
    top = round(bottom - height, 1)
    return f'<rect x="{left}" y="{top}" width="{_SVG_BAR}" height="{height}" fill="{colour}"/>'
