"""Comparing an output with the expected one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from r1_rewards.programs.comparison import (
    same_codeforces,
    same_lines,
    same_livecodebench,
    same_value,
    same_words,
)

LINES = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])), max_size=6)


@given(LINES, LINES)
def test_lines_are_equal_if_they_are_but_for_blanks_at_their_ends(one: list[str], other: list[str]) -> None:
    def plain(lines: list[str]) -> list[str]:
        return "\n".join(line.rstrip() for line in lines).rstrip("\n").split("\n")

    assert same_lines("\n".join(one), "\n".join(other), 0.0) == (plain(one) == plain(other))
    assert same_lines("\n".join(one), " \n".join(one) + "\n\n", 0.0)


@given(LINES.filter(lambda lines: any(line.strip() for line in lines)), st.integers(0, 5))
def test_a_missing_or_an_extra_line_is_wrong(lines: list[str], at: int) -> None:
    expected = "\n".join([*lines, "end"])
    less = [line for number, line in enumerate([*lines, "end"]) if number != min(at, len(lines))]
    assert not same_lines(expected, "\n".join(less), 1e-6)
    assert not same_lines(expected, f"{expected}\nextra", 1e-6)


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        # open-r1 compares with zip: each of these passed there, or could never pass.
        ("1\n2\n3", "1", False),
        ("1", "1\n2", False),
        ("1\n2", "", False),
        ("\n1", "\n1\n", True),
        ("\n1", "1", False),
        ("", "", True),
        ("a b", "a  b", False),
        (" a", "a", False),
        ("a \r\nb\r\n", "a\nb", True),
        ("3", "3.0", False),
        ("3", "3.0000001", False),
        ("3.0", "3", True),
        ("0.3333333", "0.33333334", True),
        ("0.5", "0.51", False),
        ("x 0.5", "x 0.5000001", True),
        ("x 0.5 3", "x 0.5 4", False),
        ("x 0.5", "y 0.5", False),
        ("1e9", "1000000000.1", True),
        ("0.5", "nan", False),
        ("0.5", "inf", False),
        ("0.5", "0_5", False),
        ("1e999", "1e999 ", True),
        ("1e999", "5", False),
    ],
)
def test_outputs_line_by_line(expected: str, actual: str, same: bool) -> None:
    assert same_lines(expected, actual, 1e-6) is same


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("YES", "yes\r\n", True),
        ("a  b\n\nc", " a b\nc", True),
        ("abc", "ABC", False),
        ("1", "1\n2", False),
        ("1 2", "12", False),
    ],
)
def test_outputs_as_codeforces_compares_them(expected: str, actual: str, same: bool) -> None:
    assert same_codeforces(expected, actual) is same


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("1.0 2", "1.00 2.0", True),
        ("3", "3.0", True),
        ("0.1", "0.10000001", False),
        ("a\nb", "a\nb \n", True),
        ("a\nb", "a", False),
        ("nan", "nan", True),
        ("1 snan", "snan 1", False),
        ("a 1", "a 1.0", False),
    ],
)
def test_outputs_as_livecodebench_compares_them(expected: str, actual: str, same: bool) -> None:
    assert same_livecodebench(expected, actual) is same


def test_outputs_by_their_words() -> None:
    assert same_words("1 2\n3", "1  2 3 \n") and not same_words("1 2", "12")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_a_value_equals_its_json_and_no_other(value: object) -> None:
    assert same_value(value, json.dumps(value), 0.0) and same_value(value, json.dumps(value), None)
    assert not same_value(value, json.dumps([value]), 0.0)


@pytest.mark.parametrize(
    ("expected", "output", "strict", "as_python"),
    [
        (0.5, "0.5000001", True, False),
        (1, "1.0", False, True),
        (True, "1", False, True),
        ({"a": [0.5]}, '{"a": [0.50000001]}', True, False),
        ([1, 2], "[1]", False, False),
        (1, "", False, False),
        (1, "[" * 100_000, False, False),
        (1, "9" * 5000, False, False),
        (1.5, "9" * 4000, False, False),
    ],
)
def test_values(expected: object, output: str, strict: bool, as_python: bool) -> None:
    assert same_value(expected, output, 1e-6) is strict
    assert same_value(expected, output, None) is as_python
