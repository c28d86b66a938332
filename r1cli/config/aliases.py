"""Names that other tools and older versions use, each with r1's name for it: the one table of them.

Read here are open-r1's recipes and flags, TRL's own YAML, the hierarchical layout of GRPO projects
(``training.optimization.learning_rate``), and what today's TRL and transformers have dropped. A name is
renamed, converted with its value, or dropped with a warning that says what changes.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from r1cli.commands import COMMANDS
from r1cli.config.settings import ENVIRONMENT, Setting, Standing
from r1cli.errors import R1Error
from r1cli.yaml12 import parse_scalar

#: From a value to settings under r1's names.
Conversion = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Alias:
    """What becomes of a name: ``to`` another, ``convert`` with its value, or neither: it is dropped.

    ``says`` is the warning: what changes for the user. A mere new name needs none. ``otherwise`` is why it is
    dropped for a command without the key ``to``. ``switch`` is for names that mean true when they are
    alone.
    """

    to: str = ""
    convert: Conversion | None = None
    says: str = ""
    otherwise: str = ""
    switch: bool = False

    @property
    def is_switch(self) -> bool:
        """Whether the name alone means true."""
        return self.switch or self.convert in _SWITCHES


def _share(value: Any) -> dict[str, Any]:
    """A share of the training steps: today's ``warmup_steps`` takes one below 1."""
    share = parse_scalar(value)
    if not isinstance(share, int | float) or not 0 <= share < 1:
        raise ValueError("expected a share of the steps, 0 or more and below 1")
    return {"training.warmup_steps": share}


def _flag(value: Any) -> bool:
    flag = parse_scalar(value)
    if not isinstance(flag, bool):
        raise ValueError("expected true or false")
    return flag


def _sampling_by_length(value: Any) -> dict[str, Any]:
    return {"training.train_sampling_strategy": "group_by_length" if _flag(value) else "random"}


def _without_gpu(value: Any) -> dict[str, Any]:
    return {"launch.gpus": 0} if _flag(value) else {}


def _no_wandb(value: Any) -> dict[str, Any]:
    return _wandb(not _flag(value))


def _wandb(value: Any) -> dict[str, Any]:
    return {"tracking.report_to": ["wandb"] if _flag(value) else []}


def _one_config(value: Any) -> dict[str, Any]:
    """TRL once took a list of dataset configs, and read the first."""
    configs = parse_scalar(value)
    return {"data.dataset_config": configs[0] if isinstance(configs, list) and configs else configs}


#: TRL's names of its accelerate configs; its others are the same as r1's, or files.
_TRL_ACCELERATE = {"single_gpu": None, "multi_gpu": "ddp", "fsdp1": "fsdp", "fsdp2": "fsdp"}


def _accelerate(value: Any) -> dict[str, Any]:
    return {"launch.accelerate": _TRL_ACCELERATE.get(value, value)}


def _accelerator(value: Any) -> dict[str, Any]:
    return {"launch.accelerate": None if value in ("auto", "single") else value}


def _template(value: Any) -> dict[str, Any]:
    """open-r1's templates are Jinja: those that only name columns, as {{ instruction }}, are translated."""
    text = str(value)
    if re.search(r"\{%|\{\{\s*\w+\s*[|.]", text):
        raise ValueError("expected a template that only names columns, as 'Solve {problem}'")
    return {"data.prompt_template": re.sub(r"\{\{\s+(\w+)\s+\}\}", r"{\1}", text)}


def _push_revision(value: Any) -> dict[str, Any]:
    return {"training.push_to_hub": True} if _flag(value) else {}


def _preserve(value: Any) -> dict[str, Any]:
    """The hierarchical layout's switch: its interval has its own key."""
    return {} if _flag(value) else {"callbacks.preserve_checkpoints_every": None}


def _log_level(value: Any) -> dict[str, Any]:
    return {"training.log_level": str(value).lower()}


def _provider(value: Any) -> dict[str, Any]:
    return {} if value is None else {"code.provider": value}


def _router(value: Any) -> dict[str, Any]:
    if not value:
        return {}
    # open-r1 writes HOST:PORT.
    url = str(value) if "://" in str(value) else f"http://{value}"
    return {"code.provider": "router", "code.endpoints": [url]}


def _test_batches(value: Any) -> dict[str, Any]:
    """open-r1 takes anything below 1 for all tests at a time."""
    size = parse_scalar(value)
    if not isinstance(size, int) or isinstance(size, bool):
        raise ValueError("expected a number of tests, or -1 for all")
    return {f"rewards.{name}.test_batch_size": size if size >= 1 else -1 for name in ("cf_code", "ioi_code")}


def _packing(value: Any) -> Any:
    """TRL's earlier names: ``ffd`` for five weeks in 2025, and later ``bfd-requeue``."""
    return {"ffd": "bfd", "bfd-requeue": "bfd_split"}.get(value, value) if isinstance(value, str) else value


def _mixture(value: Any) -> Any:
    """A mixture may be its list of datasets alone."""
    return {"datasets": value} if isinstance(value, list) else value


def _unless_null(key: str) -> tuple[str, Conversion]:
    """An earlier name of transformers', whose null meant that today's counts."""
    return key, lambda value: {} if value is None else {key: value}


#: By the last part of a key of r1's own: what becomes of values that are written otherwise elsewhere.
_VALUES: dict[str, Callable[[Any], Any]] = {"packing_strategy": _packing, "dataset_mixture": _mixture}
#: The conversions of names that are switches: alone they mean true.
_SWITCHES = (_sampling_by_length, _without_gpu, _no_wandb, _wandb, _push_revision, _preserve)


def _is_dropped(says: str, *, switch: bool = False) -> Alias:
    return Alias(says=says, switch=switch)


_PUSH = "push_to_hub_revision"
_PUSHED = "checkpoints are pushed as training.hub_strategy says"
_NOT_MEASURED = "nothing is measured while training; measure the trained model in a separate run"
_RESUMES = "a run is never overwritten: repeated with its --output-dir, the command resumes it"
_NOT_CUT = "prompts are no longer cut, and long ones reach the model whole"
_FEW_ROWS = "rows are prepared as they are read"
_PRESERVED = "they are kept in preserved/ of the run directory"
_KEPT_IN_RUN = "everything of a run is in its run directory"
_PUSHED_BY_HAND = "nothing is pushed: `r1 data push RUN OWNER/NAME` does that, private by default"
_AS_ROOM = "requests are sent as the server has room: see sampling.concurrency"
_ONE_PROVIDER = "one provider runs the programs of all rewards"
_ENVIRONMENT = "jobs of Slurm have these variables; for a run on this machine, set them where r1 is called"
_GONE = "today's TRL and transformers do not have it"
_ARGUMENTS_THAT_ARE_GONE = (
    "use_mps_device", "jit_mode_eval", "use_ipex", "fp16_backend", "fp16_opt_level", "half_precision_backend",
    "tpu_num_cores", "tpu_metrics_debug", "past_index", "fsdp_min_num_params",
    "fsdp_transformer_layer_cls_to_wrap", "include_inputs_for_metrics", "push_to_hub_model_id",
    "push_to_hub_organization", "mp_parameters", "torchdynamo", "ray_scope", "dispatch_batches",
    "split_batches", "tp_size", "sharded_ddp", "num_of_sequences", "chars_per_token", "dataset_batch_size",
)  # fmt: skip
#: The model's arguments that r1 has keys for.
_MODEL_ARGUMENTS = {
    "dtype": "model.dtype",
    "torch_dtype": "model.dtype",
    "revision": "model.model_revision",
    "attn_implementation": "model.attn_implementation",
    "trust_remote_code": "training.trust_remote_code",
}
_OWN_ROUTER = "the router is `r1 code serve`, and its address becomes code.endpoints"
#: The columns that others name with options such as --prompt-column.
_COLUMNS = ("prompt", "solution", "completion", "messages", "answer", "text")
#: open-r1's keys for the address of a router; they count after the provider that runs behind it.
_ROUTERS = ("e2b_router_url", "morph_router_url")
_COUNT_LAST = ("ioi_provider", *_ROUTERS)

# r1's own, moved since: those of all commands, and those of one.
_MOVED = {
    "slurm.offline": "launch.offline",
    **{old: new for row in COMMANDS.values() for old, new in row.moved.items()},
}
ALIASES: dict[str, Alias] = {
    **{old: Alias(new) for old, new in _MOVED.items()},
    "code.testlib": Alias("rewards.cf_code.testlib"),
    # --- open-r1: script arguments and configs of its recipes
    "dataset_prompt_column": Alias("data.columns.prompt"),
    # One spelling of r1's is --columns.NAME COLUMN.
    **{f"{name}_column": Alias(f"data.columns.{name}") for name in _COLUMNS},
    "dataset_configs": Alias("data.dataset_config", _one_config),
    "hub_model_revision": Alias("training.hub_revision"),
    _PUSH: Alias("training.push_to_hub", _push_revision, _PUSHED),
    "overwrite_hub_revision": _is_dropped("a push never deletes a revision of the Hub", switch=True),
    "benchmarks": _is_dropped(_NOT_MEASURED),
    "wandb_log_unique_prompts": Alias("training.log_unique_prompts"),
    "cosine_min_value_wrong": Alias("rewards.cosine.min_value_wrong"),
    "cosine_max_value_wrong": Alias("rewards.cosine.max_value_wrong"),
    "cosine_min_value_correct": Alias("rewards.cosine.min_value_correct"),
    "cosine_max_value_correct": Alias("rewards.cosine.max_value_correct"),
    "cosine_max_len": Alias("rewards.cosine.max_len"),
    "repetition_n_grams": Alias("rewards.repetition_penalty.ngram_size"),
    "repetition_max_penalty": Alias("rewards.repetition_penalty.max_penalty"),
    "max_completion_len": Alias("rewards.soft_overlong_punishment.max_completion_len"),
    "soft_punish_cache": Alias("rewards.soft_overlong_punishment.soft_punish_cache"),
    "code_language": Alias("rewards.code_format.default_language"),
    "code_eval_test_batch_size": Alias("rewards.cf_code.test_batch_size", _test_batches),
    "code_eval_scoring_mode": Alias("rewards.cf_code.scoring_mode"),
    "code_provider": Alias("code.provider", _provider),
    "ioi_provider": Alias("code.provider", _provider, _ONE_PROVIDER),
    "parallel_code_exec_per_proc": Alias("code.max_sandboxes"),
    **{name: Alias("code.provider", _router, _OWN_ROUTER) for name in _ROUTERS},
    # --- open-r1: its script that generates, and its filter by pass rate
    "hf_dataset": Alias("data.dataset_name"),
    "hf_dataset_config": Alias("data.dataset_config"),
    "hf_dataset_split": Alias("data.dataset_train_split"),
    "prompt_template": Alias("data.prompt_template", _template),
    "vllm_server_url": Alias("sampling.endpoint"),
    "hf_output_dataset": Alias("training.output_dir", says=_PUSHED_BY_HAND),
    "num_generations": Alias("sampling.samples"),
    "input_batch_size": _is_dropped(_AS_ROOM),
    "client_replicas": _is_dropped(_AS_ROOM),
    "retries": _is_dropped("a request is tried six times, and again on the next start"),
    "private": _is_dropped(_PUSHED_BY_HAND, switch=True),
    "pass_rate_min": Alias("pass_rate.min"),
    "pass_rate_max": Alias("pass_rate.max"),
    "low_reward_threshold": Alias("pass_rate.min"),
    "high_reward_threshold": Alias("pass_rate.max"),
    "dataset_start_index": Alias("pass_rate.start_index"),
    "dataset_end_index": Alias("pass_rate.end_index"),
    "dataset_split": Alias("data.dataset_train_split"),
    "output_dataset_name": Alias("training.output_dir", says=_PUSHED_BY_HAND),
    "max_completion_length": Alias("sampling.max_new_tokens"),
    "attn_implementation": _is_dropped("the engine that samples chooses its attention"),
    "chat_template": _is_dropped("completions are sampled with the chat template of the model"),
    # --- open-r1: its script that decontaminates
    "problem_column": Alias("decontaminate.search_columns"),
    "new_dataset_name": Alias("training.output_dir", says=_PUSHED_BY_HAND),
    "cleanup": _is_dropped("the rows that stay are a separate dataset", switch=True),
    # --- TRL and transformers: renamed since
    "torch_dtype": Alias("model.dtype"),
    "max_seq_length": Alias("training.max_length"),
    "use_liger": Alias("training.use_liger_kernel"),
    "use_liger_loss": Alias("training.use_liger_kernel"),
    "evaluation_strategy": Alias("training.eval_strategy"),
    "per_gpu_train_batch_size": Alias(*_unless_null("training.per_device_train_batch_size")),
    "per_gpu_eval_batch_size": Alias(*_unless_null("training.per_device_eval_batch_size")),
    "vllm_guided_decoding_regex": Alias("vllm.vllm_structured_outputs_regex"),
    "vllm_max_model_len": Alias("vllm.vllm_max_model_length"),
    "datasets": Alias("data.dataset_mixture.datasets"),
    "test_split_size": Alias("data.dataset_mixture.test_split_size"),
    "dataset_streaming": _is_dropped("datasets are loaded whole, not streamed", switch=True),
    "ignore_bias_buffers": _is_dropped("transformers takes care of bias buffers", switch=True),
    "env": Alias("slurm.env", says=_ENVIRONMENT, otherwise="variables are set where r1 is called"),
    **{name: _is_dropped(_GONE) for name in _ARGUMENTS_THAT_ARE_GONE},
    # --- converted
    "accelerate_config": Alias("launch.accelerate", _accelerate),
    "accelerator": Alias("launch.accelerate", _accelerator),
    "warmup_ratio": Alias("training.warmup_steps", _share),
    "group_by_length": Alias("training.train_sampling_strategy", _sampling_by_length),
    "use_cpu": Alias("launch.gpus", _without_gpu),
    "no_cuda": Alias("launch.gpus", _without_gpu),
    # --- dropped
    "max_prompt_length": _is_dropped(_NOT_CUT),
    "overwrite_output_dir": _is_dropped(_RESUMES, switch=True),
    "resume_from_checkpoint": _is_dropped(_RESUMES),
    "logging_dir": _is_dropped(_KEPT_IN_RUN),
    "save_safetensors": _is_dropped("weights are always written as safetensors", switch=True),
    "vllm_device": _is_dropped("vLLM shares the trainer's GPUs, or runs as a server: see vllm_mode"),
    "vllm_dtype": _is_dropped("vLLM takes the model's dtype"),
    "vllm_enable_prefix_caching": _is_dropped("vLLM decides on prefix caching", switch=True),
    "do_train": _is_dropped("training is what this command does", switch=True),
    "do_eval": _is_dropped("eval_strategy alone says whether there is an evaluation", switch=True),
    "do_predict": _is_dropped("the trainer predicts nothing", switch=True),
    "local_rank": _is_dropped("the launcher numbers the ranks"),
    "disable_tqdm": _is_dropped("r1 shows the progress", switch=True),
    "remove_unused_columns": _is_dropped("columns that nothing reads do no harm", switch=True),
    "preprocessing_num_workers": Alias("training.dataset_num_proc", otherwise=_FEW_ROWS),
    "num_nodes": Alias("slurm.nodes"),
    # --- the hierarchical layout
    "project.name": _is_dropped("a run is named by --output-dir and run_name"),
    "project.version": _is_dropped("the run's record contains the versions"),
    "project.description": _is_dropped(_KEPT_IN_RUN),
    "project.author": _is_dropped(_KEPT_IN_RUN),
    "project.tags": _is_dropped("trackers have their own tags, as WANDB_TAGS"),
    "model.name": Alias("model.model_name_or_path"),
    "model_name": Alias("model.model_name_or_path"),
    "model.revision": Alias("model.model_revision"),
    "model.torch_dtype": Alias("model.dtype"),
    "model.trust_remote_code": Alias("training.trust_remote_code"),
    "model.device_placement": _is_dropped("the launcher places the model; see launch.gpus"),
    "training.epochs": Alias("training.num_train_epochs"),
    "training.batch_size.per_device_train": Alias("training.per_device_train_batch_size"),
    "training.batch_size.per_device_eval": Alias("training.per_device_eval_batch_size"),
    "training.batch_size.gradient_accumulation_steps": Alias("training.gradient_accumulation_steps"),
    "training.batch_size.generation_batch_size": Alias("training.generation_batch_size"),
    "training.optimization.learning_rate": Alias("training.learning_rate"),
    "training.optimization.warmup_ratio": Alias("training.warmup_steps", _share),
    "training.optimization.weight_decay": Alias("training.weight_decay"),
    "training.precision.bf16": Alias("training.bf16"),
    "training.precision.tf32": Alias("training.tf32"),
    "training.precision.gradient_checkpointing": Alias("training.gradient_checkpointing"),
    "training.scheduling.logging_steps": Alias("training.logging_steps"),
    "training.scheduling.eval_strategy": Alias("training.eval_strategy"),
    "training.scheduling.eval_steps": Alias("training.eval_steps"),
    "training.scheduling.save_strategy": Alias("training.save_strategy"),
    "training.scheduling.save_steps": Alias("training.save_steps"),
    "training.scheduling.save_total_limit": Alias("training.save_total_limit"),
    "training.dataloader.num_workers": Alias("training.dataloader_num_workers"),
    "training.dataloader.pin_memory": Alias("training.dataloader_pin_memory"),
    "training.dataloader.persistent_workers": Alias("training.dataloader_persistent_workers"),
    "training.dataloader.prefetch_factor": Alias("training.dataloader_prefetch_factor"),
    "training.dataloader.drop_last": Alias("training.dataloader_drop_last"),
    "training.dataloader.group_by_length": Alias("training.train_sampling_strategy", _sampling_by_length),
    "dataset.name": Alias("data.dataset_name"),
    "dataset.subset": Alias("data.dataset_config"),
    "dataset_subset": Alias("data.dataset_config"),
    "dataset.split.test_size": Alias("data.test_size"),
    "dataset.split.seed": Alias("data.split_seed"),
    "dataset.split.train": Alias("data.dataset_train_split"),
    "dataset.split.test": Alias("data.dataset_test_split"),
    "dataset.processing.max_length": Alias("training.max_length", otherwise=_NOT_CUT),
    "dataset.processing.num_proc": Alias("training.dataset_num_proc", otherwise=_FEW_ROWS),
    "dataset.processing.remove_columns": _is_dropped("columns that nothing reads do no harm"),
    "dataset.processing.system_prompt": Alias("data.system_prompt"),
    "grpo.num_generations": Alias("training.num_generations"),
    "grpo.max_completion_length": Alias("training.max_completion_length"),
    "grpo.liger_loss": Alias("training.use_liger_kernel"),
    "grpo.vllm.enabled": Alias("vllm.use_vllm"),
    "grpo.vllm.mode": Alias("vllm.vllm_mode"),
    "grpo.vllm.gpu_memory_utilization": Alias("vllm.vllm_gpu_memory_utilization"),
    "rewards.functions": Alias("rewards.reward_funcs"),
    "rewards.weights": Alias("rewards.reward_weights"),
    "rewards.repetition.n_grams": Alias("rewards.repetition_penalty.ngram_size"),
    "rewards.repetition.max_penalty": Alias("rewards.repetition_penalty.max_penalty"),
    "rewards.soft_punish.max_completion_len": Alias("rewards.soft_overlong_punishment.max_completion_len"),
    "rewards.soft_punish.cache": Alias("rewards.soft_overlong_punishment.soft_punish_cache"),
    "system.seed": Alias("training.seed"),
    "system.output_dir": Alias("training.output_dir"),
    "system.device": _is_dropped("the launcher chooses the devices: see launch.gpus"),
    "system.num_workers": Alias("training.dataloader_num_workers"),
    "monitoring.wandb.enabled": Alias("tracking.report_to", _wandb),
    "no_wandb": Alias("tracking.report_to", _no_wandb),
    "monitoring.wandb.project": Alias("tracking.wandb_project"),
    "monitoring.wandb.entity": Alias("tracking.wandb_entity"),
    "monitoring.wandb.run_name": Alias("tracking.run_name"),
    "wandb_run_name": Alias("tracking.run_name"),
    "monitoring.logging.level": Alias("training.log_level", _log_level),
    "monitoring.logging.file": _is_dropped("logs are in logs/ of the run directory"),
    "monitoring.logging.console": _is_dropped("progress is shown, and the logs are in the run directory"),
    "monitoring.wandb.tags": _is_dropped("Weights & Biases reads WANDB_TAGS"),
    "monitoring.logging.profiling_mode": Alias("tracking.timings"),
    "callbacks.checkpoint_preservation.enabled": Alias(
        "callbacks.preserve_checkpoints_every", _preserve, "checkpoints are kept where an interval is set"
    ),
    "callbacks.checkpoint_preservation.every_n_steps": Alias("callbacks.preserve_checkpoints_every"),
    "callbacks.checkpoint_preservation.directory": _is_dropped(_PRESERVED),
    "preserve_checkpoints_dir": _is_dropped(_PRESERVED),
    "callbacks.comprehensive_logging.enabled": Alias("training.log_completions"),
    "callbacks.comprehensive_logging.log_examples": _is_dropped(_KEPT_IN_RUN),
    "callbacks.reward_trend.enabled": _is_dropped("metrics.jsonl has the rewards of each step"),
    "callbacks.reward_trend.window_size": _is_dropped("metrics.jsonl has the rewards of each step"),
}

#: r1's own groups, in which a name that TRL has dropped may stand too.
_GROUPS = {"model", "data", "training", "vllm", "tracking", "rewards", "launch"}
_PREFIXES = {
    key[:end] for key in ALIASES if key not in _MOVED for end, letter in enumerate(key) if letter == "."
}  # fmt: skip


def is_prefix(path: str) -> bool:
    """Whether a mapping under this name, in a file of another layout, is a group and not a value."""
    return path in _PREFIXES


def todays_name(key: str) -> str:
    """The name that a key of r1's own has today."""
    return _MOVED.get(key, key)


def counts_last(setting: Setting) -> bool:
    """Whether a setting counts after the others of its source, wherever it is.

    ``enabled: false`` does, after what it switches off; and so do a router, and the provider of some rewards
    after that of all.
    """
    key = setting.key.replace("-", "_")
    return key in _COUNT_LAST or (key.endswith(".enabled") and setting.value is False)


def translate(setting: Setting, has: Callable[[str], bool], warn: Callable[[str], None]) -> Iterator[Setting]:
    """A setting under r1's own names: itself, under another name, or as several; none when it is dropped.

    Args:
        setting: as it was written.
        has: whether the command has a key of a name.
        warn: told what changes, when the user should know.

    Raises:
        R1Error: the value cannot be converted.
    """
    key = setting.key.replace("-", "_")
    if key == "callbacks":
        yield from _without_push(setting, warn)
        return
    name, _, argument = key.removeprefix("training.").partition(".")
    if name == "model_init_kwargs" and has(key):
        yield from _model_arguments(setting, argument)
        return
    alias = find_alias(key, has)
    if alias is None:
        changed = _VALUES.get(key.rpartition(".")[2])
        yield setting if changed is None else replace(setting, value=changed(setting.value))
        return
    if alias.otherwise and not has(alias.to):
        alias = _is_dropped(alias.otherwise)
    found = list(_renamed(setting, key, alias)) if alias.to else []
    if alias.says and (found or not alias.to):
        becomes = f" becomes {alias.to}" if alias.to else " is left out"
        warn(f"{setting.origin}: '{key}'{becomes}: {alias.says}")
    yield from found


def _model_arguments(setting: Setting, argument: str) -> Iterator[Setting]:
    """Arguments for the model, for some of which r1 has keys: one, or all as a mapping or its JSON."""
    value = {argument: setting.value} if argument in _MODEL_ARGUMENTS else setting.value
    if isinstance(value, str):
        with suppress(ValueError):
            value = json.loads(value)
    if not isinstance(value, dict) or (argument and argument not in _MODEL_ARGUMENTS):
        yield setting
        return
    for name, key in _MODEL_ARGUMENTS.items():
        if name in value:
            origin = f"{setting.origin} (as model_init_kwargs.{name})"
            yield replace(setting, key=key, value=value[name], origin=origin, text="")
    left = {name: of_it for name, of_it in value.items() if name not in _MODEL_ARGUMENTS}
    if left or not value:
        yield replace(setting, value=left)


def _renamed(setting: Setting, key: str, alias: Alias) -> Iterator[Setting]:
    renamed = replace(setting, key=alias.to, origin=f"{setting.origin} (as {key})")
    if alias.convert is None:
        yield renamed
        return
    try:
        values = alias.convert(setting.value)
    except ValueError as error:
        raise R1Error(
            f"{key}: {error}, found '{setting.value}'", where=setting.origin, fix=f"r1's name is {alias.to}"
        ) from None
    standing = _standing_of(setting)
    for path, value in values.items():
        is_nothing = value is None and standing is Standing.SAID
        of_it = Standing.GIVES_WAY if is_nothing else standing
        yield replace(renamed, key=path, value=value, text="", standing=of_it)


def _standing_of(setting: Setting) -> Standing:
    """What is switched off, as in a file that writes down every default, gives way to what is asked for."""
    if counts_last(setting):
        return Standing.COUNTS
    return Standing.SAID if parse_scalar(setting.value) else Standing.GIVES_WAY


def find_alias(key: str, has: Callable[[str], bool]) -> Alias | None:
    """What becomes of a name; None when it is r1's own.

    Args:
        key: with underscores.
        has: whether the command has a key of a name.
    """
    alias = ALIASES.get(key) or _nested_alias(key, has)
    # What others call otherwise, or dropped, may be a key of this command's own.
    own = alias is not None and has(key) and (not alias.to or not has(alias.to))
    return None if own else alias


def _nested_alias(key: str, has: Callable[[str], bool]) -> Alias | None:
    """What an unknown key in a group means by its last part: ``training.warmup_ratio``, ``grpo.beta``."""
    group, _, name = key.rpartition(".")
    if not group or has(key):
        return None
    flat = ALIASES.get(name)
    if group in _GROUPS:
        # TRL's arguments for the trainer and those for the model are r1's groups training and model.
        groups = ("training.", "model.") if group == "training" else (f"{group}.",)
        return flat if flat and (not flat.to or flat.to.startswith(groups)) else None
    if is_prefix(group):
        return Alias(name) if has(name) else flat if flat and not flat.to else None
    return None


def _without_push(setting: Setting, warn: Callable[[str], None]) -> Iterator[Setting]:
    """open-r1's one callback is what transformers' own push to the Hub does."""
    value = [] if setting.value is None else setting.value
    names = value if isinstance(value, list) else [value]
    kept = [name for name in names if name != _PUSH]
    if len(kept) < len(names):
        warn(f"{setting.origin}: '{_PUSH}' becomes training.push_to_hub: {_PUSHED}, and {_NOT_MEASURED}")
        origin = f"{setting.origin} (as {_PUSH})"
        yield replace(setting, key="training.push_to_hub", value=True, origin=origin)
    if kept or not names:
        yield replace(setting, value=kept)


def from_grpo_environment(leaves: Iterable[str], warn: Callable[[str], None]) -> Iterator[Setting]:
    """The hierarchical layout's variables: ``GRPO_MODEL_NAME`` is its ``model.name``."""
    keys = {key.replace(".", "_"): key for key in (*leaves, *ALIASES)}
    for name in sorted(name for name in os.environ if name.startswith("GRPO_")):
        key = keys.get(name.removeprefix("GRPO_").lower())
        if key:
            yield Setting(key, os.environ[name], f"environment {name}", ENVIRONMENT)
        else:
            warn(f"the environment variable {name} is not recognised")
