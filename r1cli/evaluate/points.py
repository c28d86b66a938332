"""The points of a contest whose tasks have subtasks, each of which counts its best submission."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from r1cli.errors import R1Error
from r1cli.evaluate.statistics import Estimate, Group, best_of, mean_score


@dataclass(frozen=True)
class Points:
    """What a model's submissions earn.

    Args:
        value: points, with the best of all submissions for each subtask.
        interval: 95 % interval for other tasks of the kind: subtasks of one task are not independent.
        total: points that could be earned.
        samples: submissions for each subtask.
        best_of: points by number of submissions, 1, 2, 4, ... and all: expected, without bias.
        tasks: points of each task, and how many it has.
        unscored: subtasks without any score; their points are not part of ``total``.
    """

    value: float
    interval: tuple[float, float]
    total: float
    samples: int
    best_of: Mapping[int, float] = field(default_factory=dict)
    tasks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    unscored: int = 0

    @property
    def estimate(self) -> Estimate:
        """The points with their interval; n counts tasks."""
        return Estimate(self.value, *self.interval, len(self.tasks))

    def __str__(self) -> str:
        best = f", best of {self.samples} for each subtask" if self.samples > 1 else ""
        lacking = f"; subtasks without a score, not counted: {self.unscored}" if self.unscored else ""
        return (
            f"{self.value:.1f} of {self.total:g} points"
            f" ({self.interval[0]:.1f} to {self.interval[1]:.1f}){best}{lacking}"
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Points":
        """The points that were written as JSON."""
        read = {
            "interval": tuple(data["interval"]),
            "best_of": {int(k): value for k, value in data["best_of"].items()},
            "tasks": {name: tuple(pair) for name, pair in data["tasks"].items()},
        }
        return cls(**{**data, **read})


def points_of(groups: Sequence[Group], subtasks: Sequence[Mapping[str, Any]], benchmark: str) -> Points:
    """The points of submissions for subtasks, of which each counts its best.

    The interval is that of the mean share of a task's points, `mean_score` with tasks as problems.

    Args:
        groups: the scores of each subtask's submissions, from 0 to 1.
        subtasks: of each, ``name`` of its task and ``score``, its points.
        benchmark: for messages.

    Raises:
        R1Error: a subtask has no name or no points.

    Source: the rules of the International Olympiad in Informatics: a task's score is the sum, over its
    subtasks, of the best score of any submission.
    """
    scored: list[tuple[str, float, list[float]]] = []
    for group, subtask in zip(groups, subtasks, strict=True):
        name, points = subtask.get("name"), subtask.get("score")
        if name is None or not isinstance(points, int | float) or not points >= 0:
            raise R1Error(
                "a subtask needs the name of its task in the column 'name', and its points in 'score'",
                where=f"benchmark {benchmark}",
            )
        values = [float(score) for score in group if score is not None]
        if values:
            scored.append((str(name), float(points), values))
    samples = max(map(len, groups))
    tasks: dict[str, tuple[float, float]] = {}
    for name, points, values in scored:
        earned, possible = tasks.get(name, (0.0, 0.0))
        tasks[name] = (earned + points * max(values), possible + points)
    value = math.fsum(earned for earned, _ in tasks.values())
    total = math.fsum(possible for _, possible in tasks.values())
    return Points(
        value=value,
        interval=_interval(value, total, tasks),
        total=total,
        samples=samples,
        best_of={k: _expected(scored, k) for k in _numbers(samples)},
        tasks=tasks,
        unscored=len(groups) - len(scored),
    )


def _interval(value: float, total: float, tasks: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    shares = [[earned / possible] for earned, possible in tasks.values() if possible]
    if not shares:
        return value, value
    share = mean_score(shares)
    low, high = value - total * (share.value - share.low), value + total * (share.high - share.value)
    return max(0.0, low), min(total, high)


def _expected(scored: Sequence[tuple[str, float, list[float]]], k: int) -> float:
    """The points that k submissions earn; where a fault left fewer scores, those of all that there are."""
    return math.fsum(points * best_of(values, min(k, len(values))) for _, points, values in scored)


def _numbers(samples: int) -> list[int]:
    return sorted({*(1 << power for power in range(samples.bit_length())), samples})
