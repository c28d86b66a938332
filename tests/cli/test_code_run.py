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
    dashed = main("code", "run", program, "--stdin", "-", input="abc")
    assert (dashed.returncode, dashed.stdout) == (0, "cba\n")
    failed = main("code", "run", program, "--json")
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["verdict"] == "RE"


def test_a_file_whose_language_is_unknown(main: RunR1, tmp_path: Path) -> None:
    program = tmp_path / "x.txt"
    program.write_text("")
    refused = main("code", "run", program)
    assert refused.returncode == 2
    assert "--language NAME" in refused.stderr


def test_an_input_that_is_not_there(main: RunR1, tmp_path: Path) -> None:
    program = tmp_path / "x.py"
    program.write_text("")
    refused = main("code", "run", program, "--stdin", "none.txt")
    assert refused.returncode == 2
    assert "'none.txt' cannot be read: No such file or directory\n  where: flag --stdin" in refused.stderr


@pytest.mark.parametrize("more", [("--isolation", "none"), ("--provider", "piston")])
def test_hostile_programs_only_run_in_the_sandbox(main: RunR1, more: tuple[str, ...]) -> None:
    refused = main("code", "check", "--hostile", *more)
    assert refused.returncode == 2
    assert "in the sandbox of this machine only" in refused.stderr


FAR = """
from r1cli import CodeProvider, R1Error, hookimpl

class Far:
    def __init__(self, section):
        pass

    async def run(self, batch):
        raise R1Error("far runs Python programs only", fix="choose another")
        yield

    async def close(self):
        pass

@hookimpl
def r1_code_providers():
    return [CodeProvider("far", Far, summary="")]
"""


def test_a_plugins_provider_that_lacks_a_language_has_a_check_of_its_own(
    main: RunR1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "far_away.py").write_text(FAR)
    info = tmp_path / "far_away-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: far-away\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[r1]\nfar = far_away\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    refused = main("code", "check", "--code.provider", "far")
    assert refused.returncode == 2
    assert "far runs Python programs only" in refused.stderr
    fix = "fix: choose another; `r1 plugins check far-away` checks what it does support"
    assert fix in " ".join(refused.stderr.split())


@pytest.mark.slow
def test_check_says_what_is_in_force(main: RunR1) -> None:
    need_bubblewrap()
    checked = main("code", "check", "--json")
    answer = json.loads(checked.stdout)
    assert checked.returncode == 0, answer
    assert all(program["right"] for program in answer["programs"])
    assert {"isolation", "memory limit"} <= set(answer["facts"])
    assert answer["executions_per_second"] > 0
