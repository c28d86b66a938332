"""A model learns to write programs from running them."""

import json
from pathlib import Path

import pytest

from tests.conftest import RunR1

#: Seconds for it all: six minutes on idle cores.
PATIENCE = 2700


@pytest.mark.timeout(PATIENCE)
@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(0, marks=pytest.mark.slow),
        pytest.param(1, marks=pytest.mark.soak),
        pytest.param(2, marks=pytest.mark.soak),
    ],
)
def test_programs_of_the_tiny_model_get_better_by_being_run(seed: int, r1: RunR1, tmp_path: Path) -> None:
    done = r1(
        "quickstart",
        "--model",
        "tiny-code",
        "--seed",
        str(seed),
        "--output-dir",
        tmp_path / "run",
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    gain = report["gains"]["code"]
    assert gain["value"] >= 0.10
    assert gain["low"] > 0
    metrics = [json.loads(line) for line in (tmp_path / "run/grpo/metrics.jsonl").read_text().splitlines()]
    steps = [line for line in metrics if "reward" in line]
    assert all(line["faults"] == line["code/inconclusive"] == 0 for line in steps)
    assert all(line["code/programs"] > 0 and line["code/seconds"] > 0 for line in steps)
    # What was in force is recorded.
    facts = json.loads((tmp_path / "run/grpo/launch/code.json").read_text())
    assert facts["provider"] == "local"
    assert facts["isolation"].startswith("bubblewrap")


@pytest.mark.soak
@pytest.mark.timeout(2 * PATIENCE)
def test_two_ranks_learn_through_one_router(r1: RunR1, tmp_path: Path) -> None:
    base = r1("sft", "--preset", "tiny-code-sft", "--output-dir", tmp_path / "sft", timeout=PATIENCE)
    assert base.returncode == 0, base.stderr
    done = r1(
        "grpo", "--preset", "tiny-code", "--model", tmp_path / "sft",
        "--per_device_train_batch_size", "32",
        "--code.router", "true", "--launch.num_processes", "2", "--output-dir", tmp_path / "routed",
        timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    metrics = [json.loads(line) for line in (tmp_path / "routed/metrics.jsonl").read_text().splitlines()]
    rewards = [line["rewards/code/mean"] for line in metrics if "reward" in line]
    assert sum(rewards[-10:]) / 10 > sum(rewards[:10]) / 10 + 0.1
