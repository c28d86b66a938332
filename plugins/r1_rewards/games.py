"""Rewards for puzzles whose answers a program can check."""

import ast
import inspect
import json
import operator
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from r1_rewards.completions import LogExtra, question
from r1_rewards.gym_sandbox import Evaluation, is_expression, known_names, scores_of
from r1cli import Answer, R1Error, answer_of, texts

# Longer than any real equation; a longer one could exhaust the parser's recursion.
_LONGEST = 300
# What is worked out as code may be a long polynomial.
_LONGEST_CODE = 2000
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


async def reasoning_gym(
    completions: Sequence[Any],
    prompts: Sequence[Any],
    solution: Sequence[str],
    task: Sequence[str | None],
    metadata: Sequence[Any],
    log_extra: LogExtra | None = None,
    **kwargs: Any,
) -> list[float | Exception | None]:
    """The score of the answer by the verifier of the row's reasoning-gym task, mostly between 0.0 and 1.0.

    The answer is the last ``<answer>`` block, or else the last line. An answer that crashes a verifier is
    wrong, 0.0, since the verifier was able to read the gold. None if the row does not come from a task, or
    its verifier cannot read the gold. Some verifiers evaluate the answer as Python: those get only plain
    arithmetic with mathematical functions, or other plain expressions in a sandbox; any other answer is
    wrong, and any other gold gives None. Without a sandbox on this machine, only plain arithmetic is judged.
    In the table of completions, the column ``reasoning_gym_answer`` has the answers.

    Source: reasoning-gym, ``score_answer`` of each task.
    """
    answers = [_answer(text) for text in texts(completions)]
    if log_extra:
        log_extra("reasoning_gym_answer", answers)
    rows = [
        _judged_or_evaluation(answer, question(prompt), gold, name, details)
        for answer, prompt, gold, name, details in zip(
            answers, prompts, solution, task, metadata, strict=True
        )
    ]
    evaluations = list(dict.fromkeys(row for row in rows if isinstance(row, Evaluation)))
    found = dict(zip(evaluations, await _evaluated(evaluations), strict=True))
    return [found[row] if isinstance(row, Evaluation) else row for row in rows]


def _judged_or_evaluation(
    answer: str, prompt: str, gold: str, name: str | None, details: Any
) -> float | Evaluation | None:
    """A score, or what must be evaluated in the sandbox to get it."""
    written = details if isinstance(details, str) else json.dumps(details, default=str)
    if name is None:
        return None
    gold = str(gold)
    plain = not _evaluates(name) or _is_tame(gold, gold)
    if plain and (not _evaluates(name) or _is_tame(answer, gold)):
        entry = _entry(name, prompt, gold, written)
        return None if entry is None else _judge(name, entry, answer)
    if not is_expression(gold, gold) or _details(written) is None:
        return None if not plain or _entry(name, prompt, gold, written) is None else 0.0
    if not is_expression(answer, gold):
        return 0.0
    return Evaluation(name, _module_of(name), prompt, gold, written, answer)


async def _evaluated(evaluations: Sequence[Evaluation]) -> Sequence[float | Exception | None]:
    try:
        return await scores_of(evaluations) if evaluations else ()
    except R1Error:  # there is no sandbox on this machine
        return [0.0 if _is_tame(each.gold, each.gold) else None for each in evaluations]


def _answer(text: str) -> str:
    block = answer_of(text, answer="block")
    if block is not None:
        return block.text.strip()
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""


def _judge(task: str, entry: dict[str, Any], answer: str) -> float:
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
    source = inspect.getsource(import_module(_module_of(task)))
    return any(word in source for word in ("parse_expr", "sympify", "eval("))


@cache
def _module_of(task: str) -> str:
    verifier = _verifier(task)
    return type(getattr(verifier, "__self__", verifier)).__module__


def _is_tame(answer: str, gold: str) -> bool:
    """Whether an answer is arithmetic, not a program, and small enough to be evaluated.

    No quotes, no attributes, no names except single letters, mathematical functions and the gold's own words;
    no powers except those of a letter.
    """
    words = set(re.findall(r"[A-Za-z_]\w*", answer))
    allowed = known_names(gold)
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
    details = _details(metadata)
    if details is None:
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


def _details(metadata: str) -> dict[str, Any] | None:
    try:
        details = json.loads(metadata)
    except (TypeError, ValueError):
        return None
    return details if isinstance(details, dict) else None


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
