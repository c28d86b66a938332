"""The bridge between r1's scorer and TRL, which calls one function per reward."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from r1cli.scoring.scorer import Scorer, Scores


class TrainerRewards:
    """Scores each batch once, when TRL calls the first reward, and answers for the others from there.

    A fault in one reward has to blank the row in all of them, so none can be handed over before every one
    has been run.

    Args:
        scorer: runs the rewards.
        on_scored: told how many seconds the rewards of a batch took.
    """

    def __init__(self, scorer: Scorer, on_scored: Callable[[float], None] = lambda seconds: None) -> None:
        self.scorer = scorer
        self.on_scored = on_scored
        self._scored: Any = None
        self._values: dict[str, list[float | None]] = {}

    def functions(self) -> list[Callable[..., list[float | None]]]:
        """One function per reward, named like it, for ``GRPOTrainer(reward_funcs=...)``."""
        return [self._function(reward.name) for reward in self.scorer.rewards]

    def _function(self, name: str) -> Callable[..., list[float | None]]:
        def reward(completions: Sequence[Any], **columns: Any) -> list[float | None]:
            # TRL hands the same list object to every reward of a step.
            if self._scored is not completions:
                started = time.perf_counter()
                scores = self.scorer.score(completions, **columns)
                self.on_scored(time.perf_counter() - started)
                _record(scores, columns)
                self._scored, self._values = completions, scores.masked()
            return self._values[name]

        reward.__name__ = name
        return reward


def _record(scores: Scores, columns: dict[str, Any]) -> None:
    """Adds the faults, and the values before masking, to the step's metrics and completions table."""
    faults = sum(fault is not None for fault in scores.faults)
    columns["log_metric"]("faults", float(faults))
    columns["log_extra"]("fault", [fault or "" for fault in scores.faults])
    for name, values in scores.values.items():
        columns["log_extra"](f"{name}_raw", values)
