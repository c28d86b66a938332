"""What a training says when it has finished."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from r1cli.cli.training_outcome import show_outcome
from r1cli.report.run_list import span
from r1cli.report.training_outcome import outcome
from tests.run_folders import make_run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def finished(name: str, command: str, *lines: dict[str, float]) -> Path:
    steps = [{"step": number, "max_steps": len(lines), **line} for number, line in enumerate(lines, 1)]
    summed_up = {"step": len(lines), "max_steps": len(lines), "train_runtime": 72.0, "train_loss": 9.0}
    now = datetime.now(UTC).isoformat()
    run = make_run(Path("runs", name), command=command, metrics=[*steps, summed_up], age=85, time=now)
    (run / "config.json").write_text(json.dumps({"max_position_embeddings": 128}))
    return run


def test_sft_tells_its_loss(capsys: pytest.CaptureFixture[str]) -> None:
    run = finished(
        "mine", "sft", {"loss": 3.25}, {"loss": 0.0625, "num_tokens": 5120.0, "mean_token_accuracy": 0.5}
    )
    facts = dict(outcome(run))
    assert facts["steps"] == "2 in 1 min 25 s, of which 1 min 12 s for steps"
    assert facts["tokens"] == "5,120"
    (run / "logs/attempt-1").mkdir(parents=True)
    again = "2; the last of 2 attempts took 1 min 25 s, of which 1 min 12 s for steps"
    assert dict(outcome(run))["steps"] == again
    assert facts["loss"] == "0.0625, 3.25 in step 1"
    assert facts["token accuracy"] == "0.5"
    assert facts["model"] == "mine"
    show_outcome(None, run)
    commands = [line for line in capsys.readouterr().out.splitlines() if line.startswith("r1 ")]
    assert commands == [
        "r1 evaluate tiny --run runs/mine", "r1 serve runs/mine", "r1 rerun runs/mine"
    ]  # fmt: skip


def test_grpo_tells_its_rewards(capsys: pytest.CaptureFixture[str]) -> None:
    run = finished(
        "math",
        "grpo",
        {"loss": 1e-9, "reward": 0.5, "rewards/accuracy/mean": 0.25},
        {
            "loss": 1e-9,
            "reward": 1.5,
            "rewards/accuracy/mean": 0.75,
            "rewards/format/mean": 0.75,
            "faults": 2.0,
        },
    )
    (run / "completions").mkdir()
    (run / "completions" / "completions_00002.parquet").touch()
    facts = dict(outcome(run))
    assert facts["reward"] == "1.500, 0.5 in step 1"
    assert (facts["accuracy"], facts["format"]) == ("0.750", "0.750")
    assert facts["faults"] == "2 in the last step"
    assert "loss" not in facts
    show_outcome(None, run)
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if line.startswith("r1 ")] == [
        "r1 inspect runs/math --sort reward", "r1 evaluate tiny --run runs/math", "r1 serve runs/math"
    ]  # fmt: skip
    assert [line for line in shown if len(line) > 80] == []


def test_spans_have_two_units() -> None:
    assert [span(seconds) for seconds in (0, 59.6, 72, 3600, 90_000)] == [
        "0 s", "1 min 0 s", "1 min 12 s", "1 h 0 min", "1 d 1 h"
    ]  # fmt: skip
