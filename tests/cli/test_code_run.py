"""`r1 code run` and `r1 code check`."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import RunR1
from tests.execution.sandboxes import need_bubblewrap

pytestmark = pytest.mark.e2e


def test_one_program_runs(main: RunR1, tmp_path: Path) -> None:
    need_bubblewrap()
    program, words = tmp_path / "x.py", tmp_path / "in.txt"
    program.write_text("print(input()[::-1])")
    words.write_text("abc")
    done = main("code", "run", program, "--stdin", words)
    assert (done.returncode, done.stdout) == (0, "cba\n")
    assert re.match(r"limits: 30 s of CPU time, 512 MiB\nOK: ", done.stderr)
    failed = main("code", "run", program, "--json")
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["verdict"] == "RE"


def test_a_file_whose_language_is_unknown(main: RunR1, tmp_path: Path) -> None:
    program = tmp_path / "x.txt"
    program.write_text("")
    refused = main("code", "run", program)
    assert refused.returncode == 2
    assert "--language NAME" in refused.stderr


@pytest.mark.parametrize("more", [("--isolation", "none"), ("--provider", "piston")])
def test_hostile_programs_only_run_in_the_sandbox(main: RunR1, more: tuple[str, ...]) -> None:
    refused = main("code", "check", "--hostile", *more)
    assert refused.returncode == 2
    assert "in the sandbox of this machine only" in refused.stderr


@pytest.mark.slow
def test_check_says_what_is_in_force(main: RunR1) -> None:
    need_bubblewrap()
    checked = main("code", "check", "--json")
    answer = json.loads(checked.stdout)
    assert checked.returncode == 0, answer
    assert all(program["right"] for program in answer["programs"])
    assert {"isolation", "memory limit"} <= set(answer["facts"])
    assert answer["executions_per_second"] > 0
