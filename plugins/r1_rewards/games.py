"""Rewards for puzzles whose answers a program can check."""

import ast
import inspect
import json
import operator
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from r1_rewards.completions import LogExtra, question
from r1cli import Answer, answer_of, texts

# Longer than any real equation; a longer one could exhaust the parser's recursion.
_LONGEST = 300
# What is worked out as code may be a long polynomial.
_LONGEST_CODE = 2000
_FUNCTIONS = {
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "exp",
    "log",
    "ln",
    "sqrt",
    "pi",
}
_ARITHMETIC = re.compile(r"[0-9+\-*/()\s]+")
_NUMBER = re.compile(r"\s*-?[0-9]+(?:\.[0-9]+)?\s*")
_OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def equation(
    completions: Sequence[Any],
    target: Sequence[Any],
    nums: Sequence[Sequence[int] | None],
    log_extra: LogExtra | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """1.0 when the answer makes ``target`` from ``nums``, each used once; else 0.0.

    The answer is the one that `r1cli.answer_of` finds: whole numbers, + - * / and parentheses, and optionally
    "= target" at its end. Fractions are exact. None if the row has no valid target or numbers. In the table
    of completions, the column ``equation_deviation`` says what is wrong with an answer.

    Source: the Countdown game as scored by TinyZero and Mini-R1 (philschmid.de/mini-deepseek-r1).
    """
    games = [_game(result, numbers) for result, numbers in zip(target, nums, strict=True)]
    deviations = [
        None if game is None else _deviation(answer_of(text), *game)
        for text, game in zip(texts(completions), games, strict=True)
    ]
    if log_extra:
        log_extra("equation_deviation", [deviation or "" for deviation in deviations])
    return [None if deviation is None else float(deviation == "") for deviation in deviations]


def _game(target: Any, numbers: Any) -> tuple[Fraction, list[int]] | None:
    try:
        return Fraction(str(target)), [int(number) for number in numbers]
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def _deviation(answer: Answer | None, target: Fraction, numbers: list[int]) -> str:
    """Why an answer does not solve the game; empty if it does."""
    if answer is None:
        return "no answer"
    left, equals, right = answer.text.partition("=")
    if len(answer.text) > _LONGEST or not _ARITHMETIC.fullmatch(left):
        return "the answer is not plain arithmetic"
    used, allowed = (sorted(each) for each in (map(int, re.findall(r"[0-9]+", left)), numbers))
    if used != allowed:
        return f"it uses {used} instead of {allowed}"
    if equals and not (_NUMBER.fullmatch(right) and Fraction(right.strip()) == target):
        return f"it claims to equal {right.strip()}, but the target is {target}"
    try:
        value = _value(ast.parse(left.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return "it cannot be evaluated"
    return "" if value == target else f"it equals {value}, but the target is {target}"


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
    raise ValueError("not plain arithmetic")


def reasoning_gym(
    completions: Sequence[Any],
    prompts: Sequence[Any],
    solution: Sequence[str],
    task: Sequence[str | None],
    metadata: Sequence[Any],
    log_extra: LogExtra | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """The score of the answer by the verifier of the row's reasoning-gym task, mostly between 0.0 and 1.0.

    The answer is the last ``<answer>`` block, or else the last line. An answer that crashes a verifier is
    wrong, 0.0, since the verifier was able to read the gold. None if the row does not come from a task, or
    its verifier cannot read the gold. Some verifiers evaluate the answer as Python: those get only plain
    arithmetic with mathematical functions; any other answer is wrong, and any other gold gives None. In the
    table of completions, the column ``reasoning_gym_answer`` has the answers.

    Source: reasoning-gym, ``score_answer`` of each task.
    """
    answers = [_answer(text) for text in texts(completions)]
    if log_extra:
        log_extra("reasoning_gym_answer", answers)
    scores: list[float | None] = []
    for answer, prompt, gold, name, details in zip(answers, prompts, solution, task, metadata, strict=True):
        written = details if isinstance(details, str) else json.dumps(details, default=str)
        entry = None if name is None else _entry(name, question(prompt), gold, written)
        scores.append(None if name is None or entry is None else _judge(name, entry, answer))
    return scores


def _answer(text: str) -> str:
    block = answer_of(text, answer="block")
    if block is not None:
        return block.text.strip()
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""


def _judge(task: str, entry: dict[str, Any], answer: str) -> float:
    if _evaluates(task) and not _is_tame(answer, str(entry["answer"])):
        return 0.0
    try:
        return float(_verifier(task)(answer, entry))
    except Exception:  # a verifier may raise anything for an invalid answer
        return 0.0


@cache
def _verifier(task: str) -> Callable[[str, dict[str, Any]], float]:
    from reasoning_gym import get_score_answer_fn

    verifier: Callable[[str, dict[str, Any]], float] = get_score_answer_fn(task)
    return verifier


@cache
def _evaluates(task: str) -> bool:
    """Whether a task's verifier runs the answer as code, as sympy's parsers do."""
    verifier = _verifier(task)
    module = inspect.getmodule(type(getattr(verifier, "__self__", verifier)))
    source = inspect.getsource(module) if module else ""
    return any(word in source for word in ("parse_expr", "sympify", "eval("))


def _is_tame(answer: str, gold: str) -> bool:
    """Whether an answer is arithmetic, not a program, and small enough to be evaluated.

    No quotes, no attributes, no names except single letters, mathematical functions and the gold's own words;
    no powers except those of a letter.
    """
    words = set(re.findall(r"[A-Za-z_]\w*", answer))
    allowed = _FUNCTIONS | set(re.findall(r"[A-Za-z]\w*", gold))
    # x**9 stays symbolic; a power of a number or of parentheses would be evaluated, maybe endlessly.
    powers = len(re.findall(r"\*\*|\^", answer))
    harmless = len(re.findall(r"(?<!\w)[A-Za-z]\s*(?:\*\*|\^)\s*\d{1,3}(?![\w.]|\s*(?:\*\*|\^))", answer))
    return (
        len(answer) <= _LONGEST_CODE
        and re.fullmatch(r"[\w\s+\-*/^().,=<>|]*", answer) is not None
        and not re.search(r"[A-Za-z_)]\s*\.|\.\s*[A-Za-z_]|\d{30}", answer)
        and all(word in allowed or len(word) == 1 for word in words)
        and powers == harmless
    )


@lru_cache(maxsize=4096)
def _entry(task: str, prompt: str, gold: str, metadata: str) -> dict[str, Any] | None:
    """The task's row in the format of its verifier.

    JSON has no tuples, but some verifiers compare with tuples: if the gold scores higher with tuples in place
    of lists, the row gets those.
    """
    try:
        details = json.loads(metadata)
    except (TypeError, ValueError):
        return None
    if not isinstance(details, dict):
        return None
    if _evaluates(task) and not _is_tame(gold, gold):
        return None
    as_lists = {"question": prompt, "answer": gold, "metadata": details}
    as_tuples = {**as_lists, "metadata": {name: _tuples(value) for name, value in details.items()}}
    better = _judge(task, as_tuples, gold) > _judge(task, as_lists, gold)
    chosen = as_tuples if better else as_lists
    try:
        _verifier(task)(gold, chosen)
    except Exception:  # a verifier that fails for its own gold cannot judge any answer
        return None
    return chosen


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
