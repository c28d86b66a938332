"""What becomes of values that other tools write: each function gives settings under r1's names."""

import re
from collections.abc import Callable
from typing import Any

from r1cli.yaml12 import parse_scalar

#: From a value to settings under r1's names.
Conversion = Callable[[Any], dict[str, Any]]


def share_of_steps(value: Any) -> dict[str, Any]:
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


def sampling_by_length(value: Any) -> dict[str, Any]:
    return {"training.train_sampling_strategy": "group_by_length" if _flag(value) else "random"}


def without_gpu(value: Any) -> dict[str, Any]:
    return {"launch.gpus": 0} if _flag(value) else {}


def no_wandb(value: Any) -> dict[str, Any]:
    return wandb(not _flag(value))


def wandb(value: Any) -> dict[str, Any]:
    return {"tracking.report_to": ["wandb"] if _flag(value) else []}


def one_config(value: Any) -> dict[str, Any]:
    """TRL once took a list of dataset configs, and read the first."""
    configs = parse_scalar(value)
    return {"data.dataset_config": configs[0] if isinstance(configs, list) and configs else configs}


#: TRL's names of its accelerate configs; its others are the same as r1's, or files.
_TRL_ACCELERATE = {"single_gpu": None, "multi_gpu": "ddp", "fsdp1": "fsdp", "fsdp2": "fsdp"}


def accelerate(value: Any) -> dict[str, Any]:
    return {"launch.accelerate": _TRL_ACCELERATE.get(value, value)}


def accelerator(value: Any) -> dict[str, Any]:
    return {"launch.accelerate": None if value in ("auto", "single") else value}


def template(value: Any) -> dict[str, Any]:
    """open-r1's templates are Jinja: those that only name columns, as {{ instruction }}, are translated."""
    text = str(value)
    if re.search(r"\{%|\{\{\s*\w+\s*[|.]", text):
        raise ValueError("expected a template that only names columns, as 'Solve {problem}'")
    return {"data.prompt_template": re.sub(r"\{\{\s+(\w+)\s+\}\}", r"{\1}", text)}


def push_revision(value: Any) -> dict[str, Any]:
    return {"training.push_to_hub": True} if _flag(value) else {}


def preserve(value: Any) -> dict[str, Any]:
    """The hierarchical layout's switch: its interval has its own key."""
    return {} if _flag(value) else {"callbacks.preserve_checkpoints_every": None}


def log_level(value: Any) -> dict[str, Any]:
    return {"training.log_level": str(value).lower()}


def provider(value: Any) -> dict[str, Any]:
    return {} if value is None else {"code.provider": value}


def router(value: Any) -> dict[str, Any]:
    if not value:
        return {}
    # open-r1 writes HOST:PORT.
    url = str(value) if "://" in str(value) else f"http://{value}"
    return {"code.provider": "router", "code.endpoints": [url]}


def test_batches(value: Any) -> dict[str, Any]:
    """open-r1 takes anything below 1 for all tests at a time."""
    size = parse_scalar(value)
    if not isinstance(size, int) or isinstance(size, bool):
        raise ValueError("expected a number of tests, or -1 for all")
    return {f"rewards.{name}.test_batch_size": size if size >= 1 else -1 for name in ("cf_code", "ioi_code")}


def packing(value: Any) -> Any:
    """TRL's earlier names: ``ffd`` for five weeks in 2025, and later ``bfd-requeue``."""
    return {"ffd": "bfd", "bfd-requeue": "bfd_split"}.get(value, value) if isinstance(value, str) else value


def mixture(value: Any) -> Any:
    """A mixture may be its list of datasets alone."""
    return {"datasets": value} if isinstance(value, list) else value


def unless_null(key: str) -> tuple[str, Conversion]:
    """An earlier name of transformers', whose null meant that today's counts."""
    return key, lambda value: {} if value is None else {key: value}


#: By the last part of a key of r1's own: what becomes of values that are written otherwise elsewhere.
VALUES: dict[str, Callable[[Any], Any]] = {"packing_strategy": packing, "dataset_mixture": mixture}
#: The conversions of names that are switches: alone they mean true.
SWITCHES = (sampling_by_length, without_gpu, no_wandb, wandb, push_revision, preserve)
