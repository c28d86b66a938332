"""The reward ``cf_code``: problems of Codeforces, and others with tests, limits and checkers."""

import asyncio
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1_rewards import limits
from r1_rewards.completions import LogExtra, with_prefill
from r1_rewards.programs.cases import Case, RefusedRow, factor_of, read_pairs
from r1_rewards.programs.checkers import Checker, Claim, PythonChecker, Referee, TestlibChecker
from r1_rewards.programs.comparison import same_codeforces
from r1_rewards.programs.extraction import find_program, language_of
from r1_rewards.programs.patching import patch
from r1_rewards.programs.reports import Log, Report, Score, once_each, read_each, refused
from r1_rewards.programs.stored_tests import read_tests
from r1_rewards.programs.trials import (
    NO_CODE,
    Trial,
    Tried,
    any_failed,
    describe,
    in_batches,
    of_output,
    passed,
    unknown,
)
from r1cli import Program, ProgramLimits, ProgramResult, ProgramVerdict, execute, step_deadline

#: The variable by which open-r1 finds the generated tests.
FOLDER = "CF_TESTS_FOLDER"
_TIME_LIMIT, _MEMORY_LIMIT = 2.0, 256
_COLUMNS = (
    "official_tests", "test_cases", "time_limit", "memory_limit", "input_mode", "generated_checker",
    "checker",
)  # fmt: skip


async def cf_code(
    completions: Sequence[Any],
    id: Sequence[Any],
    prompts: Sequence[Any] | None = None,
    prefill: Sequence[str] | None = None,
    language: Sequence[str | None] | None = None,
    log_extra: LogExtra | None = None,
    *,
    scoring_mode: str = "weighted_sum",
    test_batch_size: int = 1,
    tests_folder: str = "",
    patch_code: bool = False,
    testlib: str = "",
    default_language: str = "cpp",
    no_compile_reward: float = -0.1,
    no_submission_reward: float = -1.0,
    **columns: Any,
) -> list[Score]:
    """The program, judged by the tests, limits and checker of its problem.

    Rows are those of open-r1/codeforces: ``official_tests``, ``time_limit`` in seconds, ``memory_limit`` in
    MB, ``input_mode`` (``stdio``, or ``file``: input.txt and output.txt) and ``generated_checker`` in Python.
    Or those of CodeContests+: ``test_cases``, and ``checker`` in C++ with testlib. Time limits count CPU
    time, and are longer for slow languages. Where there is no checker, blanks are squeezed, empty lines do
    not count, and yes and no have no case. A checker must first accept the reference answer: outputs are not
    judged by one that refuses it. A checker that does not end is a fault. None if a row has no tests. In the
    table of completions, the column ``cf_code_verdict`` has the verdicts.

    Args:
        scoring_mode: "pass_fail": 1.0 if all tests pass, else 0.0; "partial": the share of tests passed;
            "weighted_sum": the first and a tenth of the second.
        test_batch_size: with pass_fail, tests of a completion at a time; no more run after one has failed.
            -1: all at a time, as in the other modes, which need the result of each test.
        tests_folder: the folder of generated tests (test_cases_NNNN.parquet, or PROBLEM/1.in and 1.out),
            which count beside the row's; empty: that in CF_TESTS_FOLDER, if it is set.
        patch_code: fixes imports that have moved since, and missing includes, before the program runs.
        testlib: the file testlib.h, for checkers in C++ that include it.
        default_language: of programs of rows without ``language``.
        no_compile_reward: for a program that cannot be compiled.
        no_submission_reward: for a completion without a program.

    Source: open-r1, ``cf_code_reward``.
    """
    limits.cf_code(
        scoring_mode=scoring_mode, test_batch_size=test_batch_size, tests_folder=tests_folder, testlib=testlib
    )
    log = Log("cf_code", log_extra)
    size = len(completions)
    given = {name: columns.get(name) or [None] * size for name in _COLUMNS}
    rows = [
        _Row(str(name), {column: values[number] for column, values in given.items()})
        for number, name in enumerate(id)
    ]
    problems = await _problems(rows, tests_folder or os.environ.get(FOLDER, ""), testlib)

    judged = with_prefill(completions, prompts, prefill)
    languages = [name or default_language for name in language or [None] * size]
    submissions = [
        _submission(text, name, problem, patch_code, no_submission_reward)
        for text, name, problem in zip(judged, languages, problems, strict=True)
    ]
    court = _Court(scoring_mode, test_batch_size, no_compile_reward)
    return log.finish(
        await once_each(submissions, lambda each: (each.source, each.language, each.problem), court.judge)
    )


@dataclass(frozen=True)
class _Row:
    id: str
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class _Problem:
    """What a program is judged by."""

    id: str
    cases: tuple[Case, ...]
    limits: ProgramLimits
    by_file: bool
    checker: Checker | None


@dataclass(frozen=True)
class _Submission:
    source: str
    language: str
    problem: _Problem

    def program(self, case: Case) -> Program:
        """The run of a test."""
        by_file = self.problem.by_file
        return Program(
            self.source,
            self.language,
            stdin="" if by_file else case.input,
            files={"input.txt": case.input} if by_file else {},
            output_file="output.txt" if by_file else "",
            limits=self.problem.limits,
        )


def _submission(
    text: str, language: str, problem: _Problem | Report, patched: bool, without: float
) -> _Submission | Report:
    """A completion as a submission, or the report of one that needs no run."""
    if isinstance(problem, Report):
        return problem
    source = find_program(text, language)
    if not source.strip():
        return Report(without, describe([NO_CODE]))
    try:
        factor_of(language_of(language))
    except RefusedRow as error:
        return refused(RefusedRow(f"problem {problem.id}: {error}"))
    return _Submission(patch(source, language) if patched else source, language_of(language), problem)


async def _problems(rows: Sequence[_Row], folder: str, testlib: str) -> list[_Problem | Report]:
    """The problem of each row; the stored tests of each problem are read once, beside the event loop."""
    header = await asyncio.to_thread(_read_header, testlib)
    place = str(Path(folder).expanduser())
    stored = await read_each([row.id for row in rows], lambda name: read_tests(place, name) if folder else ())
    return [_problem(row, tests, header) for row, tests in zip(rows, stored, strict=True)]


def _read_header(testlib: str) -> str:
    return Path(testlib).expanduser().read_text(encoding="utf-8") if testlib else ""


def _problem(row: _Row, stored: tuple[Case, ...] | RefusedRow, testlib: str) -> _Problem | Report:
    try:
        if isinstance(stored, RefusedRow):
            raise stored
        columns = row.columns
        cases = (*read_pairs(columns["official_tests"]), *read_pairs(columns["test_cases"]), *stored)
        if not cases:
            return Report(None, "no tests")
        bounds = ProgramLimits(
            cpu_s=_number(columns["time_limit"], _TIME_LIMIT),
            memory_mb=math.ceil(_number(columns["memory_limit"], _MEMORY_LIMIT)),
        )
        by_file = _reads_files(columns["input_mode"])
        return _Problem(row.id, cases, bounds, by_file, _checker(columns, testlib))
    except RefusedRow as error:
        return refused(RefusedRow(f"problem {row.id}: {error}"))


def _number(value: Any, default: float) -> float:
    """A limit of a row, or else the default."""
    if value is None:
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise RefusedRow(f"the limit {str(value)[:40]!r} is not a number") from None
    if math.isnan(number):
        return default
    if not 0 < number < math.inf:
        raise RefusedRow(f"a limit is {number}")
    return number


def _reads_files(mode: Any) -> bool:
    """Whether programs read input.txt and write output.txt.

    Raises:
        RefusedRow: there is no such mode.
    """
    if mode not in (None, "", "stdio", "file"):
        raise RefusedRow(f"there is no input_mode '{mode!s:.40}'")
    return bool(mode == "file")


def _checker(columns: Mapping[str, Any], testlib: str) -> Checker | None:
    if columns["generated_checker"]:
        return PythonChecker(str(columns["generated_checker"]))
    source = columns["checker"]
    if not source:
        return None
    source = str(source)
    if "testlib.h" not in source:
        return TestlibChecker(source, {})
    if not testlib:
        raise RefusedRow("its checker includes testlib.h: set rewards.cf_code.testlib to that file")
    return TestlibChecker(source, {"testlib.h": testlib})


class _Court:
    """Judges submissions for one call of the reward."""

    def __init__(self, scoring_mode: str, batch_size: int, no_compile_reward: float) -> None:
        self.scoring_mode = scoring_mode
        self.batch_size = batch_size if scoring_mode == "pass_fail" else -1
        self.no_compile_reward = no_compile_reward
        self.until = step_deadline()
        self.referee = Referee(self.until)

    async def judge(self, submission: _Submission) -> Report:
        """The report of a submission."""
        cases = submission.problem.cases

        async def run(numbers: Sequence[int]) -> list[Tried]:
            return await self._run(submission, [cases[number] for number in numbers])

        found = await in_batches(len(cases), self.batch_size, run, self._is_decided)
        return Report(self._score(found), describe(found))

    async def _run(self, submission: _Submission, cases: Sequence[Case]) -> list[Tried]:
        programs = [submission.program(case) for case in cases]
        results = await execute(programs, until=self.until)
        found = [
            of_output(result, lambda output, case=case: same_codeforces(case.output, output))  # type: ignore[misc]
            for case, result in zip(cases, results, strict=True)
        ]
        checker = submission.problem.checker
        if checker is None:
            return found
        # What equals the answer is right, whatever the checker is worth.
        asked = [number for number, each in enumerate(found) if _is_wrong_answer(each)]
        claims = [
            Claim(cases[number].input, cases[number].output, result.stdout)
            for number in asked
            if isinstance(result := results[number], ProgramResult)
        ]
        for number, said in zip(asked, await self.referee.judge(checker, claims), strict=True):
            found[number] = said
        return found

    def _is_decided(self, found: Sequence[Tried]) -> bool:
        return _cannot_compile(found) or (self.scoring_mode == "pass_fail" and any_failed_to_pass(found))

    def _score(self, found: Sequence[Tried]) -> Score:
        if _cannot_compile(found):
            return self.no_compile_reward
        failed, reason = any_failed_to_pass(found), unknown(found)
        if self.scoring_mode == "pass_fail":
            return 0.0 if failed else 1.0 if reason is None else reason
        if reason is not None:
            return reason
        part = passed(found) / len(found)
        return part if self.scoring_mode == "partial" else (0.0 if failed else 1.0) + 0.1 * part


def any_failed_to_pass(found: Sequence[Tried]) -> bool:
    """Whether a test has not passed; points for a part of it are not enough here."""
    return any_failed(found) or any(
        isinstance(each, Trial) and each.verdict is ProgramVerdict.PA for each in found
    )


def _is_wrong_answer(each: Tried) -> bool:
    return isinstance(each, Trial) and each.verdict is ProgramVerdict.WA


def _cannot_compile(found: Sequence[Tried]) -> bool:
    return any(isinstance(each, Trial) and each.verdict is ProgramVerdict.CE for each in found)
