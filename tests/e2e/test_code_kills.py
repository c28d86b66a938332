"""A run whose rewards execute programs: its scoring process and its trainer are killed in mid-batch."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PATIENCE, R1
from tests.e2e.conftest import wait_for
from tests.e2e.test_code_router import REWARD, command_line, descendants, gone

pytestmark = [
    pytest.mark.skipif(not shutil.which("bwrap"), reason="needs bubblewrap"),
    pytest.mark.slow,
]


def test_no_kill_in_mid_batch_makes_a_false_zero(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "1+1"}\n' * 4)
    busy = tmp_path / "busy"
    # Long enough to be met in the middle.
    source = REWARD.replace("sleep(0.2)", "sleep(1)")
    source = source.replace("    results", f"    open({str(busy)!r}, 'w').close()\n    results")
    source = source.replace("    return", f"    os.remove({str(busy)!r})\n    return")
    (tmp_path / "mine.py").write_text(f"import os\n{source}")
    run = tmp_path / "run"
    words = (
        R1, "grpo", "--model", tiny / "model", "--dataset", "rows.jsonl", "--reward", "./mine.py:ran",
        "--max_steps", "5", "--per_device_train_batch_size", "4", "--num_generations", "4",
        "--max_completion_length", "8", "--bf16", "false", "--gradient_checkpointing", "false",
        "--logging_steps", "1", "--save_steps", "1", "--code.max_sandboxes", "2", "--output-dir", run,
    )  # fmt: skip
    started = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: len(steps(run)) >= 1 and busy.exists(), started)
        # Only what it has started itself is gone with it: the trainer continues.
        scoring = process(started.pid, "r1cli.scoring.process")
        below = descendants(scoring)
        os.kill(scoring, signal.SIGKILL)
        assert gone(below)
        done = len(steps(run))
        wait_for(lambda: len(steps(run)) >= done + 1 and busy.exists(), started)
        trainer = process(started.pid, "r1cli.train.grpo")
        below = descendants(trainer)
        os.kill(trainer, signal.SIGKILL)
        _, messages = started.communicate(timeout=PATIENCE)
    finally:
        started.kill()
        started.wait()
    assert started.returncode not in (0, None)
    assert "SIGKILL" in messages
    assert gone(below)
    again = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert again.returncode == 0, again.stderr
    found = steps(run)
    assert [step["step"] for step in found] == list(range(1, 6))
    # What was being scored is scored again.
    assert [(step["reward"], step["faults"]) for step in found] == [(1.0, 0)] * 5


def steps(run: Path) -> list[dict[str, Any]]:
    """The last record of each step."""
    path = run / "metrics.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    records = [json.loads(line) for line in lines]
    return list({record["step"]: record for record in records if "reward" in record}.values())


def process(above: int, module: str) -> int:
    (found,) = (child for child in descendants(above) if f" {module} " in f"{command_line(child)} ")
    return found
