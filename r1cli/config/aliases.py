"""Names that other tools and older versions use, each with r1's name for it: the one table of them.

Read here are open-r1's recipes and flags, TRL's own YAML, the hierarchical layout of GRPO projects
(``training.optimization.learning_rate``), and what today's TRL and transformers have dropped. A name is
renamed, converted with its value, or dropped with a warning that says what changes.
"""

from dataclasses import dataclass

from r1cli.commands import COMMANDS
from r1cli.config import alias_values as values


@dataclass(frozen=True)
class Alias:
    """What becomes of a name: ``to`` another, ``convert`` with its value, or neither: it is dropped.

    ``says`` is the warning: what changes for the user. A mere new name needs none. ``otherwise`` is why it is
    dropped for a command without the key ``to``. ``switch`` is for names that mean true when they are
    alone.
    """

    to: str = ""
    convert: values.Conversion | None = None
    says: str = ""
    otherwise: str = ""
    switch: bool = False

    @property
    def is_switch(self) -> bool:
        """Whether the name alone means true."""
        return self.switch or self.convert in values.SWITCHES


def is_dropped(says: str, *, switch: bool = False) -> Alias:
    """A name that is left out, with the warning."""
    return Alias(says=says, switch=switch)


PUSH = "push_to_hub_revision"
PUSHED = "checkpoints are pushed as training.hub_strategy says"
NOT_MEASURED = "nothing is measured while training; measure the trained model in a separate run"
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
_OWN_ROUTER = "the router is `r1 code serve`, and its address becomes code.endpoints"
#: The columns that others name with options such as --prompt-column.
_COLUMNS = ("prompt", "solution", "completion", "messages", "answer", "text")
#: open-r1's keys for the address of a router; they count after the provider that runs behind it.
_ROUTERS = ("e2b_router_url", "morph_router_url")
COUNT_LAST = ("ioi_provider", *_ROUTERS)

# r1's own, moved since: those of all commands, and those of one.
MOVED = {
    "slurm.offline": "launch.offline",
    **{old: new for row in COMMANDS.values() for old, new in row.moved.items()},
}
ALIASES: dict[str, Alias] = {
    **{old: Alias(new) for old, new in MOVED.items()},
    "code.testlib": Alias("rewards.cf_code.testlib"),
    # --- open-r1: script arguments and configs of its recipes
    "dataset_prompt_column": Alias("data.columns.prompt"),
    # One spelling of r1's is --columns.NAME COLUMN.
    **{f"{name}_column": Alias(f"data.columns.{name}") for name in _COLUMNS},
    "dataset_configs": Alias("data.dataset_config", values.one_config),
    "hub_model_revision": Alias("training.hub_revision"),
    PUSH: Alias("training.push_to_hub", values.push_revision, PUSHED),
    "overwrite_hub_revision": is_dropped("a push never deletes a revision of the Hub", switch=True),
    "benchmarks": is_dropped(NOT_MEASURED),
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
    "code_eval_test_batch_size": Alias("rewards.cf_code.test_batch_size", values.test_batches),
    "code_eval_scoring_mode": Alias("rewards.cf_code.scoring_mode"),
    "code_provider": Alias("code.provider", values.provider),
    "ioi_provider": Alias("code.provider", values.provider, _ONE_PROVIDER),
    "parallel_code_exec_per_proc": Alias("code.max_sandboxes"),
    **{name: Alias("code.provider", values.router, _OWN_ROUTER) for name in _ROUTERS},
    # --- open-r1: its script that generates, and its filter by pass rate
    "hf_dataset": Alias("data.dataset_name"),
    "hf_dataset_config": Alias("data.dataset_config"),
    "hf_dataset_split": Alias("data.dataset_train_split"),
    "prompt_template": Alias("data.prompt_template", values.template),
    "vllm_server_url": Alias("sampling.endpoint"),
    "hf_output_dataset": Alias("training.output_dir", says=_PUSHED_BY_HAND),
    "num_generations": Alias("sampling.samples"),
    "input_batch_size": is_dropped(_AS_ROOM),
    "client_replicas": is_dropped(_AS_ROOM),
    "retries": is_dropped("a request is tried six times, and again on the next start"),
    "private": is_dropped(_PUSHED_BY_HAND, switch=True),
    "pass_rate_min": Alias("pass_rate.min"),
    "pass_rate_max": Alias("pass_rate.max"),
    "low_reward_threshold": Alias("pass_rate.min"),
    "high_reward_threshold": Alias("pass_rate.max"),
    "dataset_start_index": Alias("pass_rate.start_index"),
    "dataset_end_index": Alias("pass_rate.end_index"),
    "dataset_split": Alias("data.dataset_train_split"),
    "output_dataset_name": Alias("training.output_dir", says=_PUSHED_BY_HAND),
    "max_completion_length": Alias("sampling.max_new_tokens"),
    "attn_implementation": is_dropped("the engine that samples chooses its attention"),
    "chat_template": is_dropped("completions are sampled with the chat template of the model"),
    # --- open-r1: its script that decontaminates
    "problem_column": Alias("decontaminate.search_columns"),
    "new_dataset_name": Alias("training.output_dir", says=_PUSHED_BY_HAND),
    "cleanup": is_dropped("the rows that stay are a separate dataset", switch=True),
    # --- TRL and transformers: renamed since
    "torch_dtype": Alias("model.dtype"),
    "max_seq_length": Alias("training.max_length"),
    "use_liger": Alias("training.use_liger_kernel"),
    "use_liger_loss": Alias("training.use_liger_kernel"),
    "evaluation_strategy": Alias("training.eval_strategy"),
    "per_gpu_train_batch_size": Alias(*values.unless_null("training.per_device_train_batch_size")),
    "per_gpu_eval_batch_size": Alias(*values.unless_null("training.per_device_eval_batch_size")),
    "vllm_guided_decoding_regex": Alias("vllm.vllm_structured_outputs_regex"),
    "vllm_max_model_len": Alias("vllm.vllm_max_model_length"),
    "datasets": Alias("data.dataset_mixture.datasets"),
    "test_split_size": Alias("data.dataset_mixture.test_split_size"),
    **{
        name: is_dropped("datasets are loaded whole, not streamed", switch=True)
        for name in ("dataset_streaming", "streaming")
    },
    "ignore_bias_buffers": is_dropped("transformers takes care of bias buffers", switch=True),
    "env": Alias("slurm.env", says=_ENVIRONMENT, otherwise="variables are set where r1 is called"),
    **{name: is_dropped(_GONE) for name in _ARGUMENTS_THAT_ARE_GONE},
    # --- converted
    "accelerate_config": Alias("launch.accelerate", values.accelerate),
    "accelerator": Alias("launch.accelerate", values.accelerator),
    "warmup_ratio": Alias("training.warmup_steps", values.share_of_steps),
    "group_by_length": Alias("training.train_sampling_strategy", values.sampling_by_length),
    "use_cpu": Alias("launch.gpus", values.without_gpu),
    "no_cuda": Alias("launch.gpus", values.without_gpu),
    # --- dropped
    "max_prompt_length": is_dropped(_NOT_CUT),
    "overwrite_output_dir": is_dropped(_RESUMES, switch=True),
    "resume_from_checkpoint": is_dropped(_RESUMES),
    "logging_dir": is_dropped(_KEPT_IN_RUN),
    "save_safetensors": is_dropped("weights are always written as safetensors", switch=True),
    "vllm_device": is_dropped("vLLM shares the trainer's GPUs, or runs as a server: see vllm_mode"),
    "vllm_dtype": is_dropped("vLLM takes the model's dtype"),
    "vllm_enable_prefix_caching": is_dropped("vLLM decides on prefix caching", switch=True),
    "do_train": is_dropped("training is what this command does", switch=True),
    "do_eval": is_dropped("eval_strategy alone says whether there is an evaluation", switch=True),
    "do_predict": is_dropped("the trainer predicts nothing", switch=True),
    "local_rank": is_dropped("the launcher numbers the ranks"),
    "disable_tqdm": is_dropped("r1 shows the progress", switch=True),
    "remove_unused_columns": is_dropped("columns that nothing reads do no harm", switch=True),
    "preprocessing_num_workers": Alias("training.dataset_num_proc", otherwise=_FEW_ROWS),
    "num_nodes": Alias("slurm.nodes"),
    # --- the hierarchical layout
    "project.name": is_dropped("a run is named by --output-dir and run_name"),
    "project.version": is_dropped("the run's record contains the versions"),
    "project.description": is_dropped(_KEPT_IN_RUN),
    "project.author": is_dropped(_KEPT_IN_RUN),
    "project.tags": is_dropped("trackers have their own tags, as WANDB_TAGS"),
    "model.name": Alias("model.model_name_or_path"),
    "model_name": Alias("model.model_name_or_path"),
    "model.revision": Alias("model.model_revision"),
    "model.torch_dtype": Alias("model.dtype"),
    "model.trust_remote_code": Alias("training.trust_remote_code"),
    "model.device_placement": is_dropped("the launcher places the model; see launch.gpus"),
    "training.epochs": Alias("training.num_train_epochs"),
    "training.batch_size.per_device_train": Alias("training.per_device_train_batch_size"),
    "training.batch_size.per_device_eval": Alias("training.per_device_eval_batch_size"),
    "training.batch_size.gradient_accumulation_steps": Alias("training.gradient_accumulation_steps"),
    "training.batch_size.generation_batch_size": Alias("training.generation_batch_size"),
    "training.optimization.learning_rate": Alias("training.learning_rate"),
    "training.optimization.warmup_ratio": Alias("training.warmup_steps", values.share_of_steps),
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
    "training.dataloader.group_by_length": Alias(
        "training.train_sampling_strategy", values.sampling_by_length
    ),
    "dataset.name": Alias("data.dataset_name"),
    "dataset.subset": Alias("data.dataset_config"),
    "dataset_subset": Alias("data.dataset_config"),
    "dataset.split.test_size": Alias("data.test_size"),
    "dataset.split.seed": Alias("data.split_seed"),
    "dataset.split.train": Alias("data.dataset_train_split"),
    "dataset.split.test": Alias("data.dataset_test_split"),
    "dataset.processing.max_length": Alias("training.max_length", otherwise=_NOT_CUT),
    "dataset.processing.num_proc": Alias("training.dataset_num_proc", otherwise=_FEW_ROWS),
    "dataset.processing.remove_columns": is_dropped("columns that nothing reads do no harm"),
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
    "system.device": is_dropped("the launcher chooses the devices: see launch.gpus"),
    "system.num_workers": Alias("training.dataloader_num_workers"),
    "monitoring.wandb.enabled": Alias("tracking.report_to", values.wandb),
    "no_wandb": Alias("tracking.report_to", values.no_wandb),
    "monitoring.wandb.project": Alias("tracking.wandb_project"),
    "monitoring.wandb.entity": Alias("tracking.wandb_entity"),
    "monitoring.wandb.run_name": Alias("tracking.run_name"),
    "wandb_run_name": Alias("tracking.run_name"),
    "monitoring.logging.level": Alias("training.log_level", values.log_level),
    "monitoring.logging.file": is_dropped("logs are in logs/ of the run directory"),
    "monitoring.logging.console": is_dropped("progress is shown, and the logs are in the run directory"),
    "monitoring.wandb.tags": is_dropped("Weights & Biases reads WANDB_TAGS"),
    "monitoring.logging.profiling_mode": Alias("tracking.timings"),
    "callbacks.checkpoint_preservation.enabled": Alias(
        "callbacks.preserve_checkpoints_every",
        values.preserve,
        "checkpoints are kept where an interval is set",
    ),
    "callbacks.checkpoint_preservation.every_n_steps": Alias("callbacks.preserve_checkpoints_every"),
    "callbacks.checkpoint_preservation.directory": is_dropped(_PRESERVED),
    "preserve_checkpoints_dir": is_dropped(_PRESERVED),
    "callbacks.comprehensive_logging.enabled": Alias("training.log_completions"),
    "callbacks.comprehensive_logging.log_examples": is_dropped(_KEPT_IN_RUN),
    "callbacks.reward_trend.enabled": is_dropped("metrics.jsonl has the rewards of each step"),
    "callbacks.reward_trend.window_size": is_dropped("metrics.jsonl has the rewards of each step"),
}
