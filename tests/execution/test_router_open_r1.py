"""What open-r1's clients of its E2B and Morph routers get."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from r1cli.execution.executor import Result, Work
from r1cli.execution.program import ExecutionFault, Program, ProgramResult, ProgramVerdict
from r1cli.execution.router_open_r1 import ROUTE, Scripts
from tests.execution.routers import Scripted, serving, web

pytestmark = pytest.mark.e2e

# Its reward sends scripts like this: the value is that of the last expression, which nothing prints.
REWARD = """
import subprocess

def evaluate_code(code, test_cases):
    passed = sum(case == code for case in test_cases)
    print("case", passed)
    return passed / len(test_cases)

code_snippet = '{braces} stay'
evaluate_code(code_snippet, ['{braces} stay', 'x'])
"""


class Python(Scripted):
    """Runs trusted programs of these tests."""

    async def _one(self, work: Work) -> Result:
        assert isinstance(work, Program)
        if work.source == "lost":
            return ExecutionFault("no connection")
        words = [sys.executable, "-I", "-c", work.source]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        verdict = ProgramVerdict.RE if ran.returncode else ProgramVerdict.OK
        return ProgramResult(verdict, ran.stdout, ran.stderr, ran.returncode)


def answers(*scripts: str, **fields: Any) -> list[dict[str, Any]]:
    request = {"scripts": scripts, "timeout": 30, "request_timeout": 28, **fields}

    async def main() -> list[dict[str, Any]]:
        # Its clients send no token.
        async with serving(Python(), token=None) as url, web(url, authorization="") as http:
            answer = await http.post(ROUTE, json=request)
            assert answer.status_code == 200, answer.text
            found: list[dict[str, Any]] = answer.json()
            return found

    return asyncio.run(main())


def test_the_value_of_the_last_expression_is_the_reward() -> None:
    value, silent, failed, odd = answers(
        REWARD, "x = 1\nprint(x)", "print('so far')\n{}['no']", "print(1", languages=["python"] * 4
    )
    # Its E2B client makes Result(**result) and ExecutionError(**error), its Morph client reads text.
    assert value == {
        "execution": {
            "results": [{"text": "0.5", "is_main_result": True}],
            "logs": {"stdout": ["case 1\n"], "stderr": []},
            "error": None,
            "execution_count": 1,
        },
        "text": "0.5",
        "exception_str": None,
    }
    assert silent["execution"]["results"] == [] and silent["text"] == "1\n"
    assert failed["execution"]["error"]["name"] == "KeyError"
    assert failed["execution"]["error"]["value"] == "'no'"
    assert failed["execution"]["logs"]["stdout"] == ["so far\n"]
    assert failed["text"] is None and "KeyError" in failed["exception_str"]
    assert odd["execution"]["error"]["name"] == "SyntaxError"


def test_what_is_not_known_has_no_value() -> None:
    """Neither client may take it for 0.0: they read None."""
    assert answers("lost", language="bash") == [
        {"execution": None, "text": None, "exception_str": "no connection"}
    ]
    scripts = Scripts({"scripts": ["while True: pass"], "languages": ["python"], "timeout": 30})
    assert scripts.answer(ProgramResult(ProgramVerdict.TLE))["execution"] is None


def test_time_is_that_of_the_wall_clock_in_slow_languages_too() -> None:
    scripts = Scripts({"scripts": ["", "", ""], "languages": ["python", "cpp", "brainfuck"], "timeout": 30})
    limits = [program.limits for program in scripts.programs]
    assert [limit.wall_s for limit in limits] == [10, 30, 30]


@pytest.mark.parametrize(
    "tree",
    [
        None,
        {},
        {"scripts": "print(1)", "timeout": 3},
        {"scripts": [1], "timeout": 3},
        {"scripts": ["1"], "languages": [], "timeout": 3},
        {"scripts": ["1"], "language": 3, "timeout": 3},
        {"scripts": ["1"], "timeout": 0},
        {"scripts": ["1"], "timeout": 1e9},
        {"scripts": ["1"], "timeout": "3"},
    ],
)
def test_what_is_refused(tree: Any) -> None:
    with pytest.raises(ValueError, match=r"must be|there are"):
        Scripts(tree)
