"""The tests of a row: what ``verification_info`` and columns of tests say, as test cases."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from r1_rewards.programs.comparison import same_lines, same_value
from r1cli import time_factor


class RefusedRow(ValueError):
    """A row's tests cannot be used; a reward returns it in the completion's place."""


@dataclass(frozen=True)
class Case:
    """One test.

    Args:
        input: for standard input, or one JSON argument a line.
        output: the expected output, or the JSON result.
        function: the function to call; empty: the program reads its standard input.
    """

    input: str
    output: str
    function: str = ""


@dataclass(frozen=True)
class Verification:
    """The tests of a row, and the language of their programs."""

    language: str
    cases: tuple[Case, ...]


def read_verification(info: Any) -> Verification | None:
    """The tests of a ``verification_info``: a mapping, or its JSON. None if there are none.

    Raises:
        RefusedRow: it is neither, or a test has another shape.
    """
    if info is None or info == "":
        return None
    if isinstance(info, str):
        return _read_json(info)
    return _read_verification(info)


@lru_cache(maxsize=512)
def _read_json(text: str) -> Verification | None:
    info = read_json(text, "verification_info")
    return None if info is None else _read_verification(info)


def _read_verification(info: Any) -> Verification | None:
    if not isinstance(info, Mapping):
        raise RefusedRow(f"verification_info is not a mapping, but {type(info).__name__}")
    cases = info.get("test_cases")
    if isinstance(cases, str):
        cases = read_json(cases, "test_cases")
    default = str(info.get("fn_name") or "")
    read = tuple(_read_case(case, default, number) for number, case in enumerate(_listed(cases), start=1))
    language = info.get("language") or "python"
    if not isinstance(language, str):
        raise RefusedRow(f"the language is not a name, but {type(language).__name__}")
    return Verification(language, read) if read else None


def _read_case(case: Any, default: str, number: int) -> Case:
    if not isinstance(case, Mapping):
        raise RefusedRow(f"test {number} is not a mapping")
    kind = case.get("type") or ("function_call" if case.get("fn_name") or default else "stdin_stdout")
    if kind == "stdin_stdout":
        return Case(_text(case, "input", number), _text(case, "output", number))
    if kind != "function_call":
        raise RefusedRow(f"test {number} has the type '{kind}', which is not stdin_stdout or function_call")
    function = str(case.get("fn_name") or default)
    if not function.isidentifier():
        raise RefusedRow(f"test {number} calls a function, and fn_name is '{function}'")
    arguments, expected = case.get("input"), case.get("output")
    if not isinstance(arguments, str):
        arguments = "\n".join(json.dumps(argument) for argument in _listed(arguments))
    expected = expected if isinstance(expected, str) else json.dumps(expected)
    read_json(expected, f"the output of test {number}")
    return Case(arguments, expected, function)


def read_pairs(tests: Any) -> tuple[Case, ...]:
    """Tests as a list of {input, output}, or its JSON.

    Raises:
        RefusedRow: they have another shape.
    """
    tests = read_json(tests, "the list of tests") if isinstance(tests, str) else tests
    cases = []
    for number, test in enumerate(_listed(tests), start=1):
        if not isinstance(test, Mapping):
            raise RefusedRow(f"test {number} is not a mapping")
        cases.append(Case(_text(test, "input", number), _text(test, "output", number)))
    return tuple(cases)


def _text(case: Mapping[str, Any], name: str, number: int) -> str:
    value = case.get(name)
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "\n".join(value)  # as APPS stores some of its tests
    if not isinstance(value, str):
        raise RefusedRow(f"the {name} of test {number} is not text, but {type(value).__name__}")
    return value


def _listed(tests: Any) -> Sequence[Any]:
    if tests is None:
        return ()
    if isinstance(tests, Mapping) and tests and all(isinstance(column, list) for column in tests.values()):
        # As datasets gives a sequence of structs.
        return [dict(zip(tests, values, strict=False)) for values in zip(*tests.values(), strict=False)]
    if isinstance(tests, str | bytes | Mapping):
        raise RefusedRow(f"the tests are not a list, but {type(tests).__name__}")
    return list(tests)


def read_json(text: str, what: str) -> Any:
    """What a column holds as JSON.

    Raises:
        RefusedRow: it is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedRow(f"{what} is not JSON: {error}") from None


def factor_of(language: str) -> float:
    """The time factor of a row's language.

    Raises:
        RefusedRow: no provider knows the language.
    """
    try:
        return time_factor(language)
    except ValueError as error:
        raise RefusedRow(str(error)) from None


def judge_of(case: Case, tolerance: float) -> Callable[[str], bool]:
    """Whether an output is right for a test of ``verification_info``."""
    if case.function:
        expected = json.loads(case.output)
        return lambda output: same_value(expected, output, tolerance)
    return lambda output: same_lines(case.output, output, tolerance)
