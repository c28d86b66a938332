"""Trains on a GPU with the installed ``r1``; `make test-gpu` runs it, and docs/gpu.md explains it.

The first tests are the most telling: where the time is up, the later ones are left out.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from r1cli.doctor.finding import OK
from r1cli.doctor.hardware import gpus
from r1cli.system import visible_gpus
from tests.gpu.conftest import PATIENCE, Trained, Trainings, installed, read_metrics
from tests.gpu.runs import ON_CPU, OPTIONAL, RUNS

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def sft(trainings: Trainings) -> Trained:
    """The cold start of the quickstart: the small model learns to think and answer between tags."""
    return trainings.r1(RUNS["sft"], trainings.model(large=False), "sft, small model")


def test_r1_sees_the_gpus_that_torch_sees(trainings: Trainings) -> None:
    import torch

    assert len(visible_gpus()) == torch.cuda.device_count()
    assert [finding for finding in gpus() if finding.state != OK] == []


def test_sft_learns_in_bf16(sft: Trained) -> None:
    losses = [entry["loss"] for entry in sft.steps]
    assert len(losses) == RUNS["sft"].settings["max_steps"]
    assert losses[-1] < losses[0] / 2
    assert (sft.folder / "model.safetensors").exists()


def test_grpo_trains_in_bf16(trainings: Trainings, sft: Trained) -> None:
    """From the model that SFT made, which answers many problems already, on a GPU."""
    run = RUNS["grpo"]
    steps = trainings.r1(run, sft.folder, "grpo, small model").steps
    assert len(steps) == run.settings["max_steps"]
    assert {entry["faults"] for entry in steps} == {0}
    rewards = [entry["rewards/same_answer/mean"] for entry in steps]
    trainings.figures["grpo, small model"] |= {"first_reward": rewards[0], "last_reward": rewards[-1]}
    if not ON_CPU:
        assert sum(rewards[-10:]) / 10 > 0.3


def test_gradient_checkpointing_saves_memory(trainings: Trainings) -> None:
    model = trainings.model(large=True)
    whole = trainings.r1(RUNS["all activations"], model, "sft, all activations kept").figures()
    spared = trainings.r1(RUNS["gradient checkpointing"], model, "sft, gradient checkpointing").figures()
    if not ON_CPU:
        assert spared["peak_gb"] < 0.8 * whole["peak_gb"]


@pytest.mark.parametrize("command", ["sft", "grpo"])
def test_lora_trains_adapters_alone(trainings: Trainings, command: str) -> None:
    run = RUNS[f"LoRA {command}"]
    trained = trainings.r1(run, trainings.model(large=True), f"{command}, LoRA")
    assert len(trained.steps) == run.settings["max_steps"]
    adapter, model = (trained.folder / name for name in ("adapter_model.safetensors", "model.safetensors"))
    assert adapter.exists()
    assert not model.exists()


def test_a_run_resumes_after_sigkill(trainings: Trainings) -> None:
    """The same steps in the log, and the optimizer's state: without it the loss would jump."""
    run, model, folder = RUNS["resumed"], trainings.model(large=False), trainings.new_folder()
    first, last = (int(str(run.settings[name])) for name in ("save_steps", "max_steps"))
    process = subprocess.Popen(
        trainings.words(run, model, folder), env=trainings.environment, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_for((folder / f"checkpoint-{first}" / "whole.json").exists, process)
        os.kill(json.loads((folder / "status.json").read_text())["pid"], signal.SIGKILL)
        _, messages = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 1, messages
    assert not (folder / "model.safetensors").exists()
    trainings.r1(run, model, output_dir=folder)
    entries = read_metrics(folder)
    assert [entry["step"] for entry in entries] == [*range(1, last + 1), last]
    assert entries[-2]["loss"] < entries[0]["loss"] / 2
    assert json.loads((folder / "status.json").read_text())["state"] == "finished"


@pytest.mark.parametrize("package", OPTIONAL)
def test_with_an_optional_package(trainings: Trainings, package: str) -> None:
    if ON_CPU or not installed(package):
        pytest.skip(f"{package} is not installed, or there is no GPU")
    run = OPTIONAL[package]
    trained = trainings.r1(run, trainings.model(large=True), f"{run.command}, {package}")
    assert len(trained.steps) == run.settings["max_steps"]


@pytest.mark.parametrize("command", ["sft", "grpo"])
@pytest.mark.parametrize("turn", [1, 2])
def test_beside_plain_trl(trainings: Trainings, turn: int, command: str) -> None:
    """Both train the same steps; how long they take is shown, and nothing is demanded of it."""
    run, model = RUNS[f"timed {command}"], trainings.model(large=True)
    ours = trainings.r1(run, model, f"{command}, large model, r1, turn {turn}")
    theirs = trainings.plain_trl(run, model, f"{command}, large model, plain TRL, turn {turn}")
    assert ours.steps[0]["loss"] == pytest.approx(theirs.steps[0]["loss"], abs=0.05)
    assert len(ours.steps) == len(theirs.steps) == run.settings["max_steps"]
    pair = ours.figures(), theirs.figures()
    trainings.figures[f"{command}, r1 : plain TRL, turn {turn}"] = {
        name: pair[0][name] / pair[1][name] for name in ("step_s", "tokens_per_s", "whole_run_s")
    }


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, process.communicate()[1][-4000:]
        assert time.monotonic() < deadline
        time.sleep(0.05)
