"""The reward ``ioi_code``: subtasks of the International Olympiad in Informatics."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r1_rewards import limits
from r1_rewards.completions import LogExtra, with_prefill
from r1_rewards.programs.cases import Case, RefusedRow
from r1_rewards.programs.extraction import find_program
from r1_rewards.programs.ioi_tasks import Task, read_task
from r1_rewards.programs.ioi_tests import from_row, read_tests
from r1_rewards.programs.patching import add_includes as with_includes
from r1_rewards.programs.reports import Log, Report, Score, once_each, read_each, refused
from r1_rewards.programs.trials import NO_CODE, SKIPPED, Tried, any_failed, describe, in_batches, least
from r1cli import step_deadline


async def ioi_code(
    completions: Sequence[Any],
    id: Sequence[Any],
    test_names: Sequence[Sequence[str] | None],
    grader_files: Sequence[Any],
    time_limit: Sequence[Any],
    memory_limit: Sequence[Any],
    task_type: Sequence[Any] | None = None,
    year: Sequence[Any] | None = None,
    score_precision: Sequence[Any] | None = None,
    test_cases: Sequence[Any] | None = None,
    prompts: Sequence[Any] | None = None,
    prefill: Sequence[str] | None = None,
    log_extra: LogExtra | None = None,
    *,
    test_batch_size: int = 1,
    add_includes: bool = True,
    tests: str = "open-r1/ioi-test-cases",
    **kwargs: Any,
) -> list[Score]:
    """The score of the program in the row's subtask, 0.0 to 1.0: the least of its tests, rounded.

    The program is the last fenced block of C++ in the answer; without one the score is 0.0. It is built with
    the graders of the task. Tasks of type Communication run with their manager, each process in its own
    sandbox. A checker judges outputs, or else their words are compared. Tests stop at the first that scores
    0; those that subtasks share run once. Rows are those of open-r1/ioi. None if a row has no tests. In the
    table of completions, the column ``ioi_code_verdict`` has the verdicts.

    Args:
        test_batch_size: tests of a completion at a time; -1: all.
        add_includes: adds bits/stdc++.h, the task's header, and ``using namespace std`` where nothing says
            ``std::``, if they are missing.
        tests: the dataset of tests, with a config for each year, or a folder with YEAR/*.parquet; a row's
            own column ``test_cases`` goes before it.

    Source: open-r1, ``ioi_code_reward``, in which a machine's failure scores 0.
    """
    limits.ioi_code(test_batch_size=test_batch_size, tests=tests)
    log = Log("ioi_code", log_extra)
    empty = [None] * len(completions)
    columns = zip(
        id, test_names, grader_files, time_limit, memory_limit, task_type or empty, year or empty,
        score_precision or empty, test_cases or empty, strict=True,
    )  # fmt: skip
    rows = [_Row(*values) for values in columns]
    stored = await read_each([_place_of_tests(row) for row in rows], lambda place: _stored(tests, place))
    subtasks = [_subtask(row, found) for row, found in zip(rows, stored, strict=True)]
    judged = with_prefill(completions, prompts, prefill)
    submissions: list[_Submission | Report] = []
    for text, subtask in zip(judged, subtasks, strict=True):
        source = "" if isinstance(subtask, Report) else find_program(text, "cpp")
        if isinstance(subtask, Report):
            submissions.append(subtask)
        elif not source.strip():
            submissions.append(Report(0.0, describe([NO_CODE])))
        else:
            source = with_includes(source, f"{subtask.task.id}.h") if add_includes else source
            submissions.append(_Submission(source, subtask))
    court = _Court(test_batch_size)
    return log.finish(await once_each(submissions, lambda each: (each.source, each.subtask), court.judge))


@dataclass(frozen=True)
class _Row:
    id: Any
    test_names: Any
    grader_files: Any
    time_limit: Any
    memory_limit: Any
    task_type: Any
    year: Any
    score_precision: Any
    test_cases: Any


@dataclass(frozen=True)
class _Subtask:
    task: Task
    names: tuple[str, ...]
    cases: tuple[Case, ...]
    precision: int


@dataclass(frozen=True)
class _Submission:
    source: str
    subtask: _Subtask


def _place_of_tests(row: _Row) -> tuple[str, str] | None:
    """The year and the problem by which the tests of a row are found, if it does not bring its own."""
    has_own = row.test_cases is not None or row.year is None
    return None if has_own else (str(row.year), str(row.id))


def _stored(tests: str, place: tuple[str, str] | None) -> Mapping[str, Case]:
    return {} if place is None else read_tests(tests, *place)


def _subtask(row: _Row, stored: Mapping[str, Case] | RefusedRow) -> _Subtask | Report:
    try:
        return _read(row, stored)
    except RefusedRow as error:
        return refused(RefusedRow(f"task {row.id}: {error}"))


def _read(row: _Row, stored: Mapping[str, Case] | RefusedRow) -> _Subtask | Report:
    names = [str(name) for name in (row.test_names if row.test_names is not None else ())]
    if not names:
        return Report(None, "no tests")
    task = read_task(row.id, row.task_type, row.grader_files, row.time_limit, row.memory_limit)
    if isinstance(stored, RefusedRow):
        raise stored
    if row.test_cases is None and row.year is None:
        raise RefusedRow("the row has neither test_cases nor a year to find them by")
    found = stored if row.test_cases is None else from_row(names, row.test_cases)
    missing = [name for name in names if name not in found]
    if missing:
        raise RefusedRow(f"the test {missing[0][:80]!r} is missing")
    try:
        precision = 2 if row.score_precision is None else int(row.score_precision)
    except (TypeError, ValueError):
        raise RefusedRow(f"score_precision is {str(row.score_precision)[:40]!r}") from None
    return _Subtask(task, tuple(names), tuple(found[name] for name in names), precision)


class _Court:
    """Judges submissions for one call of the reward; subtasks share the tests that they have in common."""

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self.until = step_deadline()
        self._runs: dict[tuple[str, Task, Case], asyncio.Future[Tried]] = {}

    async def judge(self, submission: _Submission) -> Report:
        """The report of a submission in a subtask."""
        subtask = submission.subtask
        known = [self._known(submission, case) for case in subtask.cases]
        if any_failed(known):
            # Another subtask has failed a test of this one already.
            found = known
        else:
            found = await in_batches(
                len(subtask.cases),
                self.batch_size,
                lambda numbers: self._run(submission, [subtask.cases[number] for number in numbers]),
                any_failed,
            )
        score = least(found)
        rounded = score if isinstance(score, Exception) else round(score, subtask.precision)
        return Report(rounded, describe(found))

    def _known(self, submission: _Submission, case: Case) -> Tried:
        run = self._runs.get((submission.source, submission.subtask.task, case))
        return SKIPPED if run is None or not run.done() or run.exception() else run.result()

    async def _run(self, submission: _Submission, cases: Sequence[Case]) -> list[Tried]:
        """The results of tests: those that nobody has begun are run, and all are awaited."""
        task = submission.subtask.task
        keys = [(submission.source, task, case) for case in cases]
        mine = list(dict.fromkeys(key for key in keys if key not in self._runs))
        loop = asyncio.get_running_loop()
        self._runs.update({key: loop.create_future() for key in mine})
        if mine:
            try:
                found = await task.judge(submission.source, [case for _, _, case in mine], self.until)
            except BaseException as error:
                for key in mine:
                    self._runs[key].set_exception(error)
                    self._runs[key].exception()
                raise
            for key, each in zip(mine, found, strict=True):
                self._runs[key].set_result(each)
        return [await self._runs[key] for key in keys]
