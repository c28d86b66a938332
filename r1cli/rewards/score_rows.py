"""Scores the rows of a file in batches."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from r1cli.config.groups.code import Code
from r1cli.config.groups.rewards import Rewards
from r1cli.rewards.files import Rows
from r1cli.scoring.choose import make_scorer
from r1cli.scoring.scorer import Scores

#: Rows to score in one batch; more if the completions of a prompt would be split.
SIZE = 256


@dataclass(frozen=True)
class Scored:
    """The scores of all rows, the number of rows with a fault for each reward, and what rewards logged.

    ``notes`` has one value for each row by column, such as ``code_verdict``.
    """

    scores: Scores
    faults: Mapping[str, int]
    notes: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def with_any_faults(rewards: Rewards) -> Rewards:
    """The rewards where nothing is trained: a fault is a result, and any number of them is acceptable."""
    return replace(rewards, max_fault_share=1.0)


def score_rows(rewards: Rewards, rows: Rows, code: Code) -> Scored:
    """Scores every row with the rewards, weights and parameters of a config."""
    size = len(rows.completions)
    values: dict[str, list[float | None]] = {name: [None] * size for name in rewards.reward_funcs}
    faults: list[str | None] = [None] * size
    counts: Counter[str] = Counter()
    notes: dict[str, list[Any]] = {}
    with closing(make_scorer(with_any_faults(rewards), code)) as scorer:
        for indices in parts(rows, SIZE):
            part = rows.part(indices)
            logged: dict[str, Sequence[Any]] = {}
            scores = scorer.score(part.completions, log_extra=logged.__setitem__, **part.columns)
            for column, notes_of_part in logged.items():
                for index, note in zip(indices, notes_of_part, strict=True):
                    notes.setdefault(column, [None] * size)[index] = note
            for place, index in enumerate(indices):
                faults[index] = scores.faults[place]
                for name, found in scores.values.items():
                    values[name][index] = found[place]
            for name, outcome in scores.outcomes.items():
                counts[name] += sum(fault is not None for fault in outcome.faults)
    return Scored(Scores(values, faults), counts, notes)


def parts(rows: Rows, size: int) -> list[list[int]]:
    """The row numbers in parts of ``size`` or slightly more: the rows of a prompt stay together."""
    groups: dict[str, list[int]] = {}
    prompts = rows.columns.get("prompts") or range(len(rows.completions))
    for index, prompt in enumerate(prompts):
        groups.setdefault(json.dumps(prompt, default=str), []).append(index)
    cut: list[list[int]] = [[]]
    for indices in groups.values():
        if len(cut[-1]) >= size:
            cut.append([])
        cut[-1] += indices
    return [part for part in cut if part]
