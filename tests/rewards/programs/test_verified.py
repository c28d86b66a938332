"""The rewards code, binary_code and code_format."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from r1_rewards.programs.cases import RefusedRow
from r1_rewards.programs.verified import binary_code, code, code_format

from r1cli import ExecutionFault, NotJudged, Program, ProgramResult, ProgramVerdict
from tests.rewards.programs.conftest import Runner, in_block

ECHO = in_block("print(input())")
OK = ProgramVerdict.OK


def info_of(*pairs: tuple[str, str], **more: Any) -> dict[str, Any]:
    cases = [
        {"input": given, "output": expected, "type": "stdin_stdout", **more} for given, expected in pairs
    ]
    return {"language": "python", "test_cases": cases}


def calls_of(function: str, *pairs: tuple[str, str]) -> dict[str, Any]:
    cases = [
        {"fn_name": function, "input": given, "output": expected, "type": "function_call"}
        for given, expected in pairs
    ]
    return {"language": "python", "test_cases": cases}


def score(reward: Any, completions: list[Any], infos: list[Any], **more: Any) -> tuple[list[Any], list[str]]:
    """The scores, and the verdicts that were logged."""
    logged: dict[str, Any] = {}
    scores = asyncio.run(reward(completions, infos, log_extra=logged.__setitem__, **more))
    return scores, next(iter(logged.values()))


def test_the_share_of_tests_passed(runner: Runner) -> None:
    info = info_of(("1", "1"), ("2", "2"), ("3", "4"), ("", "x"))
    scores, verdicts = score(code, [ECHO, [{"role": "assistant", "content": "no program"}]], [info] * 2)
    assert scores == [0.5, 0.0]
    assert verdicts == ["AC 2/4, WA at test 3", "NO_CODE"]
    assert runner.batches == [4]


def test_information_as_json_and_rows_without_tests(runner: Runner) -> None:
    infos = [json.dumps(info_of(("1", "1"))), None, "", "null", {"language": "python", "test_cases": []}]
    scores, verdicts = score(code, [ECHO] * 5, infos)
    assert scores == [1.0, None, None, None, None]
    assert verdicts[1:] == ["no tests"] * 4


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ("{", "not JSON"),
        ([1], "not a mapping"),
        ({"test_cases": {"input": "a"}}, "not a list"),
        ({"test_cases": ["a"]}, "test 1 is not a mapping"),
        (
            {"test_cases": [{"input": 5, "output": "a", "type": "stdin_stdout"}]},
            "input of test 1 is not text",
        ),
        ({"test_cases": [{"input": "", "output": "", "type": "file"}]}, "has the type 'file'"),
        (calls_of("f(); g", ("1", "1")), "fn_name is 'f(); g'"),
        (calls_of("f", ("1", "{")), "output of test 1 is not JSON"),
        ({**calls_of("f", ("1", "1")), "language": "cpp"}, "only be called in Python"),
        ({**info_of(("1", "1")), "language": ["python"]}, "the language is not a name"),
        ({**info_of(("1", "1")), "language": "cobol"}, "unknown programming language 'cobol'"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_by_name(runner: Runner, info: Any, reason: str) -> None:
    completion = "".join(f"```{language}\nprogram\n```\n" for language in ("python", "cpp", "cobol"))
    for reward in (code, binary_code):
        (refused,), _ = score(reward, [completion], [info])
        assert isinstance(refused, RefusedRow) and reason in str(refused)
    assert not runner.ran


def test_what_zip_lets_pass_is_wrong_here(runner: Runner) -> None:
    """open-r1 compares outputs with zip, and zeroes a script when one test is out of time."""
    two_lines = info_of(("", "1\n2"))
    programs = ["print(1)", "print(1, 2, 3, sep='\\n')", "print(1, 2, sep='\\n')", "print()"]
    scores, _ = score(code, [in_block(each) for each in programs], [two_lines] * 4)
    assert scores == [0.0, 0.0, 1.0, 0.0]
    assert score(code, [in_block("print('\\n1')")], [info_of(("", "\n1"))])[0] == [1.0]

    def late(work: Any) -> ProgramResult | None:
        return ProgramResult(ProgramVerdict.TLE) if work.stdin == "2" else None

    runner.answer = late
    scores, verdicts = score(code, [ECHO], [info_of(("1", "1"), ("2", "2"), ("3", "3"))])
    assert (scores, verdicts) == ([pytest.approx(2 / 3)], ["AC 2/3, TLE at test 2"])


def test_tests_as_columns_and_lines(runner: Runner) -> None:
    """The shapes that datasets and APPS give to them."""
    columns = {"language": "python", "test_cases": {"input": ["1", "2"], "output": ["1", "3"]}}
    lines = {"language": "python", "test_cases": json.dumps([{"input": ["1", "2"], "output": ["1"]}])}
    assert score(code, [ECHO] * 2, [columns, lines])[0] == [0.5, 1.0]
    natural = {"fn_name": "f", "test_cases": [{"input": [[1, 2], 3], "output": [6]}]}
    assert score(code, [in_block("def f(a, b): return [sum(a) + b]")], [natural])[0] == [1.0]


def test_functions_get_json_and_return_it(runner: Runner) -> None:
    info = calls_of("f", ("1\n[2, 3]", "[1, 2, 3]"), ('"a"\n[]', '["a"]'))
    programs = [
        "def f(a, b: List[int]): print('noise'); return (a, *b)",
        "class Solution:\n    def f(self, a, b):\n        return [a] + b",
        "def g(a, b): return [a] + b",
        "def f(a, b): return {a}",
        "def f(a, b): exit()",
        "def f(a, b): return [a, 2, 3]",
    ]
    scores, verdicts = score(code, [in_block(each) for each in programs], [info] * 6)
    assert scores == [1.0, 1.0, 0.0, 0.0, 0.0, 0.5]
    assert "KeyError" in verdicts[2] and "not JSON serializable" in verdicts[3]


def test_functions_compare_fractions_by_tolerance(runner: Runner) -> None:
    info = calls_of("f", ("3", "0.3333333"))
    assert score(code, [in_block("def f(n): return 1 / n")], [info])[0] == [1.0]
    assert score(code, [in_block("def f(n): return 1 / n")], [info], tolerance=1e-12)[0] == [0.0]


def test_programs_alike_run_once(runner: Runner) -> None:
    info = info_of(("1", "1"), ("2", "2"))
    for reward in (code, binary_code):
        runner.ran.clear()
        assert score(reward, [ECHO] * 8, [json.dumps(info)] * 8)[0] == [1.0] * 8
        assert len(runner.ran) == 2


def test_the_limits_are_absolute(runner: Runner) -> None:
    score(code, [ECHO], [info_of(("1", "1"))], time_limit=6.0, memory_limit=64)
    (program,) = runner.ran
    assert isinstance(program, Program)
    # Python's factor of 3 is applied where the program runs.
    assert (program.limits.cpu_s, program.limits.memory_mb) == (2.0, 64)


def test_a_binary_score_asks_for_99_percent_and_ends_early(runner: Runner) -> None:
    runner.answer = lambda work: ProgramResult(OK, getattr(work, "stdin", ""))
    wrong = info_of(("a", "b"), *[(str(n), str(n)) for n in range(20)])
    scores, verdicts = score(binary_code, [ECHO], [wrong], test_batch_size=4)
    assert scores == [0.0] and runner.batches == [4]
    assert verdicts == ["AC 3/21, WA at test 1"]
    one_of_many = info_of(*[("1", "2")], *[("1", "1")] * 100)
    assert score(binary_code, [ECHO], [one_of_many])[0] == [1.0]
    assert score(code, [ECHO], [one_of_many])[0] == [pytest.approx(100 / 101)]


def test_a_fault_of_the_machine_is_never_a_zero(runner: Runner) -> None:
    info = info_of(("1", "1"), ("2", "2"))
    runner.answer = lambda work: ExecutionFault("the network is down") if work.stdin == "2" else None
    scores, verdicts = score(code, [ECHO, "no program"], [info] * 2)
    assert isinstance(scores[0], ExecutionFault) and scores[1] == 0.0
    assert verdicts[0] == "AC 1/2, fault: the network is down"
    # A failed test decides what asks for all of them.
    wrong = in_block("print(5)")
    assert isinstance(score(code, [wrong], [info])[0][0], ExecutionFault)
    assert score(binary_code, [wrong], [info])[0] == [0.0]
    assert isinstance(score(binary_code, [ECHO], [info])[0][0], ExecutionFault)


def test_a_budget_that_is_used_up_is_not_judged(runner: Runner, budget: Callable[[float], None]) -> None:
    budget(0.01)
    runner.pause = 5.0
    for reward in (code, binary_code):
        scores, verdicts = score(reward, [ECHO], [info_of(("1", "1"))])
        assert isinstance(scores[0], NotJudged) and "not judged: " in verdicts[0]


@pytest.mark.parametrize(
    ("completion", "deviation"),
    [
        (in_block("a"), ""),
        (in_block("a", "PY"), ""),
        (in_block("a").replace("<think>\nEasy.\n</think>\n", ""), "<think> is missing; </think> is missing"),
        (
            in_block("a").replace("<think>\nEasy.\n", "<think>Easy."),
            "no line break after <think>; no line break before </think>",
        ),
        (in_block("a", "cpp"), "no fenced block of python"),
        (in_block("a", "pythonic"), "no fenced block of python"),
        ("<think>\n```python\n```\n</think>\n<answer>\n1\n</answer>", "no fenced block"),
    ],
)
def test_the_format(completion: str, deviation: str) -> None:
    logged: dict[str, Any] = {}
    assert code_format([completion], log_extra=logged.__setitem__) == [float(not deviation)]
    assert deviation in logged["code_format_deviation"][0]


@pytest.mark.timeout(60)
def test_a_hostile_format_costs_nothing() -> None:
    assert code_format(["<think>\n" + "\n</think>\n<answer>\n```python" * 50_000]) == [0.0]


def test_the_format_is_that_of_the_row_s_language() -> None:
    completions = [in_block("a", "cpp")] * 4
    infos = [{"language": "cpp", "test_cases": info_of(("", ""))["test_cases"]}] * 4
    assert code_format(completions, language=["cpp", "python", None, None]) == [1.0, 0.0, 0.0, 0.0]
    assert code_format(completions, default_language="cpp") == [1.0] * 4
    assert code_format(completions, verification_info=infos) == [1.0] * 4
    prompt = [{"role": "user", "content": "?"}]
    rest = in_block("a").removeprefix("<think>\n")
    assert code_format([rest], prompts=[prompt], prefill=["<think>\n"]) == [1.0]
