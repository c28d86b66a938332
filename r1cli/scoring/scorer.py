"""Runs rewards over completions, and keeps three things apart: a score, "not applicable", and a fault."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from r1cli.plugins.types import RewardFunction
from r1cli.scoring.call import Batch, Outcome, call_reward
from r1cli.scoring.faults import FaultWatch
from r1cli.scoring.groups import Ranks, own_rows, whole_groups
from r1cli.scoring.math import take_counts
from r1cli.scoring.room import ScoringRoom

#: Seconds that one call of a reward may take.
TIME_LIMIT = 300.0


@dataclass(frozen=True)
class ChosenReward:
    """A reward as one run uses it: its weight in the sum, its parameters, and where it runs.

    With a ``function`` it runs in this process, on the thread that scores, as a model on the trainer's GPU
    must. Without one it runs in the scoring process, which finds it by its name.
    """

    name: str
    function: RewardFunction | None = None
    weight: float = 1.0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    per_group: bool = False


@dataclass(frozen=True)
class Scores:
    """What the rewards said of a list of completions.

    ``values`` holds for each reward one float per completion, None where it does not apply or a fault kept
    it from being scored. ``faults`` holds for each completion what went wrong, or None. ``outcomes`` has what
    else is known of each reward, but for what it logged, and ``counts`` what the verification of answers
    counted.
    """

    values: dict[str, list[float | None]]
    faults: list[str | None]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)

    def masked(self) -> dict[str, list[float | None]]:
        """The values for the trainer: a completion with a fault has none at all.

        TRL leaves a single None out of the sum, so a completion whose accuracy could not be judged, but
        whose format is right, would be trained as a bad answer that is well formatted. When every reward is
        None, TRL gives the row an advantage of 0.
        """
        return {
            name: [None if fault else value for value, fault in zip(values, self.faults, strict=True)]
            for name, values in self.values.items()
        }


class Scorer:
    """Scores completions with the rewards of one run.

    The rewards without a function of their own share one long-lived scoring process, where they run side by
    side and under the time limit; it is started here, and anew when a reward breaks it. The others run in
    this process, one after the other, meanwhile. Nothing can end those: they have no time limit, and take
    this process with them if they end it. What they raise and return is read in the same way.

    Args:
        rewards: what to run. A fault in one of weight 0 is counted and does not mask the row.
        watch: counts the faults, and ends the run when there are too many.
        time_limit: seconds that one call of a reward may take.
        ranks: the ranks among which groups may be split.

    Raises:
        R1Error: a reward cannot be loaded.
    """

    def __init__(
        self,
        rewards: Sequence[ChosenReward],
        watch: FaultWatch | None = None,
        time_limit: float = TIME_LIMIT,
        ranks: Ranks | None = None,
    ) -> None:
        self.rewards = tuple(rewards)
        self.watch = watch or FaultWatch()
        self.ranks = ranks or Ranks()
        apart = {reward.name: reward.parameters for reward in rewards if reward.function is None}
        self._room = ScoringRoom(apart, time_limit) if apart else None

    def score(self, completions: Sequence[Any], **columns: Any) -> Scores:
        """Runs every reward, and returns what they said of these completions; else as `score_on_all`."""
        return self.score_on_all(completions, **columns)[self.ranks.index]

    def score_on_all(self, completions: Sequence[Any], **columns: Any) -> list[Scores]:
        """Runs every reward on each rank, and returns what they said on each, on all ranks the same.

        Args:
            completions: this rank's chats or strings, as TRL hands them over.
            columns: prompts, completion_ids and the dataset's columns, each with one entry per completion;
                and TRL's trainer_state, log_extra and log_metric.

        Raises:
            R1Error: too many completions of all ranks could not be scored; or, on any rank, a column cannot
                be passed on to the rewards, or one can no longer be loaded. All ranks raise it.
        """
        everywhere = self.ranks.share(lambda: self._score(completions, columns))
        self.watch.count([fault for scores in everywhere for fault in _any_faults(scores)])
        return everywhere

    def close(self) -> None:
        """Ends the scoring process. It ends with this process too, however that ends."""
        if self._room:
            self._room.close()

    def _score(self, completions: Sequence[Any], columns: dict[str, Any]) -> Scores:
        log_extra, log_metric = columns.pop("log_extra", None), columns.pop("log_metric", None)
        if "trainer_state" in columns:
            columns["trainer_state"] = _plain(columns["trainer_state"])
        outcomes, counts = self._run(Batch(completions, columns))
        for outcome in outcomes.values():
            for kind, details in outcome.reports.items():
                self.watch.report(kind, details)
            for pair in outcome.extras if log_extra else ():
                log_extra(*pair)
            for metric in outcome.metrics if log_metric else ():
                log_metric(*metric)
        # What was logged may be anything, and need not go to the other ranks.
        kept = {
            name: replace(outcome, extras=[], metrics=[], reports={}) for name, outcome in outcomes.items()
        }
        values = {name: outcome.values for name, outcome in kept.items()}
        masking = [kept[reward.name] for reward in self.rewards if reward.weight]
        return Scores(values, _first_faults(masking, len(completions)), kept, counts)

    def _run(self, batch: Batch) -> tuple[dict[str, Outcome], Counter[str]]:
        """The outcome of each reward for this rank's rows, and the counts of verifications."""
        whole, own = batch, slice(None)
        if any(reward.per_group for reward in self.rewards):
            whole, own = whole_groups(batch, self.ranks)
        given = {reward.name: whole if reward.per_group else batch for reward in self.rewards}
        if self._room:
            self._room.send({name: given[name] for name in self._room.rewards})
        outcomes = {
            reward.name: call_reward(
                reward.name, reward.function, reward.parameters, given[reward.name], _finish
            )
            for reward in self.rewards
            if reward.function is not None
        }
        counts = Counter(take_counts() if outcomes else {})
        if self._room:
            answers, more = self._room.collect()
            outcomes, counts = {**outcomes, **answers}, counts + more
        return {
            reward.name: own_rows(outcomes[reward.name], own) if reward.per_group else outcomes[reward.name]
            for reward in self.rewards
        }, counts


def _any_faults(scores: Scores) -> list[str | None]:
    """What each completion met first, in rewards of weight 0 too."""
    return _first_faults(scores.outcomes.values(), len(scores.faults))


def _first_faults(outcomes: Iterable[Outcome], size: int) -> list[str | None]:
    faults: list[str | None] = [None] * size
    for outcome in outcomes:
        faults = [fault or new for fault, new in zip(faults, outcome.faults, strict=True)]
    return faults


def _finish(result: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await result

    return asyncio.run(wait())


def _plain(state: Any) -> SimpleNamespace:
    """What can be sent of the trainer's state: its numbers, texts and flags."""
    fields = vars(state).items() if hasattr(state, "__dict__") else ()
    return SimpleNamespace(
        **{name: value for name, value in fields if isinstance(value, bool | int | float | str)}
    )
