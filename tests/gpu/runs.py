"""What the GPU tests run: each training as a command of r1 with its keys.

`test_runs.py` resolves every one of them without a GPU, so that a mistake is found before they travel.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

#: For whoever writes these tests: few steps of a small model in float32, on a machine without a GPU.
ON_CPU = os.environ.get("R1_TEST_GPU_ON_CPU") == "1"

#: The quickstart's model of 600,000 parameters, and one of 150 million, which gives a GPU something to do.
SMALL: Mapping[str, int] = {}
LARGE: Mapping[str, int] = {
    "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 12,
    "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 64,
}  # fmt: skip

Settings = Mapping[str, object]


@dataclass(frozen=True)
class Run:
    """One training: the command, and what it is given beside model, rows and folder."""

    command: str
    settings: Settings

    def words(
        self, model: Path, rows: Path, output_dir: Path, gpus: int = 0 if ON_CPU else 1
    ) -> Iterator[str]:
        """The command line after ``r1``."""
        settings: dict[str, object] = {
            "model": model,
            "dataset": rows,
            "output_dir": output_dir,
            "gpus": gpus,
        }
        if self.command == "grpo":
            # An untrained model earns nothing.
            settings |= {"reward": "same_answer", "rewards.max_dead_steps": "null"}
        settings |= {"callbacks.names": "gpu_log", **self.settings}
        yield self.command
        for key, value in settings.items():
            yield from (f"--{key}", str(value).lower() if isinstance(value, bool) else str(value))


#: Of every run: a line in the log for each step, and checkpoints only where they are tested.
_COMMON: Settings = {"bf16": not ON_CPU, "logging_steps": 1, "report_to": "none", "save_strategy": "no"}
_SFT: Settings = {**_COMMON, "max_length": 128, "gradient_checkpointing": False}
_GRPO: Settings = {
    **_COMMON, "num_generations": 8, "max_completion_length": 64, "gradient_checkpointing": False,
}  # fmt: skip
#: As the quickstart has it.
_LEARN: Settings = {**_SFT, "per_device_train_batch_size": 16 if ON_CPU else 64, "learning_rate": 3e-3}
_LARGE_SFT: Settings = {**_SFT, "per_device_train_batch_size": 16 if ON_CPU else 256}
_LARGE_GRPO: Settings = {**_GRPO, "per_device_train_batch_size": 16 if ON_CPU else 128}
_FEW: Settings = {"max_steps": 2 if ON_CPU else 10}
_FEW_SFT: Settings = {**_LARGE_SFT, **_FEW}
_FEW_GRPO: Settings = {**_LARGE_GRPO, **_FEW}
_LORA: Settings = {"use_peft": True, "lora_r": 8, "lora_target_modules": "q_proj,v_proj"}

RUNS: Mapping[str, Run] = {
    "sft": Run("sft", {**_LEARN, "max_steps": 40 if ON_CPU else 600, "lr_scheduler_type": "cosine"}),
    "grpo": Run(
        "grpo",
        {
            **_GRPO, "max_steps": 2 if ON_CPU else 40, "learning_rate": 2e-4,
            "per_device_train_batch_size": 16 if ON_CPU else 128,
        },
    ),
    "all activations": Run("sft", _FEW_SFT),
    "gradient checkpointing": Run("sft", {**_FEW_SFT, "gradient_checkpointing": True}),
    "LoRA sft": Run("sft", {**_FEW_SFT, **_LORA, "gradient_checkpointing": True}),
    "LoRA grpo": Run("grpo", {**_FEW_GRPO, **_LORA}),
    # It is killed after its first checkpoint, long before its end.
    "resumed": Run(
        "sft",
        {
            **_LEARN, "max_steps": 60 if ON_CPU else 400, "save_strategy": "steps",
            "save_steps": 20 if ON_CPU else 50,
        },
    ),
    "timed sft": Run("sft", {**_LARGE_SFT, "max_steps": 4 if ON_CPU else 40}),
    "timed grpo": Run("grpo", {**_LARGE_GRPO, "max_steps": 3 if ON_CPU else 8}),
}  # fmt: skip

#: By the distribution that each needs; what is not installed is named at the end of the tests.
OPTIONAL: Mapping[str, Run] = {
    "liger-kernel": Run("sft", {**_FEW_SFT, "use_liger_kernel": True}),
    "bitsandbytes": Run("sft", {**_FEW_SFT, **_LORA, "load_in_4bit": True, "dtype": "bfloat16"}),
    "flash-attn": Run(
        "sft", {**_FEW_SFT, "attn_implementation": "flash_attention_2", "dtype": "bfloat16"}
    ),
    "deepspeed": Run("sft", {**_FEW_SFT, "launch.accelerate": "zero2"}),
    "vllm": Run(
        "grpo",
        {
            **_FEW_GRPO, "use_vllm": True, "vllm_mode": "colocate", "vllm_gpu_memory_utilization": 0.2,
            "vllm_max_model_length": 256,
        },
    ),
}  # fmt: skip
