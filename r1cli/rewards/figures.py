"""Statistics of a list of scores, and a histogram in plain text."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

#: Characters of the longest bar, and bars of a histogram.
WIDTH, BINS = 40, 10


@dataclass(frozen=True)
class Figures:
    """``n`` values and ``none`` Nones; the statistics are None if there are no values."""

    n: int
    none: int
    mean: float | None = None
    std: float | None = None
    low: float | None = None
    high: float | None = None


def figures(values: Sequence[float | None]) -> Figures:
    """Mean, standard deviation (over n - 1, as TRL logs it), smallest and largest of the values."""
    found = [value for value in values if value is not None]
    none = len(values) - len(found)
    if not found:
        return Figures(0, none)
    std = statistics.stdev(found) if len(found) > 1 else 0.0
    return Figures(len(found), none, statistics.fmean(found), std, min(found), max(found))


def histogram(values: Sequence[float | None]) -> list[str]:
    """A line for each value that occurs, or for each of ten ranges where there are more."""
    found = sorted(value for value in values if value is not None)
    if not found:
        return ["no values"]
    counts = {f"{value:g}": 0 for value in found}
    if len(counts) <= BINS:
        for value in found:
            counts[f"{value:g}"] += 1
    else:
        counts = _binned(found)
    label, most = max(map(len, counts)), max(counts.values())
    return [
        f"{name:>{label}}  {'#' * math.ceil(WIDTH * count / most):<{WIDTH}}  {count}"
        for name, count in counts.items()
    ]


def _binned(found: Sequence[float]) -> dict[str, int]:
    low, step = found[0], (found[-1] - found[0]) / BINS
    counts = [0] * BINS
    for value in found:
        counts[min(BINS - 1, int((value - low) / step))] += 1
    return {f"{low + i * step:.3g} to {low + (i + 1) * step:.3g}": count for i, count in enumerate(counts)}
