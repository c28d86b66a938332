"""The quickstart's problems: held out means held out."""

import re
from collections.abc import Callable

import pytest

from r1cli.quickstart.arithmetic import additions, chain_sums
from r1cli.quickstart.problem_sets import Problems
from r1cli.scoring.math import verify


def identity(prompt: str) -> tuple[object, ...]:
    """What makes two prompts the same problem: for a sum of two, the numbers in any order."""
    numbers = re.fullmatch(r"(\d+)\+(\d+)", prompt)
    return tuple(sorted(map(int, numbers.groups()))) if numbers else (prompt,)


@pytest.mark.parametrize("make", [additions, chain_sums])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_problem_is_in_two_sets(make: Callable[[int], Problems], seed: int) -> None:
    problems = make(seed)
    sets = [
        {identity(row["prompt"]) for row in rows} for rows in (problems.sft, problems.grpo, problems.held_out)
    ]
    sft, grpo, held_out = sets
    assert not sft & held_out
    assert not grpo & held_out
    assert not sft & grpo
    assert len(held_out) == len(problems.held_out)


def test_the_tiny_model_is_measured_on_512_problems() -> None:
    assert len(additions(0).held_out) == 512


def test_the_same_seed_gives_the_same_problems() -> None:
    assert additions(3) == additions(3)
    assert additions(3) != additions(4)


def test_solutions_are_right_and_some_traces_are_not() -> None:
    problems = additions(0)
    for row in (*problems.grpo, *problems.held_out):
        assert sum(map(int, row["prompt"].split("+"))) == int(row["solution"])
    golds = [str(sum(map(int, row["prompt"].split("+")))) for row in problems.sft]
    right = verify(golds, [row["completion"] for row in problems.sft])
    # Two columns, each with a slip of 0.2: 0.64 of the traces are right, and a slip is seldom without effect.
    assert 0.60 < sum(map(bool, right)) / len(right) < 0.70


def test_chain_sum_traces_end_in_the_answer() -> None:
    for row in chain_sums(0).sft:
        thoughts, answer = re.fullmatch(
            r"<think>\n(.*)\n</think>\n<answer>\n(.*)\n</answer>", row["completion"], re.DOTALL
        ).groups()
        assert thoughts.rpartition(" = ")[2] == answer
