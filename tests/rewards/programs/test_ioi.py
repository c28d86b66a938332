"""The reward ioi_code: tasks, subtasks and scores."""

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from r1_rewards.programs.cases import Case, RefusedRow
from r1_rewards.programs.ioi import ioi_code
from r1_rewards.programs.ioi_tasks import read_task
from r1_rewards.programs.ioi_tests import read_tests

from r1cli import (
    ExecutionFault,
    Interaction,
    InteractionResult,
    NotJudged,
    Program,
    ProgramResult,
    ProgramVerdict,
)
from tests.rewards.programs.conftest import Runner, in_block

OK, RE, TLE = ProgramVerdict.OK, ProgramVerdict.RE, ProgramVerdict.TLE
GRADERS = [
    ["graders/grader.cpp", "int main() {}"],
    ["graders/candies.h", "int f();"],
    ["graders/empty.h", ""],
]
CHECKER = ["checker/checker.cpp", "int main() {}"]
CONFIG = {"task_type": "Communication", "task_type_parameters_Communication_num_processes": 2,
          "task_type_parameters_Communication_user_io": "std_io"}  # fmt: skip
TALK = [["graders/manager.cpp", "int main() {}"], ["graders/stub.cpp", "int main() {}"],
        ["graders/candies.h", "int f();"], ["graders/grader_config.json", json.dumps(CONFIG)]]  # fmt: skip
PROGRAM = in_block("int f() { return 1; }", "cpp")


def row(**more: Any) -> dict[str, Any]:
    """A row of open-r1/ioi with three tests."""
    return {
        "id": "candies", "year": 2024, "test_names": ["0-01", "0-02", "1-01"], "grader_files": GRADERS,
        "time_limit": 0.5, "memory_limit": 64 << 20, "task_type": "Batch", "score_precision": 2,
        "test_cases": [["1", "1 1"], ["2", "2 2"], ["3", "3 3"]], **more,
    }  # fmt: skip


def score(rows: list[dict[str, Any]], completions: list[str] | None = None, **more: Any) -> list[Any]:
    columns = {name: [each[name] for each in rows] for name in rows[0]}
    return asyncio.run(ioi_code(completions or [PROGRAM] * len(rows), **columns, **more))


def output(text: str, verdict: ProgramVerdict = OK, **more: Any) -> ProgramResult:
    return ProgramResult(verdict, text, **more)


def doubles(work: Any) -> ProgramResult:
    """The submission writes its input twice."""
    return output(f"{work.stdin}\n{work.stdin}")


def test_a_subtask_counts_its_least_test(runner: Runner) -> None:
    runner.answer = doubles
    assert score([row()]) == [1.0]
    assert runner.batches == [1, 1, 1]
    (program, *_) = runner.ran
    assert isinstance(program, Program)
    assert (program.name, program.language) == ("graders/candies", "cpp")
    assert sorted(program.files) == ["graders/candies.h", "graders/grader.cpp"]
    assert (program.limits.cpu_s, program.limits.memory_mb) == (0.5, 64)
    assert program.source.startswith('#include <bits/stdc++.h>\n#include "candies.h"\nusing namespace std;\n')
    assert score([row()], ["no program"]) == [0.0]
    score([row()], add_includes=False)
    assert isinstance(runner.ran[-1], Program) and runner.ran[-1].source == "int f() { return 1; }\n"


def test_tests_stop_at_the_first_that_scores_nothing(runner: Runner) -> None:
    runner.answer = lambda work: output("", TLE) if getattr(work, "stdin", "") == "2" else doubles(work)
    logged: dict[str, Any] = {}
    assert score([row()], log_extra=logged.__setitem__) == [0.0]
    assert runner.batches == [1, 1]
    assert logged["ioi_code_verdict"] == ["AC 1/3, TLE at test 2"]
    score([row()], test_batch_size=-1)
    assert runner.batches[2:] == [3]


def test_a_checker_gives_points_that_are_rounded(runner: Runner) -> None:
    def answer(work: Any) -> ProgramResult:
        if work.name != "checker/checker":
            return doubles(work)
        assert list(work.argv) == ["input.txt", "correct_output.txt", "contestant_output.txt"]
        assert work.files["contestant_output.txt"] == f"{work.files['input.txt']}\n{work.files['input.txt']}"
        return output(f"{1 / (1 + int(work.files['input.txt']))}\n", stderr="partly right\n")

    runner.answer = answer
    logged: dict[str, Any] = {}
    rows = [row(grader_files=[*GRADERS, CHECKER], score_precision=precision) for precision in (2, 3)]
    one, other = score([rows[1]], log_extra=logged.__setitem__), score([rows[0]])
    assert (one, other) == ([0.25], [0.25])
    assert score([row(grader_files=[*GRADERS, CHECKER], test_names=["a", "b"],
                      test_cases=[["1", ""], ["2", ""]])]) == [0.33]  # fmt: skip
    assert logged["ioi_code_verdict"] == ["AC 0/3, PA at test 1: partly right"]


@pytest.mark.parametrize(
    "said", [output("", RE), output("nonsense"), output("1.5"), output("nan"), output("")]
)
def test_a_checker_that_fails_is_a_fault(runner: Runner, said: ProgramResult) -> None:
    runner.answer = lambda work: said if getattr(work, "name", "") == "checker/checker" else doubles(work)
    (fault,) = score([row(grader_files=[*GRADERS, CHECKER])])
    assert isinstance(fault, ExecutionFault) and "checker" in str(fault)


def test_the_machine_s_failure_is_never_a_zero(runner: Runner, budget: Callable[[float], None]) -> None:
    """open-r1 returns an empty result, so 0, when the machine is at fault."""
    runner.answer = lambda work: (
        ExecutionFault("lost") if getattr(work, "stdin", "") == "2" else doubles(work)
    )
    assert isinstance(score([row()])[0], ExecutionFault)
    runner.answer = lambda work: ExecutionFault("lost") if getattr(work, "stdin", "") == "2" else output("no")
    assert score([row()], test_batch_size=-1) == [0.0]
    runner.answer, runner.pause = doubles, 5.0
    budget(0.01)
    assert isinstance(score([row()])[0], NotJudged)


def test_subtasks_share_their_tests(runner: Runner) -> None:
    runner.answer = doubles
    first = row(test_names=["a", "b"], test_cases=[["1", "1 1"], ["2", "2 2"]])
    second = row(test_names=["b", "c"], test_cases=[["2", "2 2"], ["3", "0"]])
    assert score([first, second, first, first], [PROGRAM] * 3 + [PROGRAM.replace("1;", "2;")]) == [1, 0, 1, 1]
    stdins = [work.stdin for work in runner.ran if isinstance(work, Program)]
    assert sorted(stdins) == ["1", "1", "2", "2", "3"]


def test_a_manager_talks_to_each_process(runner: Runner) -> None:
    players = (output(""), output(""))
    runner.answer = lambda work: InteractionResult(output("0.5"), players)
    task = row(task_type="Communication", grader_files=TALK)
    assert score([task]) == [0.5]
    (interaction, *_) = runner.ran
    assert isinstance(interaction, Interaction)
    assert (len(interaction.players), interaction.channel) == (2, "std_io")
    assert interaction.manager.stdin == "1" and sorted(interaction.manager.files) == ["graders/candies.h"]
    player = interaction.players[0]
    assert sorted(player.files) == ["graders/candies.h", "graders/stub.cpp"] and player.stdin == ""


@pytest.mark.parametrize(
    ("manager", "player", "expected"),
    [
        (output("1.0"), output("", TLE), 0.0),
        (output("1.0"), output("", RE, exit_code=3), 0.0),
        (output("", RE, exit_code=1), output("", RE, exit_code=1), 0.0),
        (output("", RE, exit_code=1), output("", RE, exit_code=-signal.SIGPIPE), None),
        (output("", RE, exit_code=1), output(""), None),
        (output("0\n", stderr="too many questions"), output(""), 0.0),
    ],
)
def test_who_failed_in_an_interaction(
    runner: Runner, manager: ProgramResult, player: ProgramResult, expected: float | None
) -> None:
    runner.answer = lambda work: InteractionResult(manager, (output(""), player))
    (found,) = score([row(task_type="Communication", grader_files=TALK)])
    assert isinstance(found, ExecutionFault) if expected is None else found == expected


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"grader_files": [["../grader.cpp", "x"]]}, "'../grader.cpp'"),
        ({"grader_files": [["/etc/passwd", "x"]]}, "not relative"),
        ({"grader_files": [["a\nb", "x"]]}, "control characters"),
        ({"id": "../candies"}, "'../candies'"),
        ({"id": "a/b"}, "not the name of a file"),
        ({"memory_limit": 0}, "memory_mb"),
        ({"time_limit": None}, "cannot be used"),
        ({"task_type": "Communication"}, "no graders/manager.cpp"),
        ({"test_cases": [["1", "1"]]}, "do not fit"),
        ({"test_cases": {"0-01": ["1", "1"]}}, "'0-02' is missing"),
        ({"test_cases": [1, 2, 3]}, "not a pair"),
        ({"score_precision": "two"}, "score_precision is 'two'"),
        ({"test_cases": None, "year": "../2024"}, "the year is '../2024'"),
        ({"test_cases": None, "year": None}, "neither test_cases nor a year"),
    ],
)
def test_a_row_is_refused_by_name(runner: Runner, changed: dict[str, Any], reason: str) -> None:
    (refused,) = score([row(**changed)])
    assert isinstance(refused, RefusedRow) and reason in str(refused)
    assert not runner.ran


def test_rows_without_tests(runner: Runner) -> None:
    assert score([row(test_names=[]), row(test_names=None)]) == [None, None]


def test_tests_of_a_year_lie_in_a_folder(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    tests = {"problem_id": ["candies", "candies", "other"], "test_name": ["0-01", "0-02", "1-01"],
             "test_input": ["1", "2", "3"], "test_output": ["1 1", "2 2", "3 3"]}  # fmt: skip
    pyarrow.parquet.write_table(pyarrow.table(tests), tmp_path / "2024" / "train.parquet")
    assert read_tests(str(tmp_path), "2024", "candies") == {
        "0-01": Case("1", "1 1"),
        "0-02": Case("2", "2 2"),
    }
    runner.answer = doubles
    given = row(test_cases=None, test_names=["0-01", "0-02"])
    assert score([given], tests=str(tmp_path)) == [1.0]
    (refused,) = score([{**given, "id": "missing"}], tests=str(tmp_path))
    assert isinstance(refused, RefusedRow) and "has no tests of 2024" in str(refused)


@pytest.mark.parametrize(
    ("config", "processes", "channel"),
    [
        ({}, 1, "fifo_io"),
        ({"num_processes": 3}, 3, "fifo_io"),
        ({"task_type_parameters": [2, "stub", "std_io"]}, 2, "std_io"),
        ({"task_type_parameters": {"num_processes": 4, "user_io": "fifo_io"}}, 4, "fifo_io"),
    ],
)
def test_the_configuration_of_a_communication_task(
    config: dict[str, Any], processes: int, channel: str
) -> None:
    files = [["graders/manager.cpp", "x"], ["graders/grader_config.json", json.dumps(config)]]
    task = read_task("a", "Communication", files, 1.0, 1 << 20)
    assert (task.communication, task.processes, task.channel) == (True, processes, channel)
