"""The reward ``lcb_code``: LiveCodeBench's grading."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from r1_rewards import limits
from r1_rewards.completions import LogExtra
from r1_rewards.programs.cases import Case, RefusedRow
from r1_rewards.programs.comparison import same_livecodebench, same_value
from r1_rewards.programs.extraction import between_last_fences
from r1_rewards.programs.harness import calling, with_prelude
from r1_rewards.programs.lcb_tests import read_tests
from r1_rewards.programs.reports import Log, Report, Score, once_each, read_each, refused
from r1_rewards.programs.trials import NO_CODE, Tried, any_failed, describe, in_batches, least, of_output
from r1cli import Program, ProgramLimits, execute, step_deadline, texts, time_factor


def _as_json(value: Any) -> str:
    """A column's value as JSON: some copies of the dataset have lists where it has text."""
    return value if isinstance(value, str) else json.dumps(value or [], default=str)


async def lcb_code(
    completions: Sequence[Any],
    public_test_cases: Sequence[str | None],
    private_test_cases: Sequence[str | None],
    metadata: Sequence[Any] | None = None,
    log_extra: LogExtra | None = None,
    *,
    time_limit: float = 6.0,
    memory_limit: int = 4096,
    test_batch_size: int = 8,
    **kwargs: Any,
) -> list[Score]:
    """1.0 when the Python program passes all public and private tests of LiveCodeBench's row, else 0.0.

    The program is what is between the last two lines that hold a fence; without one the score is 0.0. It
    finds the names that LiveCodeBench's own runner gives it. Outputs have as many lines, each equal as text
    or as decimals, token by token; functions get one JSON argument a line, and return the JSON result. None
    if a row has no tests. In the table of completions, the column ``lcb_code_verdict`` has the verdicts.

    Args:
        time_limit: seconds of CPU time for a test.
        memory_limit: MiB for a test; LiveCodeBench has no limit.
        test_batch_size: tests of a completion at a time; no more run after one has failed. -1: all.

    Source: LiveCodeBench (arXiv:2403.07974), lcb_runner/evaluation.
    """
    limits.lcb_code(time_limit=time_limit, memory_limit=memory_limit, test_batch_size=test_batch_size)
    log = Log("lcb_code", log_extra)
    known = metadata or [None] * len(completions)
    rows = [
        (_as_json(public), _as_json(private), _as_json(details or {}))
        for public, private, details in zip(public_test_cases, private_test_cases, known, strict=True)
    ]
    tests = await read_each(rows, lambda row: read_tests(*row))
    submissions = [_submission(text, row) for text, row in zip(texts(completions), tests, strict=True)]
    bounds = ProgramLimits(cpu_s=time_limit / time_factor("python"), memory_mb=memory_limit)
    until = step_deadline()

    async def judge(submission: _Submission) -> Report:
        async def run(numbers: Sequence[int]) -> list[Tried]:
            cases = [submission.cases[number] for number in numbers]
            programs = [_program(submission.source, case, bounds) for case in cases]
            results = await execute(programs, until=until)
            return [
                of_output(result, lambda output, case=case: _is_right(case, output))  # type: ignore[misc]
                for case, result in zip(cases, results, strict=True)
            ]

        found = await in_batches(len(submission.cases), test_batch_size, run, any_failed)
        return Report(least(found), describe(found))

    return log.finish(await once_each(submissions, lambda each: (each.source, each.cases), judge))


@dataclass(frozen=True)
class _Submission:
    source: str
    cases: tuple[Case, ...]


def _submission(text: str, tests: tuple[Case, ...] | RefusedRow) -> _Submission | Report:
    if isinstance(tests, RefusedRow):
        return refused(tests)
    if not tests:
        return Report(None, "no tests")
    source = between_last_fences(text)
    return _Submission(source, tests) if source.strip() else Report(0.0, describe([NO_CODE]))


def _program(source: str, case: Case, bounds: ProgramLimits) -> Program:
    wrapped = calling(source, case.function, as_livecodebench=True) if case.function else with_prelude(source)
    return Program(wrapped, "python", stdin=case.input, limits=bounds)


def _is_right(case: Case, output: str) -> bool:
    if case.function:
        return same_value(json.loads(case.output), output, None)
    return same_livecodebench(case.output, output)
