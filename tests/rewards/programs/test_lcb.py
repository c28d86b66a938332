"""LiveCodeBench's tests and grading."""

import asyncio
import base64
import json
import os
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest
from r1_rewards.programs import lcb_tests
from r1_rewards.programs.cases import Case, RefusedRow
from r1_rewards.programs.lcb_tests import open_private, read_tests
from r1_rewards.programs.livecodebench import lcb_code

from r1cli import ExecutionFault, Program
from tests.rewards.programs.conftest import Runner

CALLS = json.dumps({"func_name": "f"})


def listed(*pairs: tuple[str, str], kind: str = "stdin") -> str:
    return json.dumps([{"input": given, "output": out, "testtype": kind} for given, out in pairs])


def packed(value: Any) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def score(completions: list[str], public: str, private: str, metadata: Any = "{}", **more: Any) -> list[Any]:
    size = len(completions)
    return asyncio.run(lcb_code(completions, [public] * size, [private] * size, [metadata] * size, **more))


def test_private_tests_come_as_json_or_packed() -> None:
    tests = listed(("1", "2"))
    for private in (tests, packed(tests)):
        assert read_tests(tests, private, "{}") == (Case("1", "2"),) * 2
    assert read_tests(listed(("1", "2"), kind="functional"), "", CALLS) == (Case("1", "2", "f"),)


class Attack:
    """A pickle that runs a command when it is read."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch /tmp/attacked",)


@pytest.mark.parametrize(
    ("private", "reason"),
    [
        (packed(Attack()), "it names .*system"),
        (packed(OSError("x")), "it names builtins.OSError"),
        (packed([1]), "is not text, but list"),
        (packed("no json"), "not JSON"),
        (packed('{"a": 1}'), "not a list"),
        ("not base64!", "cannot be decompressed"),
        (base64.b64encode(b"rubbish").decode(), "cannot be decompressed"),
        (base64.b64encode(zlib.compress(b"rubbish")).decode(), "pickle of the private tests is refused"),
        (packed(listed(("1", "2")))[:16], "cut short|cannot be decompressed"),
        (listed(("1", "2"), kind="functional"), "func_name is ''"),
        ('[{"input": 1}]', "has no input"),
    ],
)
def test_private_tests_that_hold_more_than_text_are_refused(private: str, reason: str) -> None:
    with pytest.raises(RefusedRow, match=reason):
        read_tests("", private, "{}")


def test_decompression_ends_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lcb_tests.LARGEST == 256 * 1024 * 1024
    monkeypatch.setattr(lcb_tests, "LARGEST", 1 << 20)
    with pytest.raises(RefusedRow, match="larger than 1 MB"):
        open_private(packed("x" * (5 << 20)))


def test_all_tests_must_pass(runner: Runner) -> None:
    public, private = listed(("1 2", "3")), packed(listed(("4 5", "9.0"), ("6 7", "13")))
    completions = [
        "```python\nprint(sum(map(int, input().split())))\n```",
        "```python\nprint(3)\n```",
        "```\nnothing runs here\n```\n```\nprint(sum(map(int, input().split())))\n```",
        "no program",
        # The names that LiveCodeBench's runner gives to each program.
        "```python\nif __name__ == '__main__':\n    print(reduce(add, map(int, stdin.read().split())))\n```",
    ]
    logged: dict[str, Any] = {}
    scores = score(completions, public, private, log_extra=logged.__setitem__)
    assert scores == [1.0, 0.0, 1.0, 0.0, 1.0]
    assert logged["lcb_code_verdict"][1:4] == ["AC 1/3, WA at test 2", "AC 3/3", "NO_CODE"]


def test_functions_return_equal_values(runner: Runner) -> None:
    tests = listed(("[1, 2]\n3", "6.0"), ("[]\n0", "0"), kind="functional")
    method = "class Solution:\n    def f(self, a: List[int], b: int) -> int:\n        return sum(a) + b"
    completions = [f"```python\n{each}\n```" for each in (method, "def f(a, b): return tuple(a)")]
    assert score(completions, tests, "", CALLS) == [1.0, 0.0]
    assert score(completions, tests, "", {"func_name": "f"}) == [1.0, 0.0]
    program = runner.ran[0]
    assert isinstance(program, Program) and program.limits.cpu_s == 2.0  # 6 s, with Python's factor


def test_rows_without_tests_and_rows_that_are_refused(runner: Runner) -> None:
    block = "```python\nprint(1)\n```"
    assert score([block], "", "") == [None]
    (refused,) = score([block], "", packed(Attack()))
    assert isinstance(refused, RefusedRow)
    assert not Path("/tmp/attacked").exists()
    assert not runner.ran


def test_tests_that_are_lists_already_are_read(runner: Runner) -> None:
    block, tests = "```\nprint(input())\n```", [{"input": "1", "output": "1", "testtype": "stdin"}]
    runner.answer = lambda work: None
    assert len(score([block, block], tests, [])) == 2  # type: ignore[arg-type]
    assert runner.ran


def test_faults_and_failures(runner: Runner) -> None:
    runner.answer = lambda work: ExecutionFault("overload") if getattr(work, "stdin", "") == "2" else None
    tests = listed(("1", "1"), ("2", "2"))
    right, wrong = "```\nprint(input())\n```", "```\nprint(7)\n```"
    scores = score([right, wrong], tests, "")
    assert isinstance(scores[0], ExecutionFault) and scores[1] == 0.0
