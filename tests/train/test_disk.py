"""How much disk a training run takes at its fullest."""

import json
from pathlib import Path

import pytest

from r1cli.config.config import Config
from r1cli.config.resolve import Request, resolve
from r1cli.train.disk import disk_bytes
from r1cli.train.schema import sft_schema
from tests.command_line import flags_of

PARAMETERS = 1000
#: Float32 weights, and such a checkpoint with AdamW's two moments.
MODEL, CHECKPOINT = 4 * PARAMETERS, 12 * PARAMETERS


def make_model(folder: Path, dtype: str = "bfloat16", width: int = 2) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"torch_dtype": dtype}))
    for part in (1, 2):
        (folder / f"model-0000{part}-of-00002.safetensors").write_bytes(bytes(PARAMETERS * width // 2))
    # Not what transformers loads.
    (folder / "pytorch_model.bin").write_bytes(bytes(77))
    (folder / "consolidated.safetensors").write_bytes(bytes(99))
    return folder


def config_of(model: Path | str, words: str) -> Config:
    flags = flags_of("--model", str(model), "--dataset", "some/data", *words.split(), command="sft")
    return resolve(sft_schema(), Request(flags=tuple(flags)))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--save_strategy no", MODEL),
        # How many steps an epoch has is not known.
        ("", CHECKPOINT + MODEL),
        ("--save_total_limit 2", 3 * CHECKPOINT + MODEL),
        ("--save_total_limit 2 --save_only_model true", 3 * MODEL + MODEL),
        ("--max_steps 100 --save_steps 30", 4 * CHECKPOINT + MODEL),
        ("--max_steps 100 --save_steps 30 --save_total_limit 1", 2 * CHECKPOINT + MODEL),
        ("--max_steps 100 --save_steps 100 --save_total_limit 1", CHECKPOINT + MODEL),
        ("--save_steps 0.3", 4 * CHECKPOINT + MODEL),
        ("--save_strategy epoch --num_train_epochs 2.5", 3 * CHECKPOINT + MODEL),
        ("--save_strategy best --eval_strategy steps", CHECKPOINT + MODEL),
        ("--save_strategy no --dtype bfloat16", MODEL // 2),
        ("--save_strategy no --dtype auto", MODEL // 2),
        ("--optim sgd", 2 * MODEL),
        ("--use_peft true", 0),
    ],
)
def test_the_checkpoints_that_exist_at_once(tmp_path: Path, words: str, expected: int) -> None:
    assert disk_bytes(config_of(make_model(tmp_path / "model"), words)) == expected


def test_a_model_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    config = config_of("some/model", "--save_strategy no")
    assert disk_bytes(config) == 0
    make_model(tmp_path / "hub" / "models--some--model" / "snapshots" / "abc", "float32", 4)
    assert disk_bytes(config) == MODEL
