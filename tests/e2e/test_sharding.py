"""A model sharded over ranks, for real: DeepSpeed on the CPU."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.classifier import save_classifier
from tests.conftest import REPOSITORY, drawn, require
from tests.e2e.conftest import make_environment


@pytest.fixture(scope="module")
def with_deepspeed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DeepSpeed in a separate environment: where it is installed, every worker imports it."""
    python = make_environment(tmp_path_factory.mktemp("deepspeed"))
    constraints = REPOSITORY / "constraints.txt"
    command = [python, "-m", "pip", "install", "--quiet", "--constraint", constraints, "deepspeed"]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    require("package-index", installed.returncode == 0, installed.stderr[-300:])
    return python


@pytest.mark.parametrize(("command", "stage"), drawn([("sft", "zero2"), ("sft", "zero3"), ("grpo", "zero3")]))
def test_zero_shards_and_saves_the_whole_model(
    with_deepspeed: Path, tiny: Path, tmp_path: Path, command: str, stage: str
) -> None:
    from safetensors.torch import load_file

    run = tmp_path / "run"
    settings = ["--preset", f"tiny-{command}", "--max_steps", "2", "--save_steps", "2", "--bf16", "true"]
    if command == "grpo":
        # A second model, which must not be sharded with the first.
        save_classifier(tmp_path / "classifier")
        settings += ["--reward", "accuracy,format,reward_model"]
        settings += ["--rewards.reward_model.model", str(tmp_path / "classifier")]
    result = subprocess.run(
        [
            with_deepspeed, "-m", "r1cli", command, *settings,
            "--model", tiny / "model", "--dataset", tiny / "data" / f"{command}.jsonl", "--output-dir", run,
            "--per_device_train_batch_size", "8", "--launch.num_processes", "2",
            "--launch.accelerate", stage,
        ],
        capture_output=True, text=True, check=False, timeout=800,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    if command == "grpo":
        assert [(line["faults"], line["rewards/reward_model/std"] > 0) for line in lines[:2]] == [
            (0, True)
        ] * 2
    shards = sorted(path.name for path in (run / "checkpoint-2" / "global_step2").glob("*optim_states.pt"))
    assert [name.partition("_pp_rank_")[2][0] for name in shards] == ["0", "1"]
    saved, start = (load_file(folder / "model.safetensors") for folder in (run, tiny / "model"))
    # DeepSpeed's ZeRO-2 clones what it saves, so that transformers does not see what is tied.
    tied = saved.pop("lm_head.weight", None)
    assert tied is None or tied.equal(saved["model.embed_tokens.weight"])
    assert {name: weight.shape for name, weight in saved.items()} == {
        name: weight.shape for name, weight in start.items()
    }
