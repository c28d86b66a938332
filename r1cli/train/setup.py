"""What sft and grpo share: the model's and the trainer's arguments, the rows, resuming, saving."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import AutoTokenizer
from trl import ModelConfig, get_peft_config, get_quantization_config

from r1cli.data.load import load_rows, shape_rows
from r1cli.train.callbacks import MetricsCallback


def training_arguments(config_class: Any, run_dir: Path, config: dict[str, Any]) -> Any:
    """An ``SFTConfig`` or ``GRPOConfig`` with what run.yaml sets; TRL's defaults hold for the rest."""
    fields = {field.name for field in dataclasses.fields(config_class)}
    given = {
        name: value
        for group in ("training", "vllm", "tracking")
        for name, value in config.get(group, {}).items()
    }
    if "reward_weights" in fields:
        given["reward_weights"] = config["rewards"]["reward_weights"]
    model = _model_config(config)
    init = {"revision": model.model_revision, "dtype": model.dtype}
    if model.attn_implementation:
        init["attn_implementation"] = model.attn_implementation
    managed = {
        "output_dir": str(run_dir),
        "model_init_kwargs": init,
        "disable_tqdm": True,
        "use_cpu": os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true",
    }
    return config_class(**{**given, **managed})


def trainer_arguments(run_dir: Path, config: dict[str, Any], arguments: Any) -> dict[str, Any]:
    """What both trainers are built with: the model, its adapters, the rows, the record."""
    model, data = _model_config(config), config["data"]
    evaluates = arguments.eval_strategy != "no"
    tokenizer = AutoTokenizer.from_pretrained(model.model_name_or_path, revision=model.model_revision)

    def rows(split: str) -> Dataset:
        return shape_rows(load_rows(data, split), data.get("system_prompt"), tokenizer)

    return {
        "model": model.model_name_or_path,
        "args": arguments,
        "train_dataset": rows(data.get("dataset_train_split", "train")),
        "eval_dataset": rows(data.get("dataset_test_split", "test")) if evaluates else None,
        "peft_config": get_peft_config(model),
        "quantization_config": get_quantization_config(model),
        "callbacks": [MetricsCallback(run_dir)],
    }


def train_and_save(trainer: Any, run_dir: Path, conclude: Callable[[], None] = lambda: None) -> None:
    """Trains, from the last whole checkpoint if there is one, and saves the model in the run directory.

    ``conclude`` raises when what was trained is worth nothing.
    """
    trainer.train(resume_from_checkpoint=_last_checkpoint(run_dir))
    conclude()
    trainer.save_model(str(run_dir))
    trainer.end()


def _model_config(config: dict[str, Any]) -> ModelConfig:
    return ModelConfig(**config["model"])


def _last_checkpoint(run_dir: Path) -> str | None:
    """The newest checkpoint that was written to its end: its trainer_state.json is written last."""
    whole = [path.parent for path in run_dir.glob("checkpoint-*/trainer_state.json")]
    newest = max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
    return str(newest) if newest else None
