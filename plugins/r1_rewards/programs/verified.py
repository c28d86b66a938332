"""Rewards for programs with tests in ``verification_info``: ``code``, ``binary_code`` and ``code_format``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from r1_rewards import limits
from r1_rewards.completions import LogExtra, with_prefill
from r1_rewards.format import deviations
from r1_rewards.programs.cases import Case, RefusedRow, Verification, factor_of, judge_of, read_verification
from r1_rewards.programs.extraction import find_program, labels_of, language_of
from r1_rewards.programs.harness import calling
from r1_rewards.programs.reports import Log, Report, Score, once_each, refused
from r1_rewards.programs.trials import NO_CODE, Tried, describe, in_batches, of_output, passed, share, unknown
from r1cli import Program, ProgramLimits, execute, step_deadline

#: What `binary_code` asks of a share of tests, as open-r1 does.
_ABOVE = 0.99


async def code(
    completions: Sequence[Any],
    verification_info: Sequence[Any],
    prompts: Sequence[Any] | None = None,
    prefill: Sequence[str] | None = None,
    log_extra: LogExtra | None = None,
    *,
    time_limit: float = 5.0,
    memory_limit: int = 512,
    tolerance: float = 1e-6,
    **kwargs: Any,
) -> list[Score]:
    """The share of tests that the completion's program passes, 0.0 to 1.0.

    The program is the last fenced block of the tests' language in the answer; without one the score is 0.0.
    ``verification_info`` is a mapping, or its JSON, with ``language`` and ``test_cases``: a list of
    ``input``, ``output`` and ``type``, which is ``stdin_stdout`` or ``function_call``. The latter calls
    ``fn_name`` with the JSON values of the input's lines, and compares the JSON result. Outputs are compared
    line by line: blanks at the ends of lines and line breaks at the end do not count, a missing or an extra
    line is wrong. None if a row has no tests. In the table of completions, the column ``code_verdict`` has
    the verdicts.

    Args:
        time_limit: seconds of CPU time for a test.
        memory_limit: MiB for a test.
        tolerance: absolute or relative, where the expected token is a decimal fraction.

    Source: open-r1, ``code_reward``, which accepts outputs that are cut short or too long.
    """
    limits.code(time_limit=time_limit, memory_limit=memory_limit, tolerance=tolerance)
    log = Log("code", log_extra)
    rows = _submissions(completions, verification_info, prompts, prefill, _Limits(time_limit, memory_limit))
    programs = [program for row in rows if isinstance(row, _Submission) for program in row.programs]
    results = iter(await execute(programs, until=step_deadline()) if programs else ())
    reports = []
    for row in rows:
        if isinstance(row, Report):
            reports.append(row)
            continue
        found = [of_output(next(results), judge_of(case, tolerance)) for case in row.cases]
        reports.append(Report(share(found), describe(found)))
    return log.finish(reports)


async def binary_code(
    completions: Sequence[Any],
    verification_info: Sequence[Any],
    prompts: Sequence[Any] | None = None,
    prefill: Sequence[str] | None = None,
    log_extra: LogExtra | None = None,
    *,
    time_limit: float = 5.0,
    memory_limit: int = 512,
    tolerance: float = 1e-6,
    test_batch_size: int = 8,
    **kwargs: Any,
) -> list[Score]:
    """1.0 when the program passes more than 99 % of the tests, else 0.0; see the reward ``code``.

    A completion's tests run in batches, and end as soon as they decide. None if a row has no tests. In the
    table of completions, the column ``binary_code_verdict`` has the verdicts.

    Args:
        time_limit: seconds of CPU time for a test.
        memory_limit: MiB for a test.
        tolerance: absolute or relative, where the expected token is a decimal fraction.
        test_batch_size: tests of a completion at a time; -1: all.

    Source: open-r1, ``binary_code_reward``.
    """
    limits.code(
        time_limit=time_limit,
        memory_limit=memory_limit,
        tolerance=tolerance,
        test_batch_size=test_batch_size,
    )
    log = Log("binary_code", log_extra)
    rows = _submissions(completions, verification_info, prompts, prefill, _Limits(time_limit, memory_limit))
    until = step_deadline()

    async def judge(row: _Submission) -> Report:
        async def run(numbers: Sequence[int]) -> list[Tried]:
            results = await execute([row.programs[number] for number in numbers], until=until)
            return [
                of_output(result, judge_of(row.cases[number], tolerance))
                for number, result in zip(numbers, results, strict=True)
            ]

        size = len(row.cases)
        found = await in_batches(size, test_batch_size, run, lambda found: _is_lost(found, size))
        return Report(_binary(found), describe(found))

    return log.finish(await once_each(rows, lambda row: (row.source, row.cases), judge))


def _is_lost(found: Sequence[Tried], size: int) -> bool:
    """Whether too many tests have failed."""
    known = sum(not isinstance(each, Exception) for each in found)
    return (size - (known - passed(found))) / size <= _ABOVE


def _binary(found: Sequence[Tried]) -> Score:
    ran = [each for each in found if isinstance(each, Exception) or each.verdict != "SKIPPED"]
    if passed(found) / len(found) > _ABOVE:
        return 1.0
    return 0.0 if _is_lost(ran, len(found)) else unknown(found)


@dataclass(frozen=True)
class _Limits:
    time_limit: float
    memory_limit: int


@dataclass(frozen=True)
class _Submission:
    """A program, and one of its runs for each test."""

    source: str
    cases: tuple[Case, ...]
    programs: tuple[Program, ...]


def _submissions(
    completions: Sequence[Any],
    verification_info: Sequence[Any],
    prompts: Sequence[Any] | None,
    prefill: Sequence[str] | None,
    bounds: _Limits,
) -> list[_Submission | Report]:
    """Each completion as a submission, or the report of one that needs no run."""
    judged = with_prefill(completions, prompts, prefill)
    return [_submission(text, info, bounds) for text, info in zip(judged, verification_info, strict=True)]


def _submission(text: str, info: Any, bounds: _Limits) -> _Submission | Report:
    try:
        tests = read_verification(info)
    except RefusedRow as error:
        return refused(error)
    if tests is None:
        return Report(None, "no tests")
    source = find_program(text, tests.language)
    if not source.strip():
        return Report(0.0, describe([NO_CODE]))
    try:
        return _Submission(source, tests.cases, _programs(source, tests, bounds))
    except RefusedRow as error:
        return refused(error)


def _programs(source: str, tests: Verification, bounds: _Limits) -> tuple[Program, ...]:
    language = language_of(tests.language)
    # The limit is open-r1's, which has no factors for languages.
    seconds = bounds.time_limit / factor_of(language)
    allowed = ProgramLimits(cpu_s=seconds, memory_mb=bounds.memory_limit)
    called = {case.function for case in tests.cases if case.function}
    if called and language != "python":
        raise RefusedRow(f"functions can only be called in Python, not in {tests.language}")
    sources = {"": source, **{function: calling(source, function) for function in called}}
    return tuple(
        Program(sources[case.function], language, stdin=case.input, limits=allowed) for case in tests.cases
    )


def code_format(
    completions: Sequence[Any],
    log_extra: LogExtra | None = None,
    prompts: Sequence[Any] | None = None,
    prefill: Sequence[str] | None = None,
    language: Sequence[str | None] | None = None,
    verification_info: Sequence[Any] | None = None,
    *,
    default_language: str = "python",
    **kwargs: Any,
) -> list[float]:
    """1.0 when the completion thinks and then answers with a fenced block of the language; else 0.0.

    The pattern is ``<think>\\n...\\n</think>\\n<answer>\\n...```python ... ```...\\n</answer>``. The language
    is that of the row: its column ``language``, or that of its ``verification_info``. If the prompt ends with
    the first tag, it is judged together with the completion. In the table of completions, the column
    ``code_format_deviation`` says what is missing.

    Args:
        default_language: of rows that have none.

    Source: open-r1, ``get_code_format_reward``.
    """
    size = len(completions)
    languages = [
        given or _language_of(info) or default_language
        for given, info in zip(language or [None] * size, verification_info or [None] * size, strict=True)
    ]
    judged = with_prefill(completions, prompts, prefill)
    found = [_format_deviation(text, name) for text, name in zip(judged, languages, strict=True)]
    if log_extra:
        log_extra("code_format_deviation", found)
    return [float(not deviation) for deviation in found]


def _language_of(info: Any) -> str:
    try:
        tests = read_verification(info)
    except RefusedRow:
        return ""
    return "" if tests is None else tests.language


def _format_deviation(text: str, language: str) -> str:
    # A regular expression would take quadratic time for some texts.
    _, between, answer = text.removeprefix("<think>\n").partition("\n</think>\n<answer>\n")
    if not (text.startswith("<think>\n") and between and f"\n{answer}".endswith("\n</answer>")):
        found = "; ".join(deviations(text, ("think", "answer"), strict=True))
        return found or "not <think>...</think> and then <answer>...</answer>"
    block = re.search(rf"```(?:{labels_of(language)})(?![\w+#]).*?```", answer, re.DOTALL | re.IGNORECASE)
    return "" if block else f"no fenced block of {language} in the answer"
