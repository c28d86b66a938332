"""Estimates the peak disk usage of a training run from the files of the start model."""

import math
from collections.abc import Iterator
from pathlib import Path

from r1cli.config.config import MODEL, Config
from r1cli.config.model_files import model_folder, read_model_config

_WIDTHS = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}


def disk_bytes(config: Config) -> int:
    """Bytes of all checkpoints that exist at the same time, and of the final model.

    A lower bound; 0 if the model's files are not on this machine, and for adapters, which are small.
    """
    folder = model_folder(config.get(MODEL) or "")
    if folder is None or config.get("model.use_peft"):
        return 0
    stored = _stored_width(folder)
    width = _WIDTHS.get(config.get("model.dtype"), stored)
    weights = sum(file.stat().st_size for file in _weight_files(folder)) // stored * width
    # AdamW stores two moments with the same width as the weights; other optimizers store less.
    optim = config.get("training.optim")
    moments = 2 if optim.startswith("adamw_torch") and not optim.endswith("bit") else 0
    checkpoint = weights if config.get("training.save_only_model") else weights * (1 + moments)
    return checkpoint * _checkpoints(config) + weights


def _checkpoints(config: Config) -> int:
    """The number of checkpoints that exist at the same time; 1 if the number of steps is unknown."""
    if config.get("training.save_strategy") == "no":
        return 0
    written, limit = _written(config), int(config.get("training.save_total_limit") or 0)
    if limit < 1:
        return written or 1
    # A new one is written before an old one is deleted.
    return min(limit + 1, written or limit + 1)


def _written(config: Config) -> int:
    """The number of checkpoints written in total; 0 if unknown."""
    strategy, steps = config.get("training.save_strategy"), int(config.get("training.max_steps"))
    every = float(config.get("training.save_steps"))
    if strategy == "epoch" and steps <= 0:
        return math.ceil(float(config.get("training.num_train_epochs")))
    if strategy == "steps" and 0 < every < 1:
        return math.ceil(1 / every)
    if strategy == "steps" and every >= 1 and steps > 0:
        return math.ceil(steps / every)
    return 0


def _weight_files(folder: Path) -> Iterator[Path]:
    """The files that transformers loads; repositories may contain the same weights in other formats."""
    safe = list(folder.glob("model*.safetensors"))
    yield from safe or folder.glob("pytorch_model*.bin")


def _stored_width(folder: Path) -> int:
    """Bytes of a parameter in a model's files, by its config.json; 4 if that does not tell."""
    config = read_model_config(folder) or {}
    return _WIDTHS.get(str(config.get("dtype") or config.get("torch_dtype")), 4)
