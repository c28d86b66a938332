"""Compares the output of a program with the expected one."""

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

_FRACTION = re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# No test expects a longer number as a float.
_LONGEST = 400


def same_lines(expected: str, actual: str, tolerance: float) -> bool:
    """Whether two outputs agree line by line.

    Blanks at the ends of lines and line breaks at the end do not count; a missing or an extra line is wrong.

    Args:
        expected: what the test expects.
        actual: what the program wrote.
        tolerance: absolute or relative, for the tokens that are decimal fractions in ``expected``.
    """
    left, right = _lines(expected), _lines(actual)
    return len(left) == len(right) and all(
        one == other or _same_tokens(one, other, tolerance) for one, other in zip(left, right, strict=True)
    )


def _lines(output: str) -> list[str]:
    lines = [line.rstrip() for line in output.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _same_tokens(expected: str, actual: str, tolerance: float) -> bool:
    """Whether two lines agree, of which the expected one has a fraction."""
    left, right = expected.split(), actual.split()
    if len(left) != len(right) or not any(_FRACTION.fullmatch(token) for token in left):
        return False
    return all(
        one == other or _is_close(one, other, tolerance) for one, other in zip(left, right, strict=True)
    )


def _is_close(expected: str, actual: str, tolerance: float) -> bool:
    if max(len(expected), len(actual)) > _LONGEST:
        return False
    if not (_FRACTION.fullmatch(expected) and _NUMBER.fullmatch(actual)):
        return False
    return _near(float(expected), float(actual), tolerance)


def _near(expected: float, actual: float, tolerance: float) -> bool:
    # Infinite numbers are equal or not, and have no difference.
    return expected == actual or abs(expected - actual) <= tolerance * max(1.0, abs(expected)) < math.inf


def same_words(expected: str, actual: str) -> bool:
    """Whether two outputs have the same words, wherever blanks and line breaks are, as CMS compares."""
    return expected.split() == actual.split()


def same_codeforces(expected: str, actual: str) -> bool:
    """Whether two outputs agree as the published Codeforces judge compares them.

    Blanks are squeezed, empty lines are left out, and answers of yes and no alone have no case.
    """
    return _squeezed(expected) == _squeezed(actual)


def _squeezed(output: str) -> list[str]:
    lines = [" ".join(line.split()) for line in output.replace("\r", "").split("\n")]
    return [line.lower() if line.lower() in ("yes", "no") else line for line in lines if line]


def same_livecodebench(expected: str, actual: str) -> bool:
    """Whether two outputs agree as LiveCodeBench compares them: equal lines, or equal decimals in them."""
    left, right = ([line.strip() for line in text.strip().split("\n")] for text in (expected, actual))
    return len(left) == len(right) and all(
        one == other or _same_decimals(one, other) for one, other in zip(left, right, strict=True)
    )


def _same_decimals(expected: str, actual: str) -> bool:
    try:
        left, right = ([Decimal(token) for token in line.split()] for line in (expected, actual))
    except InvalidOperation:
        return False
    # A signalling NaN cannot be compared.
    return all(number.is_finite() for number in (*left, *right)) and left == right


def same_value(expected: Any, output: str, tolerance: float | None) -> bool:
    """Whether an output is JSON of the expected value.

    Args:
        expected: the value.
        output: what the program wrote.
        tolerance: for numbers that are fractions in ``expected``; None: values are equal as Python says.
    """
    try:
        actual = json.loads(output)
        return bool(actual == expected) if tolerance is None else _same_json(expected, actual, tolerance)
    except (ValueError, RecursionError):
        return False


def _same_json(expected: Any, actual: Any, tolerance: float) -> bool:
    if isinstance(expected, float) and isinstance(actual, int | float) and not isinstance(actual, bool):
        try:
            return _near(expected, float(actual), tolerance)
        except OverflowError:
            return False
    if type(expected) is not type(actual):
        return False
    if isinstance(expected, list):
        return len(expected) == len(actual) and all(
            _same_json(one, other, tolerance) for one, other in zip(expected, actual, strict=True)
        )
    if isinstance(expected, dict):
        return expected.keys() == actual.keys() and all(
            _same_json(value, actual[name], tolerance) for name, value in expected.items()
        )
    return bool(expected == actual)
