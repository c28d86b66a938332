"""What people say for keys whose names are unlike it, and other tools call them: for suggestions alone."""

from collections.abc import Callable

#: Of several keys, that counts which the command has; a value stands where one is meant.
_SAID = {
    "lr": "learning_rate",
    "epochs": "num_train_epochs",
    "num_epochs": "num_train_epochs",
    "batch_size": "per_device_train_batch_size",
    "micro_batch_size": "per_device_train_batch_size",
    "bs": "per_device_train_batch_size",
    "steps": "max_steps",
    "grad_accum": "gradient_accumulation_steps",
    "accumulation": "gradient_accumulation_steps",
    "clip_grad": "max_grad_norm",
    "grad_clip": "max_grad_norm",
    "checkpointing": "gradient_checkpointing",
    "optimizer": "optim",
    "scheduler": "lr_scheduler_type",
    "lr_scheduler": "lr_scheduler_type",
    "precision": "bf16",
    "mixed_precision": "bf16",
    "flash_attention": "attn_implementation flash_attention_2",
    "flash_attn": "attn_implementation flash_attention_2",
    "use_flash_attention_2": "attn_implementation flash_attention_2",
    "wandb": "report_to wandb",
    "wandb_name": "run_name",
    "lora": "use_peft",
    "use_lora": "use_peft",
    "adapter": "use_peft",
    "finetuning_type": "use_peft",
    "quantization": "load_in_4bit",
    "zero_stage": "launch.accelerate zero3",
    "config_file": "launch.accelerate FILE",
    "temp": "temperature",
    "n": "samples|num_generations",
    "group_size": "num_generations",
    "kl_coef": "beta",
    "clip_range": "epsilon",
    "seq_len": "max_length",
    "sequence_len": "max_length",
    "cutoff_len": "max_length",
    "block_size": "max_length",
    "context": "max_length",
    "max_tokens": "max_new_tokens|max_completion_length",
    "response_length": "max_completion_length|max_new_tokens",
    "reward_model_name_or_path": "rewards.reward_model.model",
    "base_model": "model",
    "dataset_mixer": "dataset_mixture",
    "dataset_solution_column": "columns.solution",
    "data_files": "dataset",
    "limit": "num_problems|num_rows|end_index",
    "max_samples": "num_problems|num_rows|end_index",
    "num_rows": "num_problems|end_index",
    "num_problems": "num_rows|end_index",
    "split": "dataset_train_split",
    "dataset_splits": "dataset_train_split",
}

#: The letters of sbatch's options, and the options of `r1 slurm submit`.
SBATCH = {
    "A": "account",
    "C": "slurm.constraint",
    "N": "nodes",
    "a": "array",
    "p": "partition",
    "q": "qos",
    "t": "time",
}


def what_is_meant(key: str, has: Callable[[str], bool]) -> str:
    """The key, perhaps with a value, that people mean by a name; empty if there is none in the command."""
    meant = _SAID.get(key, "").split("|")
    return next((one for one in meant if one and has(one.partition(" ")[0])), "")


def is_said(key: str) -> bool:
    """Whether people call some key so."""
    return key in _SAID
