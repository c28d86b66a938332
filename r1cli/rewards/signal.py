"""Whether a GRPO run can learn from what its start model does: read from a probe's samples."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1cli.files import read_json_lines
from r1cli.scoring.statistics import is_dead, totals


@dataclass(frozen=True)
class Signal:
    """What a probe found.

    Args:
        samples: one mapping a completion: group, prompt, completion, truncated, scores, fault.
        sums: the weighted sum of each; None where no reward applies, or one met a fault.
        groups: how many groups there are.
        dead: how many of them have the same sum throughout, and teach nothing.
        cut: the share of completions that ran into the length limit.
        faults: how many completions met a fault.
    """

    samples: list[dict[str, Any]]
    sums: list[float | None]
    groups: int
    dead: int
    cut: float
    faults: int

    @property
    def alive(self) -> bool:
        """Whether any group tells good from bad."""
        return self.dead < self.groups

    def examples(self) -> list[dict[str, Any]]:
        """The completions with the best, a middle and the worst sum."""
        ranked = sorted(
            (index for index, value in enumerate(self.sums) if value is not None),
            key=lambda index: self.sums[index] or 0.0,
            reverse=True,
        )
        places = sorted({0, len(ranked) // 2, len(ranked) - 1}) if ranked else []
        return [self.samples[ranked[place]] for place in places]


def read_signal(run_dir: Path, weights: dict[str, float]) -> Signal:
    """What the samples of a finished probe say, with the weight of each reward."""
    return find_signal(list(read_json_lines(run_dir / "samples.jsonl")), weights)


def find_signal(samples: list[dict[str, Any]], weights: dict[str, float]) -> Signal:
    """What samples say: see `Signal`."""
    # A completion with a fault in it is left out of training as a whole.
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
