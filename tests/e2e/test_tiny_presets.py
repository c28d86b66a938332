"""The presets of the quickstart by themselves, and the commands that a dry run prints by hand."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import RunR1


@pytest.mark.slow
def test_a_tiny_preset_trains_alone_and_the_printed_command_by_hand(r1: RunR1, tmp_path: Path) -> None:
    short = ("--max_steps", "1", "--save_strategy", "no", "--rewards.max_dead_steps", "null")
    result = r1("sft", "--preset", "tiny-sft", *short[:4], "--output-dir", "runs/cold", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "runs" / "cold" / "model.safetensors").is_file()
    smaller = ("--per_device_train_batch_size", "8", "--max_completion_length", "8")
    words = ("grpo", "--preset", "tiny-grpo", *short, *smaller, "--dry-run", "--write", "by-hand")
    result = r1(*words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "model: cold, the newest finished run of tiny-sft" in result.stderr
    command = result.stdout.splitlines()[-1]
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (tmp_path / "by-hand" / "logs" / "train-rank0.log").read_text()[-2000:]
    assert (tmp_path / "by-hand" / "model.safetensors").is_file()
