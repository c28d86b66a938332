"""The reward cf_code: tests, limits, checkers and scores."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from r1_rewards.programs import checkers
from r1_rewards.programs.cases import Case, RefusedRow
from r1_rewards.programs.checkers import PythonChecker, TestlibChecker
from r1_rewards.programs.codeforces import cf_code
from r1_rewards.programs.stored_tests import read_tests

from r1cli import ExecutionFault, NotJudged, Program, ProgramResult, ProgramVerdict
from r1cli.errors import R1Error
from tests.rewards.programs.conftest import Runner, in_block

OK, RE, CE = ProgramVerdict.OK, ProgramVerdict.RE, ProgramVerdict.CE
ECHO = in_block("print(input())")
#: Accepts any order of the answer's numbers.
CHECKER = """
import sys
given, answer, output = (open(name).read().split() for name in sys.argv[1:])
print(int(sorted(map(int, answer)) == sorted(map(int, output))))
"""


def pairs(*tests: tuple[str, str]) -> list[dict[str, str]]:
    return [{"input": given, "output": output} for given, output in tests]


def score(completions: list[str], tests: Any = None, **more: Any) -> list[Any]:
    size = len(completions)
    names = {"language", "prompts", "prefill", "log_extra", "scoring_mode", "test_batch_size",
             "tests_folder", "patch_code", "testlib", "default_language"}  # fmt: skip
    columns = {name: value if name in names else [value] * size for name, value in more.items()}
    identifiers = columns.pop("id", ["1/A"] * size)
    language = columns.pop("language", ["python"] * size)
    given = {"official_tests": [tests] * size, **columns}
    return asyncio.run(cf_code(completions, identifiers, language=language, **given))


@pytest.fixture(autouse=True)
def _without_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CF_TESTS_FOLDER", raising=False)
    checkers._tried.clear()


def test_the_three_scores(runner: Runner) -> None:
    tests = pairs(("1", "1"), ("2", "2"), ("3", "4"), ("yes", "YES"))
    completions = [ECHO, "no program", in_block("print(4)", "cpp")]
    assert score(completions, tests, scoring_mode="pass_fail") == [0.0, -1.0, -1.0]
    assert score(completions, tests, scoring_mode="partial") == [0.75, -1.0, -1.0]
    assert score([ECHO], tests) == [pytest.approx(0.075)]
    assert score([ECHO], tests[:2]) == [pytest.approx(1.1)]
    assert score([ECHO], []) == [None]


def test_a_program_that_cannot_be_compiled(runner: Runner) -> None:
    runner.answer = lambda work: ProgramResult(CE, stderr="main.cpp:1: error: no main\n")
    logged: dict[str, Any] = {}
    tests = pairs(("1", "1"), ("2", "2"))
    assert score([in_block("x", "cpp")], tests, language=["cpp"], log_extra=logged.__setitem__) == [-0.1]
    assert logged["cf_code_verdict"] == ["CE: main.cpp:1: error: no main"]
    score([in_block("x", "cpp")], tests, language=["cpp"], scoring_mode="pass_fail")
    assert runner.batches == [2, 1]


def test_a_language_that_nobody_knows_is_refused_by_name(runner: Runner) -> None:
    completions = [in_block("x", "cobol"), ECHO]
    scores = score(completions, pairs(("1", "1")), language=["cobol", None], default_language="python")
    assert isinstance(scores[0], RefusedRow) and "unknown programming language 'cobol'" in str(scores[0])
    assert scores[1] == pytest.approx(1.1)


def test_tests_end_early_where_all_must_pass(runner: Runner) -> None:
    tests = pairs(*[(str(number), str(number % 3)) for number in range(9)])
    assert score([ECHO], tests, scoring_mode="pass_fail", test_batch_size=2) == [0.0]
    assert runner.batches == [2, 2]
    runner.batches.clear()
    assert score([ECHO], tests, scoring_mode="partial", test_batch_size=1) == [pytest.approx(3 / 9)]
    assert runner.batches == [9]


def test_limits_and_files_of_the_problem(runner: Runner) -> None:
    copies = in_block("open('output.txt', 'w').write(open('input.txt').read())")
    limits = {"time_limit": 1.5, "memory_limit": 64.0, "input_mode": "file"}
    assert score([copies], pairs(("1", "1")), **limits) == [pytest.approx(1.1)]
    (program,) = runner.ran
    assert isinstance(program, Program)
    assert (program.limits.cpu_s, program.limits.memory_mb, program.stdin) == (1.5, 64, "")
    score([ECHO], pairs(("1", "1")), time_limit=float("nan"))
    assert isinstance(program := runner.ran[-1], Program) and program.limits.cpu_s == 2.0
    (refused,) = score([ECHO], pairs(("1", "1")), time_limit=-1.0)
    assert isinstance(refused, RefusedRow) and "1/A" in str(refused)


def test_a_checker_runs_apart_after_the_submission_and_is_tried_once(runner: Runner) -> None:
    """In Piston's package the submission may replace the checker while it runs."""
    tests = pairs(("1 2", "1 2"), ("3 4", "3 4"), ("5", "5"))
    completions = [
        in_block("print(*input().split()[::-1])"),
        in_block("print(9)"),
        in_block("print('x')"),
        ECHO,
    ]
    logged: dict[str, Any] = {}
    scores = score(
        completions, tests, generated_checker=CHECKER, scoring_mode="partial", test_batch_size=-1,
        log_extra=logged.__setitem__,
    )  # fmt: skip
    assert scores == [1.0, 0.0, 0.0, 1.0]
    assert "WA at test 1: the checker could not read the output: ValueError" in logged["cf_code_verdict"][2]
    ran = [work for work in runner.ran if isinstance(work, Program)]
    submissions, judges = (
        [work for work in ran if bool(work.argv) is is_judge] for is_judge in (False, True)
    )
    assert not any(work.files for work in submissions)
    assert all(work.argv == ("input.txt", "correct_output.txt", "solution_output.txt") for work in judges)
    trials = [
        work for work in judges if work.files["correct_output.txt"] == work.files["solution_output.txt"]
    ]
    assert len([work for work in trials if work.files["input.txt"] == "1 2"]) == 1


@pytest.mark.parametrize(
    ("checker", "reason"),
    [
        ("print(0)", "refuses the reference answer"),
        ("import nothing", "refuses the reference answer: .*nothing"),
    ],
)
def test_a_checker_that_refuses_its_own_answer_is_not_believed(
    runner: Runner, checker: str, reason: str
) -> None:
    scores = score([in_block("print(2)"), ECHO], pairs(("1", "1")), generated_checker=checker)
    # A fault would end every run that meets the row, which no user can fix.
    assert isinstance(scores[0], NotJudged)
    assert re.search(reason, str(scores[0]))
    # What equals the answer is right whatever the checker is worth.
    assert scores[1] == pytest.approx(1.1)


def test_a_checker_that_says_100_or_does_not_end(runner: Runner) -> None:
    tests = pairs(("1", "1"))
    assert score([in_block("print(2)")], tests, generated_checker="print(100)") == [pytest.approx(1.1)]

    def late(work: Any) -> ProgramResult | None:
        judges = work.argv and work.files["solution_output.txt"] != "1"
        return ProgramResult(ProgramVerdict.TLE) if judges else None

    runner.answer = late
    (fault,) = score([in_block("print(3)")], tests, generated_checker="print(1)", scoring_mode="pass_fail")
    assert isinstance(fault, ExecutionFault)


def test_a_checker_that_fails_once_is_asked_again(runner: Runner) -> None:
    failed: list[Any] = []

    def first_late(work: Any) -> ProgramResult | None:
        if work.argv and work.files["solution_output.txt"] != "1" and not failed:
            failed.append(work)
            return ProgramResult(ProgramVerdict.TLE)
        return None

    runner.answer = first_late
    more = {"generated_checker": "print(1)", "scoring_mode": "pass_fail"}
    assert score([in_block("print(3)")], pairs(("1", "1")), **more) == [1.0]
    assert failed


def test_a_provider_that_cannot_go_on_stops_the_others(runner: Runner) -> None:
    """What a user must fix ends all, and leaves no program running."""

    def refuse(work: Any) -> ProgramResult | None:
        if work.stdin == "1":
            raise R1Error("the key is refused")
        return None

    runner.answer = refuse
    with pytest.raises(R1Error, match="refused"):
        score([ECHO, in_block("print(1)")], pairs(("1", "1")))


def test_faults_and_budgets_are_never_zeros(runner: Runner, budget: Callable[[float], None]) -> None:
    tests = pairs(("1", "1"), ("2", "2"))
    runner.answer = lambda work: ExecutionFault("overload") if getattr(work, "stdin", "") == "2" else None
    assert isinstance(score([ECHO], tests)[0], ExecutionFault)
    # A failed test decides; the rest needs no judgement.
    assert score([in_block("print(0)")], tests, scoring_mode="pass_fail", test_batch_size=-1) == [0.0]
    assert isinstance(score([in_block("print(0)")], tests, scoring_mode="partial")[0], ExecutionFault)
    runner.answer, runner.pause = (lambda work: None), 5.0
    budget(0.01)
    assert isinstance(score([ECHO], tests)[0], NotJudged)


def test_patching_is_a_choice(runner: Runner) -> None:
    program, tests = in_block("from fractions import gcd\nprint(gcd(4, int(input())))"), pairs(("6", "2"))
    assert score([program], tests, scoring_mode="pass_fail") == [0.0]
    assert score([program], tests, scoring_mode="pass_fail", patch_code=True) == [1.0]


# --- generated tests


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "generated_tests"
    made.mkdir()
    rows = {"problem_id": ["7/A", "7/B", "7/A"], "input": ["2", "x", "1"], "output": ["2", "x", "9"]}
    for name, index in (("0007", "test_i"), ("0008", "test_case_i")):
        table = {**rows, "problem_id": [each.replace("7", name[-1]) for each in rows["problem_id"]]}
        pyarrow.parquet.write_table(
            pyarrow.table({**table, index: [2, 1, 1]}), made / f"test_cases_{name}.parquet"
        )
    return tmp_path


def test_generated_tests_of_contests_below_1000_are_found(
    runner: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("7/A", "8/A"):
        assert read_tests(str(folder), name) == (Case("1", "9"), Case("2", "2"))
    assert read_tests(str(folder), "9/A") == ()
    more = {"id": "7/A", "scoring_mode": "partial"}
    assert score([ECHO], pairs(("5", "5")), **more, tests_folder=str(folder)) == [pytest.approx(2 / 3)]
    monkeypatch.setenv("CF_TESTS_FOLDER", str(folder / "generated_tests"))
    # The dataset's own column of this name is a count.
    assert score([ECHO], None, **more, generated_tests=2) == [0.5]


def test_usaco_has_a_folder_for_each_problem(runner: Runner, tmp_path: Path) -> None:
    first, second = tmp_path / "tests" / "84_bronze", tmp_path / "85_gold"
    for each in (first, second):
        each.mkdir(parents=True)
    for number in (1, 2, 10):
        (first / f"{number}.in").write_text(f"{number}\n")
        (first / f"{number}.out").write_text(f"{number}\n\n")
        (second / f"I.{number}").write_text(f"{number}\n")
        (second / f"O.{number}").write_text("1\n")
    assert [case.input for case in read_tests(str(tmp_path), "84_bronze")] == ["1\n", "2\n", "10\n"]
    found = [score([ECHO], id=name, tests_folder=str(tmp_path)) for name in ("84_bronze", "85_gold")]
    assert found == [[pytest.approx(1.1)], [pytest.approx(0.1 / 3)]]


@pytest.mark.parametrize("name", ["../up", "/etc", "a/../../b", "1\n", "~root", ""])
def test_an_id_that_leaves_the_folder_is_refused(runner: Runner, tmp_path: Path, name: str) -> None:
    (refused,) = score([ECHO], pairs(("1", "1")), id=name, tests_folder=str(tmp_path))
    assert isinstance(refused, RefusedRow) and "file name" in str(refused)


def test_links_and_broken_files_in_the_folder(runner: Runner, tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    for each in (outside, inside):
        each.mkdir()
    (outside / "1.in").write_text("1")
    (outside / "1.out").write_text("1")
    (inside / "linked").symlink_to(outside)
    (inside / "test_cases_0005.parquet").write_text("rubbish")
    assert read_tests(str(inside), "linked") == ()
    (refused,) = score([ECHO], None, id="5/A", tests_folder=str(inside))
    assert isinstance(refused, RefusedRow) and "test_cases_0005.parquet" in str(refused)


# --- testlib


@pytest.mark.parametrize(
    ("code", "stderr", "verdict", "points"),
    [
        (0, "ok", "AC", 1.0),
        (1, "wrong answer", "WA", 0.0),
        (2, "presentation error", "WA", 0.0),
        (7, "points 0.25 half", "PA", 0.25),
        (16, "partially correct (0)", "WA", 0.0),
        (66, "partially correct (50)", "PA", 0.25),
        (3, "FAIL the answer is broken", None, None),
        (-11, "", "WA", 0.0),
        (99999, "", None, None),
    ],
)
def test_the_exit_codes_of_testlib(code: int, stderr: str, verdict: str | None, points: float | None) -> None:
    result = ProgramResult(RE if code else OK, stderr=stderr, exit_code=code)
    said = TestlibChecker("", {}).read(result)
    if verdict is None:
        assert isinstance(said, ExecutionFault)
    else:
        assert not isinstance(said, ExecutionFault) and (said.verdict, said.score) == (verdict, points)


def test_the_two_orders_of_arguments() -> None:
    """Classic and silent: a checker with answer and output swapped accepts what it should refuse."""
    for checker in (TestlibChecker("", {"testlib.h": "the user's"}), PythonChecker("")):
        program = checker.program("IN", "ANSWER", "OUTPUT")
        contents = [program.files[name] for name in program.argv]
        by_testlib = isinstance(checker, TestlibChecker)
        assert contents == (["IN", "OUTPUT", "ANSWER"] if by_testlib else ["IN", "ANSWER", "OUTPUT"])


def test_testlib_is_the_user_s(runner: Runner, tmp_path: Path) -> None:
    header = tmp_path / "testlib.h"
    header.write_text("// mine")
    row = {"test_cases": pairs(("1", "1")), "checker": '#include "testlib.h"\nint main() {}'}
    (refused,) = score([in_block("print(2)")], **row)
    assert isinstance(refused, RefusedRow) and "testlib" in str(refused)

    def judge(work: Any) -> ProgramResult | None:
        if work.language != "cpp":
            return None
        assert work.files["testlib.h"] == "// mine"
        right = work.files["output.txt"].strip() in ("1", "2")
        return ProgramResult(OK if right else RE, exit_code=0 if right else 1)

    runner.answer = judge
    completions = [in_block("print(2)"), in_block("print(3)")]
    assert score(completions, **row, testlib=str(header), scoring_mode="pass_fail") == [1.0, 0.0]
