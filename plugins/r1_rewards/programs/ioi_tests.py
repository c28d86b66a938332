"""The tests of IOI problems, which are a dataset beside the problems."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from r1_rewards.programs.cases import Case, RefusedRow

_COLUMNS = ("problem_id", "test_name", "test_input", "test_output")


def from_row(test_names: list[str], test_cases: Any) -> dict[str, Case]:
    """The tests that a row brings: pairs or mappings in the order of the names, or by name.

    Raises:
        RefusedRow: they have another shape.
    """
    if isinstance(test_cases, Mapping):
        pairs = {str(name): test for name, test in test_cases.items() if test is not None}
    elif isinstance(test_cases, list | tuple) and len(test_cases) == len(test_names):
        pairs = dict(zip(test_names, test_cases, strict=True))
    else:
        raise RefusedRow("test_cases do not fit test_names")
    return {name: _case(name, test) for name, test in pairs.items()}


def _case(name: str, test: Any) -> Case:
    if isinstance(test, Mapping):
        test = (test.get("input", test.get("test_input")), test.get("output", test.get("test_output")))
    if not isinstance(test, list | tuple) or len(test) != 2 or not isinstance(test[0], str):
        raise RefusedRow(f"the test {name[:80]!r} is not a pair of input and output")
    return Case(test[0], test[1] or "")


@lru_cache(maxsize=16)
def read_tests(tests: str, year: str, problem: str) -> Mapping[str, Case]:
    """The tests of a problem, by name.

    Args:
        tests: a dataset of the Hub, with a config for each year; or a folder with ``YEAR/*.parquet``.
        year: of the problem.
        problem: its id.

    Raises:
        RefusedRow: there are none, or they cannot be read.
    """
    if not (year.isascii() and year.isdigit()):
        raise RefusedRow(f"the year is {year[:40]!r}")
    folder = Path(tests).expanduser()
    try:
        found = _from_folder(folder, year, problem) if folder.is_dir() else _from_hub(tests, year, problem)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RefusedRow(
            f"the tests of {year} in {tests} cannot be read: {type(error).__name__}: {error}"
        ) from None
    if not found:
        raise RefusedRow(f"{tests} has no tests of {year} for {problem!r}")
    return found


def _from_folder(folder: Path, year: str, problem: str) -> dict[str, Case]:
    from pyarrow import parquet

    found: dict[str, Case] = {}
    for path in sorted((folder / year).rglob("*.parquet")):
        table = parquet.read_table(
            path, columns=list(_COLUMNS), filters=[("problem_id", "==", problem)], partitioning=None
        )
        found.update(
            {row["test_name"]: Case(row["test_input"], row["test_output"] or "") for row in table.to_pylist()}
        )
    return found


def _from_hub(tests: str, year: str, problem: str) -> dict[str, Case]:
    from datasets import load_dataset

    # The rows stay on disk: only the ids are read to find those of the problem.
    dataset = load_dataset(tests, name=year, split="train").select_columns(list(_COLUMNS))
    numbers = [number for number, each in enumerate(dataset["problem_id"]) if each == problem]
    return {
        row["test_name"]: Case(row["test_input"], row["test_output"] or "") for row in dataset.select(numbers)
    }
