"""Rewards that compare a mathematical answer with the gold."""

import math
from collections.abc import Sequence
from typing import Any

from r1_rewards.completions import LogExtra, lengths
from r1cli import Verdict, VerifierLost, explain_all, texts

#: Right or wrong; None if the gold is missing or cannot be parsed, an error if the verification failed.
Correct = bool | VerifierLost | None


def verdicts(
    solution: Sequence[object], completions: Sequence[Any], mode: str, answer: str = "auto"
) -> list[Correct]:
    """Whether each completion is right, by `r1cli.verify`."""
    return [_correct(one) for one in explain_all(solution, texts(completions), mode=mode, answer=answer)]


def _correct(verdict: Verdict | VerifierLost) -> Correct:
    return verdict if isinstance(verdict, VerifierLost) else verdict.correct


def accuracy(
    completions: Sequence[Any],
    solution: Sequence[object],
    log_extra: LogExtra | None = None,
    *,
    mode: str = "auto",
    answer: str = "auto",
    unparsable_gold: float | None = None,
    rounding: int = 6,
    interval_is_inequality: bool = False,
    tuple_is_vector: bool = False,
    ratio_is_fraction: bool = True,
    ignore_case: bool = False,
    **kwargs: Any,
) -> list[float | VerifierLost | None]:
    """1.0 when the completion's answer equals the gold ``solution``, 0.0 when it does not.

    docs/verdicts.md says how the answer is found, read and compared. The answers are logged as ``answer``.

    Args:
        mode: how to read reference answers: auto, latex, number, boxed, or text, also
            called solution (a whole worked solution).
        answer: where to look for the answer: auto, strict (as open-r1 does), boxed, or block.
        unparsable_gold: the value if the gold itself cannot be parsed. None by default, since the answer
            cannot be judged; open-r1 first gave 1.0, and variants of it 0.5.
        rounding: a decimal with at least this number of digits after its point may be rounded.
        interval_is_inequality: 1 <= x <= 4 answers the gold [1, 4].
        tuple_is_vector: (1, 2) is the column vector of 1 and 2.
        ratio_is_fraction: 9:10 is 9/10.
        ignore_case: n is N.

    Source: open-r1, ``accuracy_reward``; DeepSeek-R1 (arXiv:2501.12948), section 2.2.2.
    """
    explained = explain_all(
        solution,
        texts(completions),
        mode=mode,
        answer=answer,
        rounding=rounding,
        interval_is_inequality=interval_is_inequality,
        tuple_is_vector=tuple_is_vector,
        ratio_is_fraction=ratio_is_fraction,
        ignore_case=ignore_case,
    )
    if log_extra is not None:
        log_extra("answer", [_answer(verdict) for verdict in explained])

    def value(correct: Correct) -> float | VerifierLost | None:
        if isinstance(correct, VerifierLost):
            return correct
        return unparsable_gold if correct is None else float(correct)

    return [value(_correct(verdict)) for verdict in explained]


def _answer(verdict: Verdict | VerifierLost) -> str | None:
    """The answer, written so that equal readings have equal texts; None if none was found."""
    if isinstance(verdict, VerifierLost) or verdict.found is None or verdict.reason == "answer not parsed":
        return None
    return next(iter(verdict.answer), verdict.found.text)


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
    answer: str = "auto",
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
        answer: where to look for the answer, as for accuracy.

    Source: open-r1, ``get_cosine_scaled_reward``; Demystifying Long CoT (arXiv:2502.03373), section 4.
    """
    if max_len <= 0:
        raise ValueError(f"max_len must be above 0, not {max_len}")

    def value(right: Correct, length: int) -> float | VerifierLost | None:
        if not isinstance(right, bool):
            return right
        low, high = (min_value_correct, max_value_correct) if right else (max_value_wrong, min_value_wrong)
        return low + (high - low) * (1 + math.cos(math.pi * min(length / max_len, 1.0))) / 2

    judged = zip(
        verdicts(solution, completions, mode, answer), lengths(completions, completion_ids, unit), strict=True
    )
    return [value(right, length) for right, length in judged]
