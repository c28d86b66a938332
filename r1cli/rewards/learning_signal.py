"""Finds out from a probe's samples whether a GRPO run can learn from its start model's completions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1cli.files import read_json_lines
from r1cli.scoring.statistics import is_dead, totals

#: The file of a probe's scored samples.
PROBED = "samples.jsonl"


@dataclass(frozen=True)
class Signal:
    """The result of a probe.

    Args:
        samples: one mapping per completion: group, prompt, completion, truncated, scores, fault.
        sums: the weighted sum of each; None if no reward applies, or one had a fault.
        groups: number of groups.
        dead: number of groups in which all sums are equal, so that nothing can be learnt.
        cut: the share of completions that reached the length limit.
        faults: number of completions with a fault.
    """

    samples: list[dict[str, Any]]
    sums: list[float | None]
    groups: int
    dead: int
    cut: float
    faults: int

    @property
    def first_fault(self) -> str:
        """The reason of the first completion without a score; empty if all have one."""
        return next((sample["fault"] for sample in self.samples if sample["fault"]), "")

    @property
    def alive(self) -> bool:
        """Whether the sums differ in any group."""
        return self.dead < self.groups

    def constant(self) -> dict[str, float | None]:
        """The rewards that give every completion without a fault the same, and what they give."""
        scored = [sample["scores"] for sample in self.samples if sample["fault"] is None]
        values = {name: {scores[name] for scores in scored} for name in (scored[0] if scored else ())}
        return {name: found.pop() for name, found in values.items() if len(found) == 1}

    def examples(self) -> list[dict[str, Any]]:
        """The completions with the best, the middle and the worst sum."""
        ranked = sorted(
            (index for index, value in enumerate(self.sums) if value is not None),
            key=lambda index: self.sums[index] or 0.0,
            reverse=True,
        )
        places = sorted({0, len(ranked) // 2, len(ranked) - 1}) if ranked else []
        return [self.samples[ranked[place]] for place in places]


def read_signal(run_dir: Path, weights: dict[str, float]) -> Signal:
    """Reads the signal from a finished probe's samples, with the weight of each reward."""
    return find_signal(list(read_json_lines(run_dir / PROBED)), weights)


def find_signal(samples: list[dict[str, Any]], weights: dict[str, float]) -> Signal:
    """Computes the `Signal` of samples."""
    # Training ignores a completion with a fault entirely.
    scores = [sample["scores"] if sample["fault"] is None else {} for sample in samples]
    sums = totals({name: [row.get(name) for row in scores] for name in weights}, weights)
    groups: dict[int, list[float | None]] = {}
    for sample, value in zip(samples, sums, strict=True):
        groups.setdefault(sample["group"], []).append(value)
    return Signal(
        samples,
        sums,
        groups=len(groups),
        dead=sum(is_dead(group) for group in groups.values()),
        cut=sum(sample["truncated"] for sample in samples) / len(samples),
        faults=sum(sample["fault"] is not None for sample in samples),
    )
