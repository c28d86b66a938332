"""The problems of ``r1 quickstart --model tiny-code``: short Python programs, judged by running them."""

import operator
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from r1cli.quickstart.problem_sets import Problems, Row, traced

#: Problems held out, and for SFT; the rest is for GRPO.
HELD_OUT, FOR_SFT = 384, 1600
#: Error rate of each operator in cold-start programs: GRPO has to fix what the model learns from them.
SLIP = 0.2
#: Test cases of each problem.
TESTS = 3

_NAMES, _DIGITS = "abc", "23456789"
_Task = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class _Operator:
    """How Python writes an operator, what it does, and what somebody writes for it by mistake."""

    text: str
    apply: Callable[[int, int], int]
    mistake: str


_PLUS, _MINUS, _TIMES, _MAX, _MIN = "({}+{})", "({}-{})", "({}*{})", "max({},{})", "min({},{})"
_OPERATORS = {
    "plus": _Operator(_PLUS, operator.add, _MINUS),
    "minus": _Operator(_MINUS, operator.sub, _PLUS),
    "times": _Operator(_TIMES, operator.mul, _PLUS),
    "max": _Operator(_MAX, max, _MIN),
    "min": _Operator(_MIN, min, _MAX),
}


def programs(seed: int) -> Problems:
    """Programs that read three numbers and print the value of an expression with two operators.

    No expression of one set is in another.
    """
    rng = random.Random(seed)
    tasks = list(_tasks())
    rng.shuffle(tasks)
    held_out, rest = tasks[:HELD_OUT], tasks[HELD_OUT:]
    return Problems(
        sft=[{"prompt": _ask(task), "completion": _trace(task, rng)} for task in rest[:FOR_SFT]],
        grpo=[_problem(task, rng) for task in rest[FOR_SFT:]],
        held_out=[_problem(task, rng) for task in held_out],
    )


def _tasks() -> Iterator[_Task]:
    """Every (a OPERATOR b) OPERATOR c of names and digits in which both operators have a name."""
    operands = [*_NAMES, *_DIGITS]
    for left, first, middle, second, right in product(operands, _OPERATORS, operands, _OPERATORS, operands):
        if left in _NAMES and right != left != middle and not (middle + right).isdigit():
            yield left, first, middle, second, right


def _ask(task: _Task) -> str:
    left, first, middle, second, right = task
    return f"{left} {first} {middle}, then {second} {right}"


def _trace(task: _Task, rng: random.Random) -> str:
    left, first, middle, second, right = task
    inner = _written(first, rng).format(left, middle)
    expression = _written(second, rng).format(inner, right)
    return traced(expression, f"```python\na,b,c=map(int,input().split())\nprint({expression})\n```")


def _written(name: str, rng: random.Random) -> str:
    one = _OPERATORS[name]
    return one.mistake if rng.random() < SLIP else one.text


def _problem(task: _Task, rng: random.Random) -> Row:
    """A row with its tests in the shape of open-r1's ``verification_info``."""
    cases = [_case(task, [rng.randint(2, 99) for _ in _NAMES]) for _ in range(TESTS)]
    return {"prompt": _ask(task), "verification_info": {"language": "python", "test_cases": cases}}


def _case(task: _Task, numbers: list[int]) -> dict[str, str]:
    left, first, middle, second, right = task
    values = {**dict(zip(_NAMES, numbers, strict=True)), **{digit: int(digit) for digit in _DIGITS}}
    inner = _OPERATORS[first].apply(values[left], values[middle])
    result = _OPERATORS[second].apply(inner, values[right])
    return {"input": " ".join(map(str, numbers)) + "\n", "output": f"{result}\n", "type": "stdin_stdout"}
