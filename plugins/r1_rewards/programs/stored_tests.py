"""Tests of problems that are stored in a folder: open-r1's generated tests of Codeforces, and USACO's."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from r1_rewards.programs.cases import Case, RefusedRow
from r1cli import check_file_name

#: The names of USACO's files: ``3.in`` and ``3.out``, or ``I.3`` and ``O.3``.
_INPUT = re.compile(r"(?:(\d+)\.in|I\.(\d+))")
_INDICES = ("test_i", "test_case_i")


@lru_cache(maxsize=128)
def read_tests(folder: str, problem: str) -> tuple[Case, ...]:
    """The tests of a problem that a folder has.

    They are rows of ``test_cases_CONTEST.parquet``, with the contest of four digits, in the folder or in its
    ``generated_tests``; or files ``PROBLEM/1.in`` and ``1.out``, or ``I.1`` and ``O.1``, in it or in its
    ``tests``.

    Raises:
        RefusedRow: the id is not a plain name, or the tests cannot be read.
    """
    try:
        check_file_name(problem)
    except ValueError as error:
        raise RefusedRow(f"the id cannot be used: {error}") from None
    contest = problem.partition("/")[0]
    if contest.isascii() and contest.isdigit():
        name = f"test_cases_{int(contest):04d}.parquet"
        for path in (Path(folder) / name, Path(folder) / "generated_tests" / name):
            if path.is_file():
                return _from_parquet(path, problem)
    for path in (Path(folder) / problem, Path(folder) / "tests" / problem):
        if path.is_dir() and path.resolve().is_relative_to(Path(folder).resolve()):
            return _from_files(path)
    return ()


def _from_parquet(path: Path, problem: str) -> tuple[Case, ...]:
    import pyarrow
    from pyarrow import parquet

    try:
        rows: list[dict[str, Any]] = parquet.read_table(
            path, filters=[("problem_id", "==", problem)], partitioning=None
        ).to_pylist()
        index = next((name for name in _INDICES if rows and name in rows[0]), None)
        if index:
            rows.sort(key=lambda row: int(row[index]))
        return tuple(Case(row["input"], row["output"]) for row in rows)
    except (OSError, KeyError, TypeError, ValueError, pyarrow.ArrowException) as error:
        raise RefusedRow(f"the tests in {path} cannot be read: {type(error).__name__}: {error}") from None


def _from_files(folder: Path) -> tuple[Case, ...]:
    found: dict[int, Path] = {}
    for path in folder.iterdir():
        match = _INPUT.fullmatch(path.name)
        if match and not path.is_symlink():
            found[int(match[1] or match[2])] = path
    cases = []
    for _, path in sorted(found.items()):
        answer = path.with_suffix(".out") if path.suffix == ".in" else path.with_name(f"O{path.name[1:]}")
        try:
            cases.append(Case(path.read_text(encoding="utf-8"), answer.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise RefusedRow(f"the test {path} cannot be read: {error}") from None
    return tuple(cases)
