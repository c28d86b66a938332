"""Statistics of one reward's values, and of the groups that a trainer learns from."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from r1cli.scoring.call import is_not_judged

Values = Sequence[float | None]

#: Rewards that differ by less than this are equal.
_ALIKE = 1e-6


def reward_stats(values: Values, faults: Sequence[str | None]) -> dict[str, float]:
    """Statistics of one reward: the shares ``none`` and ``fault``; the others only if it has values.

    Completions that were not judged are in neither share.

    ``std`` is the sample standard deviation, as in TRL, and 0 for a single value.
    """
    numbers = [value for value in values if value is not None]
    failed = sum(fault is not None for fault in faults)
    shares = {
        "none": (len(values) - len(numbers) - failed) / max(len(values), 1),
        "fault": (failed - sum(map(is_not_judged, faults))) / max(len(values), 1),
    }
    if not numbers:
        return shares
    return {
        "mean": math.fsum(numbers) / len(numbers),
        "std": statistics.stdev(numbers) if len(numbers) > 1 else 0.0,
        "min": min(numbers),
        "max": max(numbers),
        **shares,
    }


def totals(values: Mapping[str, Values], weights: Mapping[str, float]) -> list[float | None]:
    """The weighted sum of the rewards that apply to each completion; None if no reward applies."""
    rows = zip(*values.values(), strict=True)
    return [
        sum(weights[name] * value for name, value in zip(values, row, strict=True) if value is not None)
        if any(value is not None for value in row)
        else None
        for row in rows
    ]


def groups_of(values: Values, size: int) -> Iterator[Values]:
    """The values of each group: groups are consecutive, each with ``size`` completions."""
    return (values[start : start + size] for start in range(0, len(values), size))


def is_dead(group: Values) -> bool:
    """Whether nothing can be learnt from a group: fewer than two scored completions, or all rewards equal."""
    numbers = [value for value in group if value is not None]
    return len(numbers) < 2 or max(numbers) - min(numbers) <= _ALIKE


def dead_share(values: Values, size: int) -> float:
    """The share of dead groups among the groups of ``size`` completions."""
    dead = [is_dead(group) for group in groups_of(values, size)]
    return sum(dead) / max(len(dead), 1)
