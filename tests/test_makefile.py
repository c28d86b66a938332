"""`make evaluate`, as open-r1's users type it."""

import os
import shutil
import subprocess

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def evaluate(*variables: str) -> subprocess.CompletedProcess[str]:
    names = ("TASK", "MODEL", "PARALLEL", "NUM_GPUS", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        ["make", "-n", "evaluate", *variables],
        cwd=REPOSITORY, env=clean, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "command"),
    [
        ("TASK=math_500 MODEL=M", "'math_500' --model 'M'"),
        ("TASK=aime24", "'aime24'"),
        (
            "TASK=lcb MODEL=org/M PARALLEL=data NUM_GPUS=8",
            "'lcb' --model 'org/M' --gpus '8' --data-parallel '8'",
        ),
        ("TASK=gpqa PARALLEL=tensor NUM_GPUS=2", "'gpqa' --gpus '2' --tensor-parallel '2'"),
    ],
)
def test_the_variables_become_options(variables: str, command: str) -> None:
    result = evaluate(*variables.split())
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == f".venv/bin/r1 evaluate {command}"


def test_a_model_with_odd_characters_is_one_word() -> None:
    assert r"--model 'it'\''s a model; true'" in evaluate("TASK=lcb", "MODEL=it's a model; true").stdout


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ("MODEL=M", "TASK is missing"),
        ("TASK=lcb PARALLEL=dta NUM_GPUS=8", "PARALLEL is data or tensor, not dta"),
        ("TASK=lcb PARALLEL=data", "NUM_GPUS is missing"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_installed(variables: str, message: str) -> None:
    result = evaluate(*variables.split())
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stdout == ""
