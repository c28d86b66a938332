"""Settings that are right alone and cannot stand together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from r1cli.checks.subject import Subject
from r1cli.config.config import DATASET, ENDPOINT, REWARDS, Config
from r1cli.config.groups.data import Data
from r1cli.config.groups.rewards import Rewards
from r1cli.config.groups.sampling import Backend
from r1cli.errors import R1Error
from r1cli.evaluate.schema import Evaluate
from r1cli.services.model_server import ENGINE
from r1cli.services.server_section import EvaluationServer
from r1cli.train.plan import world_size
from r1cli.train.schema import Callbacks


@dataclass(frozen=True)
class Conflict:
    """Leaves that contradict each other when ``when`` holds."""

    paths: tuple[str, ...]
    when: Callable[[Config], bool]
    what: str
    fix: str


def _all_set(*paths: str) -> Callable[[Config], bool]:
    return lambda config: all(config.get(path) for path in paths)


def _colocated(config: Config) -> bool:
    return bool(config.get("vllm.use_vllm")) and config.get("vllm.vllm_mode") == "colocate"


def _saves_between_evaluations(config: Config) -> bool:
    # Without eval_steps, evaluations come with the log.
    evaluate = config.get("training.eval_steps") or config.get("training.logging_steps")
    save = config.get("training.save_steps")
    by_steps = config.get("training.save_strategy") == "steps" and min(save, evaluate) >= 1
    return bool(by_steps and save % evaluate)


def _no_room_in_vllm(config: Config) -> bool:
    length, completion = (
        config.get("vllm.vllm_max_model_length"),
        config.get("training.max_completion_length"),
    )
    return bool(config.get("vllm.use_vllm") and length) and length <= (completion or 0)


CONFLICTS = (
    Conflict(
        ("training.bf16", "training.fp16"),
        _all_set("training.bf16", "training.fp16"),
        "bf16 and fp16 are both asked for",
        "keep one: --training.bf16 false, or --training.fp16 false",
    ),
    Conflict(
        ("model.load_in_4bit", "model.load_in_8bit"),
        _all_set("model.load_in_4bit", "model.load_in_8bit"),
        "the model is to be loaded both in 4 and in 8 bits",
        "keep one: --model.load_in_8bit false",
    ),
    Conflict(
        ("model.load_in_4bit", "model.load_in_8bit", "model.use_peft"),
        lambda config: (
            bool(config.get("model.load_in_4bit") or config.get("model.load_in_8bit"))
            and not config.get("model.use_peft")
        ),
        "quantized weights cannot be trained, only adapters on them",
        "add --model.use_peft true",
    ),
    Conflict(
        ("training.generation_batch_size", "training.steps_per_generation"),
        _all_set("training.generation_batch_size", "training.steps_per_generation"),
        "generation_batch_size and steps_per_generation are two names of one size",
        "keep one of them",
    ),
    Conflict(
        ("training.sync_ref_model", "training.beta"),
        lambda config: bool(config.get("training.sync_ref_model")) and not config.get("training.beta"),
        "the reference model is to follow the policy, and without beta there is none",
        "set --training.beta 0.04, or leave sync_ref_model out",
    ),
    Conflict(
        ("training.sync_ref_model", "model.use_peft"),
        _all_set("training.sync_ref_model", "model.use_peft"),
        "the reference model is to follow the policy, and with adapters it is the model without them",
        "leave sync_ref_model out",
    ),
    Conflict(
        ("training.auto_find_batch_size", "training.num_generations"),
        _all_set("training.auto_find_batch_size"),
        "GRPO cannot shrink its batch by itself, since groups would be cut apart",
        "--training.auto_find_batch_size false, and a smaller per_device_train_batch_size",
    ),
    Conflict(
        ("launch.accelerate", "training.deepspeed", "training.fsdp"),
        lambda config: (
            sum(
                bool(config.get(path))
                for path in ("launch.accelerate", "training.deepspeed", "training.fsdp")
            )
            > 1
        ),
        "the model is to be sharded in two ways at once",
        "keep one: --launch.accelerate zero3 alone, or without it --training.deepspeed FILE",
    ),
    Conflict(
        ("training.lr_scheduler_type", "training.eval_strategy"),
        lambda config: (
            config.get("training.lr_scheduler_type") in ("reduce_lr_on_plateau", "greedy")
            and config.get("training.eval_strategy") == "no"
        ),
        "this learning rate follows the evaluations, and there are none",
        "set --training.eval_strategy steps, or take another schedule",
    ),
    Conflict(
        ("training.dataloader_prefetch_factor", "training.dataloader_num_workers"),
        lambda config: (
            config.get("training.dataloader_prefetch_factor") is not None
            and config.get("training.dataloader_num_workers") == 0
        ),
        "nothing is prefetched without workers that load data",
        "set --training.dataloader_num_workers 2, or leave dataloader_prefetch_factor out",
    ),
    Conflict(
        ("training.log_completions_hub_repo", "training.log_completions"),
        lambda config: (
            bool(config.get("training.log_completions_hub_repo"))
            and not config.get("training.log_completions")
        ),
        "completions are to be pushed, and none are logged",
        "set --training.log_completions true",
    ),
    Conflict(
        ("vllm.vllm_max_model_length", "training.max_completion_length"),
        _no_room_in_vllm,
        "a completion as long as is asked for leaves no room for a prompt in vLLM's length",
        "set --vllm.vllm_max_model_length above --training.max_completion_length",
    ),
    Conflict(
        ("data.chat_template", "training.chat_template_path"),
        _all_set("data.chat_template", "training.chat_template_path"),
        "two chat templates are given",
        "keep one: --data.chat_template FILE serves every command",
    ),
    Conflict(
        ("callbacks.preserve_checkpoints_every", "training.save_strategy"),
        lambda config: (
            bool(config.section(Callbacks).preserve_checkpoints_every)
            and config.get("training.save_strategy") == "no"
        ),
        "checkpoints are to be preserved, and none is written",
        "--training.save_strategy steps, or leave preserve_checkpoints_every out",
    ),
    Conflict(
        ("vllm.vllm_gpu_memory_utilization", "vllm.vllm_mode"),
        lambda config: _colocated(config) and config.get("vllm.vllm_gpu_memory_utilization") == 1,
        "vLLM is to share the trainer's GPUs and to take all of their memory",
        "--vllm.vllm_gpu_memory_utilization 0.3, or --vllm.vllm_mode server",
    ),
    Conflict(
        ("evaluate.benchmarks", DATASET),
        lambda config: bool(config.section(Evaluate).benchmarks and config.section(Data).dataset_name),
        "benchmarks and a dataset are both to be measured",
        "leave one out: each is a separate evaluation",
    ),
    Conflict(
        ("evaluate.benchmarks", REWARDS),
        lambda config: bool(config.section(Evaluate).benchmarks and config.section(Rewards).reward_funcs),
        "benchmarks have their own verifiers, and rewards are given",
        "leave --reward out: `r1 evaluate score RUN --reward ...` scores what is stored with others",
    ),
    Conflict(
        (ENDPOINT, ENGINE),
        lambda config: (
            bool(config.section(Backend).endpoint) and config.section(EvaluationServer).engine != "auto"
        ),
        "a server that runs already is to sample, and an engine is asked for",
        "leave one out: --endpoint, or --engine",
    ),
    Conflict(
        ("training.load_best_model_at_end", "training.save_strategy", "training.eval_strategy"),
        lambda config: (
            bool(config.get("training.load_best_model_at_end"))
            and (
                config.get("training.save_strategy") not in (config.get("training.eval_strategy"), "best")
                or _saves_between_evaluations(config)
            )
        ),
        "the best model can be kept only when each evaluation has its checkpoint",
        "give both the same strategy, and save_steps that are a multiple of eval_steps",
    ),
)


def check_conflicts(subject: Subject) -> Iterator[R1Error]:
    for conflict in CONFLICTS:
        if subject.has(*conflict.paths) and conflict.when(subject.config):
            yield R1Error(conflict.what, where=_set_of(subject, conflict.paths), fix=conflict.fix)
    yield from _tensor_parallel(subject)


def _set_of(subject: Subject, paths: tuple[str, ...]) -> str:
    """Where those of the leaves were set that were set at all."""
    return subject.where(*[path for path in paths if path in subject.config.origins] or paths[:1])


def _tensor_parallel(subject: Subject) -> Iterator[R1Error]:
    """vLLM inside the trainer splits a model over ranks, so their number must be a multiple."""
    path = "vllm.vllm_tensor_parallel_size"
    if not subject.has(path) or subject.place is None or not _colocated(subject.config):
        return
    try:
        ranks = world_size(subject.config, subject.place)
    except R1Error:
        return  # planning reports it
    size = subject.config.get(path)
    if size > 1 and ranks % size:
        yield R1Error(
            f"vLLM is to split the model over {size} ranks, and there are {ranks}",
            where=subject.where(path),
            fix=f"set --{path} to a divisor of {ranks}",
        )
