"""Peak memory of the data commands: it does not grow with the rows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from r1cli.launch.accelerate import cpu_environment
from r1cli.sampling.plan import client_environment
from tests.memory import CLIENTS, COMMANDS

FEW, MANY = 100_000, 1_000_000


@pytest.mark.soak
@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_million_rows_take_the_memory_of_a_tenth(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    assert peak(command, MANY, tmp_path / "many") <= 1.1 * peak(command, FEW, tmp_path / "few")


def peak(command: str, rows: int, folder: Path) -> int:
    """The peak memory of a command's worker, in MB."""
    folder.mkdir()
    words = [sys.executable, "-m", "tests.memory", command, str(rows), str(folder)]
    environment = {**os.environ, **(client_environment(2) if command in CLIENTS else cpu_environment(2))}
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return int(done.stdout.splitlines()[-1])
