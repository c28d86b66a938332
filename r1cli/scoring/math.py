"""Math verdicts: is this answer the gold? One function, which every reward about mathematics calls."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

#: Wall-clock limit of one parse or one comparison, in seconds.
TIME_LIMIT = 2

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_MATH_MARKS = ("$", "\\boxed", "\\(", "\\[")


def verify(golds: Sequence[object], answers: Sequence[str]) -> list[bool | None]:
    """Whether each answer equals its gold, by math-verify.

    An answer is a whole completion. What counts in it is its last ``<answer>`` block, if it has one, and
    there the LaTeX, boxed first, with or without ``$...$``, or else a plain number or expression; without
    such a block, the LaTeX of the completion, boxed first. A gold may be LaTeX with or without ``$...$``,
    boxed, or a plain number.

    Args:
        golds: reference answers, one per answer: text, or numbers.
        answers: completions as text.

    Returns:
        One verdict per pair. None where the gold cannot be parsed, or takes too long to be. An answer that
        cannot be parsed, or is too costly to compare, is wrong.

    Raises:
        ValueError: called off the main thread, where math-verify cannot limit its time.

    Source: math-verify, ``parse`` and ``verify``, with the extraction order of open-r1's ``accuracy_reward``.
    """
    # A gold that a dataset holds as a number is a gold all the same.
    return [_verdict(str(gold), answer) for gold, answer in zip(golds, answers, strict=True)]


@lru_cache(maxsize=65_536)
def _verdict(gold: str, answer: str) -> bool | None:
    from math_verify import verify as compare

    gold_parsed = _parse_whole(gold)
    if not gold_parsed:
        return None
    answer_parsed = _parse_answer(answer)
    return bool(answer_parsed) and bool(compare(gold_parsed, answer_parsed, timeout_seconds=TIME_LIMIT))


def _parse_answer(answer: str) -> list[Any]:
    blocks = _ANSWER.findall(answer)
    return _parse_whole(blocks[-1]) if blocks else _parse(answer, plain=False)


@lru_cache(maxsize=65_536)
def _parse_whole(text: str) -> list[Any]:
    """Parses a text that is an answer and nothing else, or a solution that marks its answer."""
    if any(mark in text for mark in _MATH_MARKS):
        return _parse(text, plain=True)
    # math-verify finds bare LaTeX (\frac{1}{2}, [0, 1)) only between dollars.
    return _parse(f"${text.strip()}$", plain=False) or _parse(text, plain=True)


def _parse(text: str, *, plain: bool) -> list[Any]:
    """math-verify's candidates in a text: LaTeX, boxed first, and plain expressions if asked for."""
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse

    targets = [LatexExtractionConfig(boxed_match_priority=0)]
    if plain:
        targets.append(ExprExtractionConfig())
    parsed: list[Any] = parse(text, extraction_config=targets, parsing_timeout=TIME_LIMIT)
    return parsed
