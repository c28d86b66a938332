"""Rewards for puzzles whose answers a program can check."""

import ast
import json
import operator
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from r1_rewards.completions import answer_block, question, texts

# Longer than any honest equation; a parser can be sent into the depths by a longer one.
_LONGEST = 300
_ARITHMETIC = re.compile(r"[0-9+\-*/()\s]+")
_NUMBER = re.compile(r"\s*-?[0-9]+(?:\.[0-9]+)?\s*")
_OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def equation(
    completions: Sequence[Any], target: Sequence[Any], nums: Sequence[Sequence[int] | None], **kwargs: Any
) -> list[float | None]:
    """1.0 when the last ``<answer>`` block makes ``target`` from ``nums``, each used once; else 0.0.

    The block holds whole numbers, + - * / and parentheses, and perhaps "= target" at its end. Fractions are
    exact. None where the row has no target or no numbers.

    Source: the Countdown game as TinyZero and Mini-R1 (philschmid.de/mini-deepseek-r1) score it.
    """
    return [
        None
        if wanted is None or numbers is None
        else float(_solves(answer_block(text) or "", Fraction(str(wanted)), list(numbers)))
        for text, wanted, numbers in zip(texts(completions), target, nums, strict=True)
    ]


def _solves(answer: str, target: Fraction, numbers: list[int]) -> bool:
    left, equals, right = answer.partition("=")
    if len(answer) > _LONGEST or not _ARITHMETIC.fullmatch(left):
        return False
    if sorted(map(int, re.findall(r"[0-9]+", left))) != sorted(map(int, numbers)):
        return False
    if equals and not (_NUMBER.fullmatch(right) and Fraction(right.strip()) == target):
        return False
    try:
        return _value(ast.parse(left.strip(), mode="eval").body) == target
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return False


def _value(node: ast.expr) -> Fraction:
    """The exact value of a sum, difference, product or quotient.

    Raises:
        ValueError: it is something else, such as a power.
    """
    match node:
        case ast.Constant(value=int(number)):
            return Fraction(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATIONS:
            return _OPERATIONS[type(operation)](_value(left), _value(right))
    raise ValueError("no plain arithmetic")


def reasoning_gym(
    completions: Sequence[Any],
    prompts: Sequence[Any],
    solution: Sequence[str],
    task: Sequence[str | None],
    metadata: Sequence[str],
    **kwargs: Any,
) -> list[float | None]:
    """What the verifier of the row's reasoning-gym task gives to the answer, mostly between 0.0 and 1.0.

    The answer is the last ``<answer>`` block, or else the last line. An answer that makes a verifier stumble
    is wrong, 0.0, since the verifier has read the gold before; one that cannot read the gold raises. None
    where the row comes from no task.

    Source: reasoning-gym, ``score_answer`` of each task.
    """
    rows = zip(texts(completions), prompts, solution, task, metadata, strict=True)
    return [
        None if name is None else _judge(name, _entry(name, question(prompt), gold, details), _answer(text))
        for text, prompt, gold, name, details in rows
    ]


def _answer(text: str) -> str:
    block = answer_block(text)
    if block is not None:
        return block
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""


def _judge(task: str, entry: dict[str, Any], answer: str) -> float:
    try:
        return float(_verifier(task)(answer, entry))
    except Exception:  # whatever a verifier raises at an answer, the answer is none
        return 0.0


@cache
def _verifier(task: str) -> Callable[[str, dict[str, Any]], float]:
    from reasoning_gym import get_score_answer_fn

    verifier: Callable[[str, dict[str, Any]], float] = get_score_answer_fn(task)
    return verifier


@lru_cache(maxsize=4096)
def _entry(task: str, asked: str, gold: str, metadata: str) -> dict[str, Any]:
    """The task's own row, as its verifier takes it.

    JSON has no tuples, and a few verifiers compare with some: where the gold scores higher with tuples for
    lists, the row has those.
    """
    details = json.loads(metadata)
    as_lists = {"question": asked, "answer": gold, "metadata": details}
    as_tuples = {**as_lists, "metadata": {name: _tuples(value) for name, value in details.items()}}
    better = _judge(task, as_tuples, gold) > _judge(task, as_lists, gold)
    chosen = as_tuples if better else as_lists
    _verifier(task)(gold, chosen)
    return chosen


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
