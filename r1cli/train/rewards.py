"""The bridge between r1's scorer and TRL, which calls one function per reward."""

from collections.abc import Callable, Sequence
from typing import Any

from r1cli.scoring.scorer import Scorer, Scores


class TrainerRewards:
    """Scores each batch once, when TRL calls the first reward, and answers for the others from there.

    A fault in one reward has to blank the row in all of them, so none can be handed over before every one
    has been run.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self._scored: Any = None
        self._values: dict[str, list[float | None]] = {}

    def functions(self) -> list[Callable[..., list[float | None]]]:
        """One function per reward, named like it, for ``GRPOTrainer(reward_funcs=...)``."""
        return [self._function(reward.name) for reward in self.scorer.rewards]

    def _function(self, name: str) -> Callable[..., list[float | None]]:
        def reward(completions: Sequence[Any], **columns: Any) -> list[float | None]:
            # TRL hands the same list object to every reward of a step.
            if self._scored is not completions:
                scores = self.scorer.score(completions, **columns)
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
