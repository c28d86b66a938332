"""Checks that the rewards within a group differ: if they are equal, GRPO cannot learn from them."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from transformers import TrainerCallback

from r1cli.config.groups.rewards import GrpoRewards
from r1cli.errors import R1Error
from r1cli.scoring.scorer import ChosenReward
from r1cli.scoring.statistics import dead_share, totals

_HELPS = (
    "what usually helps: a stronger start model, or SFT on traces first; easier prompts; a reward that gives "
    "partial credit, such as format; a higher temperature; `r1 reward probe` checks this before a run"
)

_READ_GOLDS = (
    "a reward has no score where it does not apply, as where a reference answer cannot be read: `r1 reward "
    "audit-gold DATASET` shows how they are read, and --columns.solution names their column"
)


class SignalWatch(TrainerCallback):  # type: ignore[misc]
    """Warns at the first step, and ends a run when the rewards within groups no longer differ.

    It receives each scored batch of completions, the same on all ranks, so that all end together. TRL's own
    ``frac_reward_zero_std`` is about the whole batch if rewards are scaled by batch, and counts a group
    without any score as one that differs, so it is not used here. As a callback it must come before the one
    that writes the logs, which include its warning.

    Args:
        weights: of each reward.
        group_size: completions of one prompt.
        warn_share: the share of dead groups in the first batch that causes a warning; None never warns.
        max_dead: number of consecutive batches with only dead groups that ends the run; None never does.
    """

    def __init__(
        self,
        weights: Mapping[str, float],
        group_size: int,
        warn_share: float | None = GrpoRewards.warn_dead_share,
        max_dead: int | None = GrpoRewards.max_dead_steps,
    ) -> None:
        self.weights = weights
        self.group_size = group_size
        self.warn_share = warn_share
        self.max_dead = max_dead
        self.dead_steps = 0
        self.warning = ""
        self._first = True
        self._model: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        self._model = model
        # A resumed run is past its first step.
        self._first = state.global_step == 0

    def state_dict(self) -> dict[str, Any]:
        return {"dead_steps": self.dead_steps, "warning": self.warning}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.dead_steps, self.warning = state["dead_steps"], state["warning"]

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **kwargs: Any) -> None:
        if self.warning:
            logs["warning"], self.warning = self.warning, ""

    def count(self, values: Mapping[str, Sequence[float | None]], fault: str = "") -> None:
        """Checks a scored batch of all ranks; batches of an evaluation do not count.

        Args:
            values: the values of each reward as the trainer gets them, one per completion of all ranks.
            fault: the first of the batch, if there is one.

        Raises:
            R1Error: no rewards have differed for too long.
        """
        if self._model is None or not self._model.training:
            return
        share = dead_share(totals(values, self.weights), self.group_size)
        self.dead_steps = self.dead_steps + 1 if share == 1.0 else 0
        if self._first and self.warn_share is not None:
            self.warning = self._first_warning(values, share, self.warn_share, fault)
            if self.warning:
                sys.stderr.write(f"warning: {self.warning}\n")
        self._first = False
        if self.max_dead is not None and self.dead_steps >= self.max_dead:
            raise R1Error(
                f"the run learns nothing: for {self.dead_steps} steps in a row all completions of each "
                f"prompt had the same reward ({self._describe(values)})",
                where="rewards.max_dead_steps",
                fix=f"{self._advice(values)}; rewards.max_dead_steps: null disables this check",
                exit_code=1,
            )

    def _first_warning(
        self, values: Mapping[str, Sequence[float | None]], share: float, limit: float, fault: str
    ) -> str:
        unscored = [name for name, none in self._without_score(values).items() if none >= limit]
        if unscored:
            return (
                f"in the first step there is no score of {', '.join(unscored)} ({self._describe(values)}); "
                f"{fault or _READ_GOLDS}"
            )
        if share < limit:
            return ""
        return (
            f"in {share:.0%} of the groups of the first step all completions have the same reward, so "
            f"there is little to learn ({self._describe(values)}); {_HELPS}"
        )

    def _advice(self, values: Mapping[str, Sequence[float | None]]) -> str:
        return _READ_GOLDS if 1.0 in self._without_score(values).values() else _HELPS

    def _without_score(self, values: Mapping[str, Sequence[float | None]]) -> dict[str, float]:
        """The share of completions without a score, of each reward with a weight."""
        return {
            name: list(column).count(None) / len(column)
            for name, column in values.items()
            if self.weights[name] and len(column)
        }

    def _describe(self, values: Mapping[str, Sequence[float | None]]) -> str:
        """The most common value of each reward with a weight."""
        return ", ".join(
            _most_common(name, column)
            for name, column in values.items()
            if self.weights[name] and len(column)
        )


def watch_signal(section: GrpoRewards, rewards: Sequence[ChosenReward], group_size: int) -> SignalWatch:
    """The watch that the ``rewards`` section of a config describes."""
    weights = {reward.name: reward.weight for reward in rewards}
    return SignalWatch(weights, group_size, section.warn_dead_share, section.max_dead_steps)


def _most_common(name: str, values: Sequence[float | None]) -> str:
    value = max(dict.fromkeys(values), key=values.count)
    share = values.count(value) / len(values)
    return f"{name}: {'no score' if value is None else f'{value:g}'} in {share:.0%}"
