"""The problems of the quickstart's programs: held out means held out, and the tests are right."""

import re
from itertools import combinations
from typing import Any

import pytest

from r1cli.quickstart.code_problems import programs
from r1cli.quickstart.problem_sets import Row


def expected(prompt: str, numbers: list[int]) -> int:
    """What a prompt such as "a plus 3, then max b" asks for."""
    left, first, middle, second, right = prompt.replace(", then", "").split()
    value = {**dict(zip("abc", numbers, strict=True)), **{digit: int(digit) for digit in "23456789"}}
    apply: dict[str, Any] = {
        "plus": int.__add__, "minus": int.__sub__, "times": int.__mul__, "max": max, "min": min,
    }  # fmt: skip
    return int(apply[second](apply[first](value[left], value[middle]), value[right]))


@pytest.mark.parametrize("seed", [0, 1])
def test_no_problem_is_in_two_sets(seed: int) -> None:
    made = programs(seed)
    sets = [{row["prompt"] for row in rows} for rows in (made.sft, made.grpo, made.held_out)]
    assert not any(one & other for one, other in combinations(sets, 2))
    assert len(sets[2]) == 384
    assert programs(seed) == made


def test_the_tests_are_right() -> None:
    for row in programs(0).held_out:
        for case in row["verification_info"]["test_cases"]:
            numbers = list(map(int, case["input"].split()))
            assert case["output"] == f"{expected(row['prompt'], numbers)}\n"


def test_a_third_of_the_cold_start_s_programs_is_wrong() -> None:
    rows = programs(0).sft
    assert 0.60 < sum(map(is_right, rows)) / len(rows) < 0.70


def is_right(row: Row) -> bool:
    found = re.search(r"print\((.*)\)\n```", row["completion"])
    assert found
    samples = ([7, 12, 31], [50, 3, 9], [2, 90, 44])
    # The tests' own rows: they contain only names, digits and operators.
    return all(
        eval(found.group(1), {"max": max, "min": min}, dict(zip("abc", numbers, strict=True)))
        == expected(row["prompt"], numbers)
        for numbers in samples
    )
