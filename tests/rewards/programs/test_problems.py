"""Every verdict on programs for olympiad-style problems, in the sandbox of this machine."""

import asyncio
import shutil
from collections.abc import Sequence
from typing import Any

import pytest
from r1_rewards.programs.verified import code

from r1cli.execution.current import close_executor
from tests.conftest import drawn
from tests.rewards.programs.problems import PROBLEMS, Problem, printed_by

LIMITS = {"time_limit": 0.5, "memory_limit": 128}
KINDS = ("right", "wrong", "partial", "slow", "greedy", "crashing")
FALLS = {"slow": "TLE", "greedy": "MLE", "crashing": "RE"}
SIX = [([problem.name for problem in PROBLEMS[start : start + 6]],) for start in range(0, 24, 6)]

needs_sandbox = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


async def judged(problems: Sequence[Problem], language: str) -> list[tuple[Problem, str, float, str]]:
    """Problem, kind of program, score and verdict of all programs of a language."""
    rows = [(problem, kind) for problem in problems for kind in KINDS]
    completions = [f"```{language}\n{problem.program(language, kind)}```" for problem, kind in rows]
    tests = {problem.name: as_cases(problem) for problem in problems}
    infos = [{"language": language, "test_cases": tests[problem.name]} for problem, _ in rows]
    logged: dict[str, Any] = {}
    try:
        scores = await code(completions, infos, log_extra=logged.__setitem__, **LIMITS)
    finally:
        await close_executor()
    assert not [score for score in scores if not isinstance(score, float)]
    return [
        (*row, score, verdict)
        for row, score, verdict in zip(rows, scores, logged["code_verdict"], strict=True)
    ]


def as_cases(problem: Problem) -> list[dict[str, str]]:
    return [{"input": given, "output": out, "type": "stdin_stdout"} for given, out in problem.tests()]


def check(problem: Problem, language: str, kind: str, score: float, verdict: str) -> None:
    """Holds one verdict against the program's design."""
    where = f"{problem.name}, {kind} in {language}: {verdict}"
    if kind == "right":
        assert verdict == "AC 5/5", where
    elif kind in FALLS:
        assert verdict.startswith(f"AC 0/5, {FALLS[kind]} at test 1"), where
    else:
        assert "WA at test" in verdict and score < 1, where
        assert kind != "partial" or score > 0, where
        if language == "python":
            source = problem.program(language, kind)
            right = [printed_by(source, given).split() == out.split() for given, out in problem.tests()]
            assert score == pytest.approx(sum(right) / 5), where


@needs_sandbox
@pytest.mark.parametrize("language", ["python", "cpp"])
@pytest.mark.parametrize("names", drawn(SIX))
def test_every_verdict_is_as_designed(names: list[str], language: str) -> None:
    if language == "cpp" and shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    problems = [problem for problem in PROBLEMS if problem.name in names]
    for problem, kind, score, verdict in asyncio.run(judged(problems, language)):
        check(problem, language, kind, score, verdict)


@needs_sandbox
@pytest.mark.e2e
def test_the_verdicts_of_one_problem() -> None:
    for problem, kind, score, verdict in asyncio.run(judged(PROBLEMS[:1], "python")):
        check(problem, "python", kind, score, verdict)


def test_there_are_24_problems_that_differ() -> None:
    assert len({problem.name for problem in PROBLEMS}) == 24
    for problem in PROBLEMS:
        sources = [problem.program(language, kind) for language in ("python", "cpp") for kind in KINDS]
        assert len(set(sources)) == 12
