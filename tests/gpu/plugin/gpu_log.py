"""The callback itself, which plain TRL uses too, so that both are measured in the same way."""

import time
from typing import Any

import torch
from accelerate.state import AcceleratorState
from transformers import TrainerCallback


class GpuLog(TrainerCallback):
    """Adds to each log: the time, where the model is, its mixed precision, the most memory used so far."""

    def __init__(self) -> None:
        self.device = ""

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        self.device = "/".join(sorted({weight.device.type for weight in model.parameters()}))

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **kwargs: Any) -> None:
        if torch.cuda.is_available():
            # The step is over once the GPU has done what is queued.
            torch.cuda.synchronize()
        logs["gpu_log/clock"] = time.perf_counter()
        logs["gpu_log/device"] = self.device
        logs["gpu_log/precision"] = AcceleratorState().mixed_precision
        logs["gpu_log/peak_gb"] = (
            torch.cuda.max_memory_allocated() / 1e9 if torch.cuda.is_available() else 0.0
        )
