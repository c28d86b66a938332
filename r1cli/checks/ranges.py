"""Numbers that must lie in a range."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from r1cli.checks.subject import Subject
from r1cli.errors import R1Error


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``; ``open_low`` and ``open_high`` leave the end itself out."""

    low: float
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below

    def __str__(self) -> str:
        low = f"above {self.low:g}" if self.open_low else f"{self.low:g} or more"
        if self.high == math.inf:
            return low
        return f"{low} and {'below' if self.open_high else 'at most'} {self.high:g}"


_ABOVE_ZERO = Range(0, open_low=True)
_ZERO_OR_MORE = Range(0)
_ONE_OR_MORE = Range(1)
_SHARE = Range(0, 1)
_PART = Range(0, 1, open_low=True)
_BELOW_ONE = Range(0, 1, open_high=True)

RANGES = {
    "training.learning_rate": Range(0, 1, open_low=True, open_high=True),
    "training.warmup_steps": _ZERO_OR_MORE,
    "training.weight_decay": _ZERO_OR_MORE,
    "training.adam_beta1": _BELOW_ONE,
    "training.adam_beta2": _BELOW_ONE,
    "training.adam_epsilon": _ABOVE_ZERO,
    "training.max_grad_norm": _ZERO_OR_MORE,
    "training.num_train_epochs": _ABOVE_ZERO,
    "training.per_device_train_batch_size": _ONE_OR_MORE,
    "training.per_device_eval_batch_size": _ONE_OR_MORE,
    "training.gradient_accumulation_steps": _ONE_OR_MORE,
    "training.logging_steps": _ABOVE_ZERO,
    "training.save_steps": _ABOVE_ZERO,
    "training.eval_steps": _ABOVE_ZERO,
    "training.save_total_limit": _ONE_OR_MORE,
    "training.max_length": _ONE_OR_MORE,
    "training.num_generations": Range(2),
    "training.num_generations_eval": _ONE_OR_MORE,
    "training.generation_batch_size": _ONE_OR_MORE,
    "training.steps_per_generation": _ONE_OR_MORE,
    "training.num_iterations": _ONE_OR_MORE,
    "training.max_completion_length": _ONE_OR_MORE,
    "training.temperature": _ABOVE_ZERO,
    "training.top_p": _PART,
    "training.top_k": _ZERO_OR_MORE,
    "training.min_p": _SHARE,
    "training.repetition_penalty": _ABOVE_ZERO,
    "training.beta": _ZERO_OR_MORE,
    "training.epsilon": _ABOVE_ZERO,
    "training.epsilon_high": _ABOVE_ZERO,
    "training.top_entropy_quantile": _SHARE,
    "vllm.vllm_gpu_memory_utilization": _PART,
    "vllm.vllm_tensor_parallel_size": _ONE_OR_MORE,
    "vllm.vllm_max_model_length": _ONE_OR_MORE,
    "model.lora_r": _ONE_OR_MORE,
    "model.lora_alpha": _ONE_OR_MORE,
    "model.lora_dropout": _BELOW_ONE,
    "data.test_size": _ABOVE_ZERO,
    "rewards.time_limit": _ABOVE_ZERO,
    "rewards.max_fault_share": _SHARE,
    "rewards.max_dead_steps": _ONE_OR_MORE,
    "rewards.warn_dead_share": _PART,
    "data.split_seed": _ZERO_OR_MORE,
    "training.seed": _ZERO_OR_MORE,
    "training.dataloader_num_workers": _ZERO_OR_MORE,
    "callbacks.preserve_checkpoints_every": _ONE_OR_MORE,
    "slurm.nodes": _ONE_OR_MORE,
    "slurm.gpus_per_node": _ZERO_OR_MORE,
    "slurm.cpus_per_node": _ONE_OR_MORE,
    "slurm.vllm_nodes": _SHARE,
    "slurm.max_requeues": _ZERO_OR_MORE,
    "slurm.stop_before": Range(1, 65535),
    "serve.port": Range(1, 65535),
    "evaluate.num_problems": _ONE_OR_MORE,
    "evaluate.temperature": _ZERO_OR_MORE,
    "evaluate.max_new_tokens": _ONE_OR_MORE,
    "evaluate.top_p": _PART,
    "evaluate.samples": _ONE_OR_MORE,
    "evaluate.concurrency": _ONE_OR_MORE,
    "evaluate.batch_size": _ONE_OR_MORE,
}


def check_ranges(subject: Subject) -> Iterator[R1Error]:
    for path, wanted in RANGES.items():
        value = subject.config.values.get(path)
        if subject.has(path) and value is not None and value not in wanted:
            default = subject.config.schema.leaves[path].default
            yield R1Error(
                f"{path}: expected {wanted}, found {_shown(value)}",
                where=subject.where(path),
                fix=f"its default is {'null' if default is None else _shown(default)}",
            )
    yield from _every(subject)
    yield from _steps(subject)


def _shown(value: float) -> str:
    # An integer may be too large for a float.
    return f"{value:g}" if isinstance(value, float) else str(value)


def _every(subject: Subject) -> Iterator[R1Error]:
    """A share of all steps below 1, or a whole number of them."""
    for path in ("training.logging_steps", "training.save_steps", "training.eval_steps", "data.test_size"):
        value = subject.config.values.get(path)
        if subject.has(path) and value is not None and value > 1 and value != int(value):
            yield R1Error(
                f"{path}: expected a share below 1 or a whole number, found {value}",
                where=subject.where(path),
                fix=f"set it to {int(value)} or {int(value) + 1}",
            )


def _steps(subject: Subject) -> Iterator[R1Error]:
    """Steps: -1 means "as the epochs say", and the warm-up has to end before they do."""
    max_steps, warmup = "training.max_steps", "training.warmup_steps"
    if not subject.has(max_steps, warmup):
        return
    steps, warm = subject.config.get(max_steps), subject.config.get(warmup)
    if steps == 0 or steps < -1:
        yield R1Error(
            f"{max_steps}: expected 1 or more, or -1 for as many as the epochs have, found {steps}",
            where=subject.where(max_steps),
            fix="its default is -1",
        )
    elif 0 < steps <= warm and warm >= 1:
        yield R1Error(
            f"the warm-up takes {warm:g} steps of {steps}: the learning rate never reaches its value",
            where=subject.where(warmup, max_steps),
            fix=f"set --{warmup} below 1 for a share of the steps, as 0.1",
        )
