"""Rewards that compare a mathematical answer with the gold."""

import math
from collections.abc import Sequence
from typing import Any

from r1_rewards.completions import lengths, texts
from r1cli import VerifierLost, verify

#: Right or wrong; None if the gold is missing or cannot be parsed, an error if the verification failed.
Verdict = bool | VerifierLost | None


def verdicts(solution: Sequence[object], completions: Sequence[Any], mode: str) -> Sequence[Verdict]:
    """Whether each completion is right, by `r1cli.verify`."""
    try:
        return verify(solution, texts(completions), mode=mode)
    except VerifierLost as error:
        return error.verdicts


def accuracy(
    completions: Sequence[Any],
    solution: Sequence[object],
    *,
    mode: str = "auto",
    unparsable_gold: float | None = None,
    **kwargs: Any,
) -> list[float | VerifierLost | None]:
    """1.0 when the completion's answer equals the gold ``solution``, 0.0 when it does not.

    `r1cli.verify` defines which part of a completion is its answer.

    Args:
        mode: how to read reference answers: auto, latex, number, boxed, or text (a whole worked solution).
        unparsable_gold: the value if the gold itself cannot be parsed. None by default, since the answer
            cannot be judged; open-r1 first gave 1.0, and variants of it 0.5.

    Source: open-r1, ``accuracy_reward``; DeepSeek-R1 (arXiv:2501.12948), section 2.2.2.
    """

    def value(verdict: Verdict) -> float | VerifierLost | None:
        if isinstance(verdict, VerifierLost):
            return verdict
        return unparsable_gold if verdict is None else float(verdict)

    return [value(verdict) for verdict in verdicts(solution, completions, mode)]


def cosine(
    completions: Sequence[Any],
    solution: Sequence[object],
    completion_ids: Sequence[Sequence[int]] | None = None,
    *,
    min_value_wrong: float = -1.0,
    max_value_wrong: float = -0.5,
    min_value_correct: float = 0.5,
    max_value_correct: float = 1.0,
    max_len: int = 1000,
    unit: str = "characters",
    mode: str = "auto",
    **kwargs: Any,
) -> list[float | VerifierLost | None]:
    """Correct answers score more the shorter they are, wrong ones more the longer they are.

    With t = min(length / max_len, 1), the value is low + (high - low) * (1 + cos(pi t)) / 2. For a correct
    answer low and high are min_value_correct and max_value_correct; for a wrong one they are swapped,
    max_value_wrong and min_value_wrong. None if the gold cannot be parsed.

    The cosine stops at max_len, as in TRL: in open-r1 it turns back there, and a completion twice as long
    scores like an empty one.

    Args:
        max_len: the length at which the value reaches its end, in units.
        unit: "characters", as in open-r1, or "tokens", as in the paper.
        mode: how to read reference answers, as for accuracy.

    Source: open-r1, ``get_cosine_scaled_reward``; Demystifying Long CoT (arXiv:2502.03373), section 4.
    """
    if max_len <= 0:
        raise ValueError(f"max_len must be above 0, not {max_len}")

    def value(correct: Verdict, length: int) -> float | VerifierLost | None:
        if not isinstance(correct, bool):
            return correct
        low, high = (min_value_correct, max_value_correct) if correct else (max_value_wrong, min_value_wrong)
        return low + (high - low) * (1 + math.cos(math.pi * min(length / max_len, 1.0))) / 2

    judged = zip(
        verdicts(solution, completions, mode), lengths(completions, completion_ids, unit), strict=True
    )
    return [value(correct, length) for correct, length in judged]
