"""Rewards for the length of a completion."""

import json
import pickle
from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from r1_rewards import limits
from r1_rewards.completions import lengths
from r1_rewards.math import verdicts
from r1cli import VerifierLost


def length(
    completions: Sequence[Any],
    solution: Sequence[object],
    prompts: Sequence[Any] | None = None,
    completion_ids: Sequence[Sequence[int]] | None = None,
    *,
    scope: str = "group",
    unit: str = "characters",
    mode: str = "auto",
    answer: str = "auto",
    **kwargs: Any,
) -> list[float | VerifierLost | None]:
    """Shorter than the others is better: lambda = 0.5 - (len - min_len) / (max_len - min_len).

    A correct answer scores lambda, a wrong one min(0, lambda), so values lie between -0.5 and 0.5. When all
    are equally long, every one scores 0.0. A completion whose gold cannot be parsed scores None, and does not
    count for the shortest and longest.

    Args:
        scope: "group" compares the completions of one prompt, as in the paper; "batch" all completions, as in
            open-r1.
        unit: "characters", as in open-r1, or "tokens", as in the paper.
        mode: how to read reference answers, as for accuracy.
        answer: where to look for the answer, as for accuracy.

    Source: Kimi k1.5 (arXiv:2501.12599), section 2.3.3; open-r1, ``len_reward``.
    """
    limits.length(scope=scope, unit=unit, mode=mode, answer=answer)
    sizes = lengths(completions, completion_ids, unit)
    correct = verdicts(solution, completions, mode, answer)
    values: list[float | VerifierLost | None] = [
        None if isinstance(verdict, bool) else verdict for verdict in correct
    ]
    for rows in _groups(prompts, len(sizes), scope):
        judged = [row for row in rows if isinstance(correct[row], bool)]
        shortest = min((sizes[row] for row in judged), default=0)
        spread = max((sizes[row] for row in judged), default=0) - shortest
        for row in judged:
            value = 0.5 - (sizes[row] - shortest) / spread if spread else 0.0
            values[row] = value if correct[row] else min(0.0, value)
    return values


def _groups(prompts: Sequence[Any] | None, size: int, scope: str) -> list[list[int]]:
    """The rows that are compared with each other."""
    if scope == "batch":
        return [list(range(size))]
    if prompts is None:
        raise ValueError("completions cannot be grouped without prompts; give them, or set scope to 'batch'")
    groups: dict[str, list[int]] = defaultdict(list)
    for row, prompt in enumerate(prompts):
        groups[json.dumps(prompt, default=_content)].append(row)
    return list(groups.values())


def _content(part: object) -> str:
    """Replaces an image: each row has its own object, whose text would be a memory address."""
    return blake2b(pickle.dumps(part)).hexdigest()


def soft_overlong_punishment(
    completions: Sequence[Any],
    completion_ids: Sequence[Sequence[int]],
    *,
    max_completion_len: int = 16384,
    soft_punish_cache: int = 4096,
    **kwargs: Any,
) -> list[float]:
    """0.0 up to max_completion_len - soft_punish_cache tokens, then falling to -1.0 at max_completion_len.

    Args:
        max_completion_len: the length in tokens above which the value is -1.0.
        soft_punish_cache: the number of tokens before that over which the value falls.

    Source: DAPO (arXiv:2503.14476), equation 13; open-r1, ``get_soft_overlong_punishment``.
    """
    limits.soft_overlong_punishment(
        max_completion_len=max_completion_len, soft_punish_cache=soft_punish_cache
    )
    free = max_completion_len - soft_punish_cache

    def value(tokens: int) -> float:
        if tokens <= free:
            return 0.0
        return (free - tokens) / soft_punish_cache if tokens <= max_completion_len else -1.0

    return [value(len(ids)) for ids in completion_ids]
