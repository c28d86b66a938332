"""Runs rewards on completions, and distinguishes a score, "not applicable" and a fault."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from r1cli.config.groups.code import Code
from r1cli.config.groups.rewards import Rewards
from r1cli.plugins.types import RewardFunction
from r1cli.scoring.call import Batch, Outcome, call_reward
from r1cli.scoring.client import ScoringClient
from r1cli.scoring.faults import FaultWatch
from r1cli.scoring.groups import Ranks, own_rows, whole_groups
from r1cli.scoring.verifier import take_counts


@dataclass(frozen=True)
class ChosenReward:
    """A reward as one run uses it: its weight in the sum, its parameters, and where it runs.

    With a ``function`` it runs in this process, on the thread that scores, as a model on the trainer's GPU
    must. Without one it runs in the scoring process, which loads it by name.
    """

    name: str
    function: RewardFunction | None = None
    weight: float = 1.0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    per_group: bool = False


@dataclass(frozen=True)
class Scores:
    """The scores of a list of completions.

    ``values`` has one float per completion for each reward, None if the reward does not apply or had a fault.
    ``faults`` has the fault of each completion, or None; see `is_not_judged`. ``outcomes`` has everything
    else about each reward except what it logged, and ``counts`` those of verified answers and programs.
    """

    values: dict[str, list[float | None]]
    faults: list[str | None]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)

    def masked(self) -> dict[str, list[float | None]]:
        """The values for the trainer: None from every reward for a completion with a fault.

        TRL ignores a single None in the sum, so a completion whose accuracy could not be judged, but whose
        format is right, would count as a wrong answer in the right format. If every reward is None, TRL gives
        the row an advantage of 0.
        """
        return {
            name: [None if fault else value for value, fault in zip(values, self.faults, strict=True)]
            for name, values in self.values.items()
        }


class Scorer:
    """Scores completions with the rewards of one run.

    Rewards without a function share one long-lived scoring process, where they run concurrently and with a
    time limit. It is started here, loads them while this process does other work, and is restarted when a
    reward crashes it. The other rewards run in this process, one after the other. Nothing can interrupt
    those: they have no time limit, and a crash ends this process. What they raise and return is handled in
    the same way.

    Args:
        rewards: the rewards to run. A fault in one of weight 0 is counted, but does not mask the row.
        watch: counts the faults, and ends the run when there are too many.
        time_limit: seconds that one call of a reward may take.
        ranks: the ranks over which groups may be split.
        code: where programs run.
    """

    def __init__(
        self,
        rewards: Sequence[ChosenReward],
        watch: FaultWatch | None = None,
        time_limit: float = Rewards.time_limit,
        ranks: Ranks | None = None,
        code: Code | None = None,
    ) -> None:
        self.rewards = tuple(rewards)
        self.watch = watch or FaultWatch()
        self.ranks = ranks or Ranks()
        apart = {reward.name: reward.parameters for reward in rewards if reward.function is None}
        self._client = ScoringClient(apart, time_limit, code or Code()) if apart else None

    def wait(self) -> None:
        """Waits until the scoring process has loaded the rewards.

        Raises:
            R1Error: it could not.
        """
        if self._client:
            self._client.wait()

    @property
    def code_facts(self) -> Mapping[str, str]:
        """What holds for the programs that rewards run, after `wait`; empty if they run none."""
        return self._client.facts if self._client else {}

    def score(self, completions: Sequence[Any], **columns: Any) -> Scores:
        """Runs every reward, and returns the scores of this rank's completions; see `score_on_all`."""
        return self.score_on_all(completions, **columns)[self.ranks.index]

    def score_on_all(
        self, completions: Sequence[Any], lost: Sequence[str | None] = (), **columns: Any
    ) -> list[Scores]:
        """Runs every reward on each rank, and returns the scores of all ranks, the same on each.

        Args:
            completions: this rank's chats or strings, as TRL passes them.
            lost: the fault of each completion that had one before it was scored, or nothing at all.
            columns: prompts, completion_ids and the dataset's columns, each with one entry per completion;
                and TRL's trainer_state, log_extra and log_metric.

        Raises:
            R1Error: too many completions of all ranks could not be scored; or, on any rank, a column cannot
                be sent to the rewards, or a reward can no longer be loaded. All ranks raise it.
        """
        everywhere = self.ranks.share(lambda: self._score(completions, lost, columns))
        self.watch.count([fault for scores in everywhere for fault in _any_faults(scores)])
        return everywhere

    def close(self) -> None:
        """Ends the scoring process. It also ends with this process, however that ends."""
        if self._client:
            self._client.close()

    def _score(
        self, completions: Sequence[Any], lost: Sequence[str | None], columns: dict[str, Any]
    ) -> Scores:
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
        # Rewards may log anything, and the other ranks do not need it.
        plain = {
            name: replace(outcome, extras=[], metrics=[], reports={}) for name, outcome in outcomes.items()
        }
        values = {name: outcome.values for name, outcome in plain.items()}
        masking = [plain[reward.name] for reward in self.rewards if reward.weight]
        before = list(lost) or [None] * len(completions)
        return Scores(values, _first_faults(before, masking), plain, counts)

    def _run(self, batch: Batch) -> tuple[dict[str, Outcome], Counter[str]]:
        """The outcome of each reward for this rank's rows, and the counts of verifications."""
        whole, own = batch, slice(None)
        if any(reward.per_group for reward in self.rewards):
            whole, own = whole_groups(batch, self.ranks)
        batches = {reward.name: whole if reward.per_group else batch for reward in self.rewards}
        if self._client:
            self._client.send({name: batches[name] for name in self._client.rewards})
        outcomes = {
            reward.name: call_reward(
                reward.name, reward.function, reward.parameters, batches[reward.name], _finish
            )
            for reward in self.rewards
            if reward.function is not None
        }
        counts = Counter(take_counts() if outcomes else {})
        if self._client:
            answers, more = self._client.collect()
            outcomes, counts = {**outcomes, **answers}, counts + more
        return {
            reward.name: own_rows(outcomes[reward.name], own) if reward.per_group else outcomes[reward.name]
            for reward in self.rewards
        }, counts


def _any_faults(scores: Scores) -> list[str | None]:
    """The first fault of each completion, in rewards of weight 0 too."""
    return _first_faults(scores.faults, scores.outcomes.values())


def _first_faults(faults: list[str | None], outcomes: Iterable[Outcome]) -> list[str | None]:
    for outcome in outcomes:
        faults = [fault or new for fault, new in zip(faults, outcome.faults, strict=True)]
    return faults


def _finish(result: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await result

    return asyncio.run(wait())


def _plain(state: Any) -> SimpleNamespace:
    """The part of the trainer's state that can be sent: numbers, texts and flags."""
    fields = vars(state).items() if hasattr(state, "__dict__") else ()
    return SimpleNamespace(
        **{name: value for name, value in fields if isinstance(value, bool | int | float | str)}
    )
