"""Rewards that compare a mathematical answer with the gold."""

from collections.abc import Sequence
from typing import Any

from r1_rewards.completions import texts
from r1cli import verify


def accuracy(completions: Sequence[Any], solution: Sequence[object], **kwargs: Any) -> list[float | None]:
    """1.0 when the completion's answer equals the gold ``solution``, 0.0 when it does not.

    None where the gold itself cannot be parsed, since then nobody can say. `r1cli.verify` says which part of
    a completion is its answer.
    """
    verdicts = verify(solution, texts(completions))
    return [None if verdict is None else float(verdict) for verdict in verdicts]
