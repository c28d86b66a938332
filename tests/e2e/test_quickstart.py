"""``r1 quickstart``: the whole recipe through the commands' own code."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import PATIENCE, R1, RunR1
from tests.e2e.conftest import SHORT, Learned, Quickstart, wait_for

STEPS = ("base", "sft", "grpo", "measure-base", "measure-sft", "measure-grpo")


def states(folder: Path) -> dict[str, str]:
    """The state of each step that was begun."""
    return {
        step: json.loads((folder / step / "status.json").read_text())["state"]
        for step in STEPS
        if (folder / step / "status.json").exists()
    }


def test_it_ends_with_a_table_examples_a_curve_and_the_run_directories(quickstart: Quickstart) -> None:
    for line in ("base", "sft", "grpo", "grpo - sft"):
        assert any(row.startswith(line) for row in quickstart.output.splitlines())
    assert "mean reward of a GRPO step" in quickstart.output
    assert quickstart.output.count("(right)") + quickstart.output.count("(wrong)") == 2
    for step in STEPS:
        assert str(quickstart.folder / step) in quickstart.output
    assert "[2/6] cold start" in quickstart.talk
    assert "sft  12/12" in quickstart.talk


def test_every_step_is_an_ordinary_run(quickstart: Quickstart) -> None:
    assert states(quickstart.folder) == dict.fromkeys(STEPS, "finished")
    grpo = quickstart.folder / "grpo"
    run = yaml.safe_load((grpo / "run.yaml").read_text())
    assert (run["command"], run["preset"]) == ("grpo", "tiny-grpo")
    assert run["config"]["rewards"]["reward_funcs"] == ["accuracy", "format"]
    assert run["origins"]["training.max_steps"] == "environment R1_TRAINING__MAX_STEPS"
    assert run["versions"]["trl"]
    job = json.loads((grpo / "job.json").read_text())
    assert job["roles"][0]["argv"][1:3] == ["-m", "r1cli.train.grpo"]
    for name in ("logs/train.log", "logs/train-rank0.log", "model.safetensors"):
        assert (grpo / name).exists()
    metrics = [json.loads(line) for line in (grpo / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in metrics if "reward" in line] == list(range(1, 13))
    assert {"rewards/accuracy/mean", "rewards/format/mean", "faults"} <= set(metrics[0])


def test_completions_are_recorded_with_raw_values_and_faults(quickstart: Quickstart) -> None:
    import pyarrow.parquet

    files = sorted((quickstart.folder / "grpo" / "completions").glob("*.parquet"))
    assert len(files) == 12
    table = pyarrow.parquet.read_table(files[0])
    assert table.num_rows == 32
    assert {"prompt", "completion", "accuracy", "accuracy_raw", "format", "fault", "advantage"} <= set(
        table.column_names
    )
    assert set(table["fault"].to_pylist()) == {""}
    assert table["accuracy"].to_pylist() == table["accuracy_raw"].to_pylist()


def test_sft_teaches_the_format_even_in_few_steps(quickstart: Quickstart) -> None:
    report = json.loads((quickstart.folder / "report.json").read_text())
    assert report["scores"]["base"]["format"]["n"] == 32
    losses = [
        json.loads(line).get("loss")
        for line in (quickstart.folder / "sft" / "metrics.jsonl").read_text().splitlines()
    ]
    found = [loss for loss in losses if loss is not None]
    assert found[-1] < found[0] * 2 / 3


def test_started_again_it_does_nothing_twice(quickstart: Quickstart, r1: RunR1) -> None:
    before = {path: path.stat().st_mtime for path in quickstart.folder.rglob("*.safetensors")}
    result = r1("quickstart", "--output-dir", quickstart.folder, env={**os.environ, **SHORT})
    assert result.returncode == 0
    assert result.stderr.count("done before") == len(STEPS)
    assert result.stdout == quickstart.output
    assert before == {path: path.stat().st_mtime for path in quickstart.folder.rglob("*.safetensors")}


@pytest.mark.slow
def test_interrupted_and_started_again_it_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    # Short, but for SFT, which has to be there long enough to be interrupted.
    slow = {**os.environ, **SHORT, "R1_TRAINING__MAX_STEPS": "36", "R1_TRAINING__SAVE_STEPS": "12"}
    talk = interrupted(folder, folder / "sft" / "checkpoint-12" / "whole.json", slow)
    (step,) = re.findall(
        r"^interrupted at step (\d+), with a checkpoint\nthe same command resumes it$", talk, re.M
    )
    assert (folder / "sft" / f"checkpoint-{step}" / "whole.json").exists()
    assert states(folder) == {"base": "finished", "sft": "interrupted"}
    status = json.loads((folder / "sft" / "status.json").read_text())
    assert status["reason"] == f"SIGINT, with checkpoint-{step} to resume from"

    # The logs of the first attempt are put aside when SFT resumes; it has not taken a step then.
    talk = interrupted(folder, folder / "sft" / "logs" / "attempt-1", slow)
    assert "done before" in talk
    assert f"resumes from step {step}" in talk
    assert states(folder) == {"base": "finished", "sft": "interrupted"}


def interrupted(folder: Path, when: Path, environment: dict[str, str]) -> str:
    """What the quickstart says that gets Ctrl-C when a file is there."""
    command = [R1, "quickstart", "--output-dir", folder]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_for(when.exists, process)
            process.send_signal(signal.SIGINT)
            _, talk = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 130, talk
    return talk


def test_another_seed_in_the_same_folder_is_refused_and_changes_nothing(
    quickstart: Quickstart, r1: RunR1
) -> None:
    before = {path: path.read_bytes() for path in (quickstart.folder / "data").iterdir()}
    result = r1("quickstart", "--seed", "1", "--output-dir", quickstart.folder, env={**os.environ, **SHORT})
    assert result.returncode == 2
    assert "base.seed: 0 there, 1 now" in result.stderr
    assert before == {path: path.read_bytes() for path in (quickstart.folder / "data").iterdir()}


def test_the_dry_run_prints_every_command(r1: RunR1, tmp_path: Path) -> None:
    result = r1("quickstart", "--dry-run", cwd=tmp_path)
    assert result.stdout.count("-m r1cli.train.") == 2
    assert result.stdout.count("-m r1cli.evaluate.worker") == 3
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_model_learns_to_reason(learned: Learned) -> None:
    """The quickstart's promise, for one seed; within four minutes, or five times that beside other tests."""
    assert learned.seconds < 5 * 240
    report = json.loads((learned.folder / "report.json").read_text())
    sft, gain = report["scores"]["sft"], report["gains"]["accuracy"]
    assert sft["format"]["value"] >= 0.5
    assert sft["accuracy"]["value"] >= 0.3
    assert gain["value"] >= 0.1
    assert gain["low"] > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_real_language_model_goes_the_same_way(r1: RunR1, smollm2: Path, tmp_path: Path) -> None:
    arguments = ("quickstart", "--model", "smollm2", "--output-dir", tmp_path / "run")
    # The fixture has fetched the model there with the quickstart's own code, for other tests too.
    home = {"R1_HOME": str(smollm2.parents[1]), "HF_HUB_OFFLINE": "1"}
    environment = {**os.environ, **home, "R1_EVALUATE__NUM_PROBLEMS": "4"}
    result = r1(*arguments, env=environment, timeout=3600)
    assert result.returncode == 0, result.stderr
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["scores"]["grpo"]["format"]["n"] == 4
