"""The bridge between r1's scorer and TRL, which calls one function per reward."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from r1cli.plugins.registry import parameter_group
from r1cli.scoring.call import is_not_judged
from r1cli.scoring.scorer import Scorer, Scores
from r1cli.scoring.statistics import reward_stats
from r1cli.train.completions_table import columns_read, record_columns

#: Called with a scored batch: the values of each reward for the completions of all ranks.
Watcher = Callable[[dict[str, list[float | None]], str], None]

# The share of completions that were not judged above which a step's warning is worth reading.
_INCONCLUSIVE = 0.05


class TrainerRewards:
    """Scores each batch once, when TRL calls the first reward, and reuses the scores for the others.

    A fault in one reward must mask the row in all of them, so every reward runs before the first returns.

    Args:
        scorer: runs the rewards.
        on_scored: called with the seconds that the rewards of a batch took.
        watch: called with the values that the trainer gets, the same on all ranks, and the first fault.
        prefill: what the chat template writes after each prompt, for rewards that name it; None without one.
        lost: the faults that completions had before they are scored, one for each or none at all.
    """

    def __init__(
        self,
        scorer: Scorer,
        on_scored: Callable[[float], None] = lambda seconds: None,
        watch: Watcher = lambda values, fault: None,
        prefill: str | None = None,
        lost: Callable[[Sequence[Any]], Sequence[str | None]] = lambda completions: (),
    ) -> None:
        self.scorer = scorer
        self.on_scored = on_scored
        self.watch = watch
        self.lost = lost
        self._added = {} if prefill is None else {"prefill": prefill}
        self._read = columns_read(scorer.rewards)
        self._scored: Any = None
        self._values: dict[str, list[float | None]] = {}

    def functions(self) -> list[Callable[..., list[float | None]]]:
        """One function per reward, with its name, for ``GRPOTrainer(reward_funcs=...)``."""
        return [self._function(reward.name) for reward in self.scorer.rewards]

    def _function(self, name: str) -> Callable[..., list[float | None]]:
        def reward(completions: Sequence[Any], **columns: Any) -> list[float | None]:
            # TRL passes the same list object to every reward of a step.
            if self._scored is not completions:
                self._score(completions, columns)
            return self._values[name]

        reward.__name__ = parameter_group(name)
        return reward

    def _score(self, completions: Sequence[Any], columns: dict[str, Any]) -> None:
        started = time.perf_counter()
        added = {name: [value] * len(completions) for name, value in self._added.items()}
        lost = self.lost(completions)
        log_extra = columns["log_extra"]
        logged: set[str] = set()

        def log_and_note(name: str, values: list[Any]) -> None:
            logged.add(name)
            log_extra(name, values)

        given = {**added, **columns, "log_extra": log_and_note}
        everywhere = self.scorer.score_on_all(completions, lost, **given)
        scores = everywhere[self.scorer.ranks.index]
        self.on_scored(time.perf_counter() - started)
        self._scored, self._values = completions, scores.masked()
        # The values are the same on all ranks, so TRL's mean over the ranks does not change them.
        log_metric = columns["log_metric"]
        figures = _figures(everywhere)
        for metric, value in figures.items():
            log_metric(metric, value)
        if self.scorer.ranks.index == 0:
            _warn_of_inconclusive(figures, everywhere)
        log_extra("fault", [fault or "" for fault in scores.faults])
        for name, values in scores.values.items():
            log_extra(f"{parameter_group(name)}_raw", values)
        record_columns(log_extra, given, self._read, frozenset(logged))
        masked = [part.masked() for part in everywhere]
        every = {name: [value for part in masked for value in part[name]] for name in self._values}
        faults = (fault for part in everywhere for fault in part.faults)
        self.watch(every, next((fault for fault in faults if _is_fault(fault)), None) or "")


def _figures(everywhere: Sequence[Scores]) -> dict[str, float]:
    """Statistics of a batch: faults, the values of each reward before masking, and verifications."""
    figures = {"faults": float(sum(_is_fault(fault) for scores in everywhere for fault in scores.faults))}
    for name in everywhere[0].outcomes:
        outcomes = [scores.outcomes[name] for scores in everywhere]
        values = [value for outcome in outcomes for value in outcome.values]
        faults = [fault for outcome in outcomes for fault in outcome.faults]
        stats = {**reward_stats(values, faults), "seconds": max(outcome.seconds for outcome in outcomes)}
        label = parameter_group(name)
        figures.update({f"reward_stats/{label}/{figure}": value for figure, value in stats.items()})
    counts = sum((Counter(scores.counts) for scores in everywhere), Counter())
    for kind in ("verified", "unverifiable"):
        figures[f"verify/{kind}"] = float(counts[kind])
    return {**figures, **_code_figures(everywhere, counts)}


def _warn_of_inconclusive(figures: Mapping[str, float], everywhere: Sequence[Scores]) -> None:
    share = figures.get("code/inconclusive", 0.0)
    if share > _INCONCLUSIVE:
        first = next(fault for scores in everywhere for fault in scores.faults if is_not_judged(fault))
        sys.stderr.write(f"warning: {share:.0%} of the completions of this step were {first}\n")


def _is_fault(fault: str | None) -> bool:
    return fault is not None and not is_not_judged(fault)


def _code_figures(everywhere: Sequence[Scores], counts: Mapping[str, int]) -> dict[str, float]:
    """Statistics of the programs of a batch; nothing without programs.

    ``inconclusive`` is the share of completions that were not judged, ``concurrency`` the mean number of
    programs at a time, and ``queue`` the seconds that a program waited for its turn, on average. A remote
    provider also counts ``sandboxes``, the seconds that they lived, and ``retries``.
    """
    programs = counts["programs"]
    if not programs:
        return {}
    faults = [fault for scores in everywhere for fault in scores.faults]
    seconds, running = counts["programs_ms"] / 1000, counts["running_ms"] / 1000
    remote = {
        "code/sandboxes": float(counts["sandboxes"]),
        "code/sandbox_seconds": counts["sandbox_ms"] / 1000,
        "code/retries": float(counts["retries"]),
    }
    return {
        "code/programs": float(programs),
        "code/fault_share": counts["program_faults"] / programs,
        "code/inconclusive": sum(map(is_not_judged, faults)) / len(faults),
        "code/seconds": seconds / len(everywhere),
        "code/concurrency": running / max(seconds, 1e-3),
        "code/queue": counts["queue_ms"] / 1000 / programs,
        **(remote if any(remote.values()) else {}),
    }
