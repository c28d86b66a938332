"""What sft and grpo share: the model's and the trainer's arguments, the rows, resuming, saving."""

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import Dataset
from transformers import AutoProcessor, TrainerCallback
from trl import ModelConfig, get_peft_config, get_quantization_config

from r1cli.config.groups.data import TrainingData
from r1cli.config.groups.rewards import Rewards
from r1cli.config.record import RecordedConfig
from r1cli.data.chat_template import give_chat_template
from r1cli.data.lineage import inputs_of, record_datasets
from r1cli.data.load import Needed, load_train_and_test, name_of, shape_rows
from r1cli.files import write_text
from r1cli.launch.announce import say_loading
from r1cli.train.batch import require_steps
from r1cli.train.callbacks import MetricsCallback, Timings, plugin_callbacks
from r1cli.train.checkpoints import Checkpoints, Part, PreserveCheckpoints, start_from
from r1cli.train.model_card import CARD, model_card
from r1cli.train.progress import Progress, end_at_last_step
from r1cli.train.schema import Callbacks, Tracking
from r1cli.train.stop import StopOnRequest


def training_arguments(config_class: Any, run_dir: Path, config: RecordedConfig, **more: Any) -> Any:
    """An ``SFTConfig`` or ``GRPOConfig`` with the values of run.yaml, and TRL's defaults for the rest.

    Args:
        config_class: TRL's.
        run_dir: where the run is written.
        config: of the run.
        more: arguments that are known only now.
    """
    fields = {field.name for field in dataclasses.fields(config_class)}
    values = {
        name: value
        for group in ("training", "vllm", "tracking")
        for name, value in config.arguments(group).items()
        if name in fields  # the others are r1's own
    } | more
    if "reward_weights" in fields:
        values["reward_weights"] = list(config.section(Rewards).weighted.values())
    model = _model_config(config)
    init = {
        **_mapping(values.get("model_init_kwargs")),
        "revision": model.model_revision,
        "dtype": model.dtype,
    }
    if model.attn_implementation:
        init["attn_implementation"] = model.attn_implementation
    managed = {
        "output_dir": str(run_dir),
        "model_init_kwargs": init,
        "disable_tqdm": True,
        # `Checkpoints` deletes old ones.
        "save_total_limit": None,
    }
    return config_class(**{**values, **managed, **_on_cpu(values)})


def _mapping(value: Any) -> dict[str, Any]:
    """A mapping that, as in transformers, may be written as JSON; empty for None."""
    return json.loads(value) if isinstance(value, str) else value or {}


def _on_cpu(values: dict[str, Any]) -> dict[str, Any]:
    """The trainer's additional arguments without a GPU."""
    if os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true":
        return {"use_cpu": True}
    if os.environ.get("ACCELERATE_USE_DEEPSPEED") != "true" or torch.cuda.is_available():
        return {}
    # Without a GPU accelerate finds no backend for DeepSpeed and treats each rank as the only one; the
    # trainer uses the state created here.
    PartialState(backend="gloo")
    configured = {**_mapping(values.get("accelerator_config")), "use_configured_state": True}
    return {"use_cpu": True, "accelerator_config": configured}


def trainer_arguments(
    run_dir: Path, config: RecordedConfig, arguments: Any, timings: Timings, needed: Needed, **sides: str
) -> dict[str, Any]:
    """The arguments of both trainers: the model, its tokenizer and adapters, the rows, the callbacks.

    Args:
        run_dir: where the run is written.
        config: of the run.
        arguments: from `training_arguments`.
        timings: used if ``tracking.timings`` is set.
        needed: sets of columns, one of which the trainer needs.
        sides: overrides for the tokenizer's ``padding_side`` and ``truncation_side``.
    """
    model, data = _model_config(config), config.section(TrainingData)
    say_loading("the tokenizer")
    processor = _load_processor(model, data, arguments, sides)
    # TRL itself reads the template that its own argument names.
    takes_chats = processor.chat_template is not None or bool(getattr(arguments, "chat_template_path", None))
    say_loading(f"the dataset {name_of(data)}")
    train, test = load_train_and_test(data, arguments.eval_strategy != "no", needed)
    if PartialState().is_main_process:
        record_datasets(run_dir, inputs_of(data, len(train)))

    def shaped(rows: Dataset) -> Dataset:
        return shape_rows(rows, data.system_prompt, takes_chats, needed, name_of(data))

    return {
        "model": model.model_name_or_path,
        "args": arguments,
        "processing_class": processor,
        "train_dataset": shaped(train),
        "eval_dataset": None if test is None else shaped(test),
        "peft_config": get_peft_config(model),
        "quantization_config": get_quantization_config(model),
        "callbacks": _callbacks(run_dir, config, timings),
    }


def _load_processor(model: ModelConfig, data: TrainingData, arguments: Any, sides: dict[str, str]) -> Any:
    """The processor that the trainer would load, mostly a tokenizer, with the config's chat template."""
    processor = AutoProcessor.from_pretrained(
        model.model_name_or_path,
        revision=model.model_revision,
        trust_remote_code=arguments.trust_remote_code,
        **sides,
    )
    if data.chat_template:
        give_chat_template(processor, data.chat_template, "data.chat_template")
    return processor


def _callbacks(run_dir: Path, config: RecordedConfig, timings: Timings) -> list[TrainerCallback]:
    """Those of plugins come first, so that the metrics include what they add to the logs."""
    callbacks = plugin_callbacks(config.section(Callbacks).names)
    if config.section(Tracking).timings:
        callbacks.append(timings)
    return [*callbacks, MetricsCallback(run_dir)]


def train_and_save(
    run_dir: Path,
    config: RecordedConfig,
    progress: Progress,
    conclude: Callable[[], None] = lambda: None,
    **parts: Part,
) -> None:
    """Trains, from the last complete checkpoint if there is one, and saves the model in the run directory.

    A run that is stopped on request leaves a checkpoint, and no model.

    Args:
        run_dir: where the run is written.
        config: of the run.
        progress: of the trainer.
        conclude: raises if the trained model is useless.
        parts: state to save in checkpoints in addition to the trainer's state and progress.

    Raises:
        R1Error: the run cannot resume from the last checkpoint, or made no step.
    """
    trainer, every = progress.trainer, config.section(Callbacks).preserve_checkpoints_every
    limit, stop = config.arguments("training").get("save_total_limit"), StopOnRequest(run_dir)
    callbacks = [progress, stop, Checkpoints(run_dir, {"progress": progress, **parts}, limit)]
    if every:
        callbacks.append(PreserveCheckpoints(run_dir, every))
    for callback in callbacks:
        trainer.add_callback(callback)
    end_at_last_step(trainer)

    def write_card(*names: Any, **more: Any) -> None:
        if trainer.is_world_process_zero():
            write_text(run_dir / CARD, model_card(run_dir))

    # TRL's own card knows a start model only if it is one of the Hub.
    trainer.create_model_card = write_card
    sharded = trainer.is_deepspeed_enabled or trainer.is_fsdp_enabled
    trainer.train(resume_from_checkpoint=start_from(run_dir, sharded))
    if not stop.stopping:
        conclude()
        require_steps(trainer.state.global_step, len(trainer.train_dataset))
        trainer.save_model(str(run_dir))
        write_card()
    trainer.end()


def _model_config(config: RecordedConfig) -> ModelConfig:
    return ModelConfig(**config.arguments("model"))
