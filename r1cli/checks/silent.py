"""Settings that are right, and without another have no effect."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from r1cli.checks.schedule import WITHOUT_ARGUMENTS
from r1cli.checks.subject import Subject
from r1cli.config.config import Config
from r1cli.config.groups.data import Data
from r1cli.train.needs import trackers

_WANDB = ("tracking.wandb_project", "tracking.wandb_entity", "tracking.wandb_run_group")
#: Where a value is not what somebody asked for with this command.
_NOT_ASKED = ("preset ", "profile ", "default")


@dataclass(frozen=True)
class _Group:
    """Keys that have an effect only with another.

    Args:
        group: of the keys.
        prefixes: of their names in it.
        works: whether they have an effect.
        needs: what makes them work, for the user.
        but: keys with such a prefix that always have an effect.
    """

    group: str
    prefixes: tuple[str, ...]
    works: Callable[[Config], bool]
    needs: str
    but: tuple[str, ...] = ()


def _is_set(path: str) -> Callable[[Config], bool]:
    return lambda config: bool(config.get(path))


def _is_not(path: str, value: str) -> Callable[[Config], bool]:
    return lambda config: config.get(path) != value


_GROUPS = (
    _Group(
        "model",
        ("lora_", "use_rslora", "use_dora"),
        _is_set("model.use_peft"),
        "adapters are trained with --use_peft",
    ),
    _Group(
        "model",
        ("bnb_4bit_", "use_bnb_nested_quant"),
        _is_set("model.load_in_4bit"),
        "weights are quantized with --load_in_4bit",
    ),
    _Group(
        "vllm",
        ("vllm_",),
        _is_set("vllm.use_vllm"),
        "vLLM generates with --use_vllm",
        but=("vllm_mode",),
    ),
    _Group(
        "training",
        ("hub_",),
        _is_set("training.push_to_hub"),
        "checkpoints are pushed with --push_to_hub",
        but=("hub_model_id",),
    ),
    _Group(
        "training",
        ("save_steps", "save_total_limit"),
        _is_not("training.save_strategy", "no"),
        "checkpoints are written with --save_strategy steps",
    ),
    _Group(
        "training",
        ("eval_steps", "per_device_eval_batch_size"),
        _is_not("training.eval_strategy", "no"),
        "the model is evaluated with --eval_strategy steps",
    ),
    _Group(
        "training",
        ("gradient_checkpointing_kwargs",),
        _is_set("training.gradient_checkpointing"),
        "gradients are recomputed with --gradient_checkpointing",
    ),
    _Group(
        "training",
        ("lr_scheduler_kwargs",),
        lambda config: config.get("training.lr_scheduler_type") not in WITHOUT_ARGUMENTS,
        "a constant learning rate takes no arguments",
    ),
)


def silent_settings(subject: Subject) -> Iterator[str]:
    """A warning for each setting that nothing will look at."""
    config = subject.config
    if not subject.has("tracking.report_to"):
        return
    yield from _of_groups(config)
    given = [path for path in _WANDB if config.get(path)]
    if given and not {"wandb", "all"} & set(trackers(config)):
        add = "add --report_to wandb"
        yield f"{subject.where(given[0])}: nothing reports to Weights & Biases, so it changes nothing: {add}"
    elif config.get("tracking.run_name") and not trackers(config):
        where = subject.where("tracking.run_name")
        yield f"{where}: no tracker shows the run's name: add --report_to wandb, or another tracker"
    if config.profile == "prod" and not trackers(config):
        yield "profile prod: no tracker is configured, so the run is recorded in its directory alone"
    if config.section(Data).test_size is not None and config.get("training.eval_strategy") == "no":
        evaluate = "--eval_strategy steps evaluates on them"
        yield f"{subject.where('data.test_size')}: the rows held out of training are not used: {evaluate}"


def _of_groups(config: Config) -> Iterator[str]:
    for group in _GROUPS:
        asked = [
            (path.partition(".")[2], origin)
            for path, origin in config.origins.items()
            if path.startswith(f"{group.group}.") and not origin.startswith(_NOT_ASKED)
        ]
        asked = [
            (name, at) for name, at in asked if name.startswith(group.prefixes) and name not in group.but
        ]
        if not asked or group.works(config):
            continue
        change = "changes" if len(asked) == 1 else "change"
        yield f"{asked[0][1]}: {', '.join(name for name, _ in asked)} {change} nothing: {group.needs}"
