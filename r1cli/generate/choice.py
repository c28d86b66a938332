"""Rejection sampling: which completions of a row are kept."""

from collections import Counter
from dataclasses import dataclass

from r1cli.generate.cold_start.registry import RECIPES
from r1cli.generate.filters import RULES
from r1cli.generate.sampled_rows import SampledRow
from r1cli.generate.schema import ALL, BEST, CORRECT, DROP, Generate
from r1cli.generate.score_store import Score, Scores
from r1cli.sampling.store import Sample

# Why a completion is not kept; the filters count under their own names.
FAILED, CUT_OFF, FAULT, WRONG, NOT_BEST = "failed", "cut_off", "fault", "wrong", "not_best"


@dataclass
class Choice:
    """Chooses completions, and counts why others are not kept.

    Args:
        settings: of the run.
        scores: that the run made, if it has rewards.
    """

    settings: Generate
    scores: Scores | None

    def __post_init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        recipe = self.settings.recipe
        self._only_correct = self.settings.keep == CORRECT or bool(recipe and RECIPES[recipe].judged)

    def kept(self, row: SampledRow) -> list[tuple[Sample, Score | None]]:
        """The samples of a row that are kept, in their order, with their scores."""
        left = [
            (sample, score)
            for sample, score in zip(row.samples, row.scores, strict=True)
            if not self._drop(self._reason(sample, score))
        ]
        most = _most(self.settings.keep)
        if self.scores is None or most is None or len(left) <= most:
            return left
        ranked = sorted(left, key=lambda one: -self._total(one[1]))[:most]
        self.dropped[NOT_BEST] += len(left) - most
        return sorted(ranked, key=lambda one: one[0].sample)

    def _total(self, score: Score | None) -> float:
        assert self.scores and score
        return self.scores.total(score)

    def _reason(self, sample: Sample, score: Score | None) -> str:
        """Why a sample is dropped whatever the others are; empty if it is not."""
        if sample.failure:
            return FAILED
        if sample.finish_reason == "length" and self.settings.on_truncated == DROP:
            return CUT_OFF
        for name in self.settings.filters:
            if RULES[name](sample):
                return name
        if score is None or (self.settings.keep == ALL and not self._only_correct):
            return ""
        if score.fault:
            return FAULT
        verdict = next(iter(score.values.values()))
        correct = verdict is not None and verdict >= self.settings.correct_from
        return WRONG if self._only_correct and not correct else ""

    def _drop(self, reason: str) -> bool:
        if reason:
            self.dropped[reason] += 1
        return bool(reason)


def _most(keep: str | int) -> int | None:
    """The number of completions of a row that are kept at most; None for all."""
    if isinstance(keep, int):
        return keep
    return 1 if keep == BEST else None
