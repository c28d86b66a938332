"""What a training run needs from a machine, derived from its config."""

from collections.abc import Iterator
from typing import Any

from r1cli.config.config import Config
from r1cli.config.groups.launch import Launch
from r1cli.launch.place import Place
from r1cli.runs.job import Needs
from r1cli.train.disk import disk_bytes

#: Trackers, and the distribution of each.
TRACKERS = {
    "azure_ml": "azureml-core",
    "clearml": "clearml",
    "codecarbon": "codecarbon",
    "comet_ml": "comet-ml",
    "dvclive": "dvclive",
    "mlflow": "mlflow",
    "neptune": "neptune",
    "swanlab": "swanlab",
    "tensorboard": "tensorboard",
    "trackio": "trackio",
    "wandb": "wandb",
}

#: Prefixes of optimizers' names, and the distribution with them; the others are in torch.
OPTIMIZERS = {
    "adamw_torch": "",
    "adamw_torch_4bit": "torchao",
    "adamw_torch_8bit": "torchao",
    "adamw_8bit": "bitsandbytes",
    "adamw_bnb": "bitsandbytes",
    "ademamix": "bitsandbytes",
    "lion": "bitsandbytes",
    "paged_": "bitsandbytes",
    "rmsprop_bnb": "bitsandbytes",
    "galore": "galore-torch",
    "apollo": "apollo-torch",
    "lomo": "lomo-optim",
    "adalomo": "lomo-optim",
    "grokadamw": "grokadamw",
    "schedule_free": "schedulefree",
    "stable_adamw": "torch-optimi",
}


def training_needs(config: Config, place: Place, precision: str) -> Needs:
    """The needs of a config that is planned for a place."""
    attention = config.get("model.attn_implementation") or ""
    return Needs(
        gpus_for=lacks_gpus(config, place),
        gpu_memory_gb=_hardware(config).get("memory_gb") or 0,
        precision=precision,
        tf32=bool(config.get("training.tf32")),
        flash_attention="flash_attention" in attention or "flash-attn" in attention,
        packages=tuple(dict.fromkeys(_packages(config))),
        disk_bytes=disk_bytes(config),
    )


def lacks_gpus(config: Config, place: Place) -> str:
    """The preset, if it needs GPUs, the place has no GPUs, and the user did not set ``--gpus 0``."""
    surprised = (not place.gpus or place.assumed) and config.section(Launch).gpus != 0
    return (config.preset or "") if surprised and _hardware(config).get("gpus") else ""


def _hardware(config: Config) -> dict[str, Any]:
    return config.about.get("hardware") or {}


def trackers(config: Config) -> list[str]:
    """The names in ``tracking.report_to``, without "none"."""
    reports = config.get("tracking.report_to") or []
    named = [reports] if isinstance(reports, str) else list(reports)
    return [name for name in named if name != "none"]


def _packages(config: Config) -> Iterator[str]:
    attention = config.get("model.attn_implementation") or ""
    if attention == "flash_attention_2":
        yield "flash-attn"
    elif "/" in attention:
        # A kernel on the Hub.
        yield "kernels"
    if config.get("training.use_liger_kernel"):
        yield "liger-kernel"
    if config.get("model.load_in_4bit") or config.get("model.load_in_8bit"):
        yield "bitsandbytes"
    optim = config.get("training.optim")
    beginning = max((name for name in OPTIMIZERS if optim.startswith(name)), key=len, default="adamw_torch")
    yield from filter(None, [OPTIMIZERS[beginning]])
    yield from (TRACKERS[name] for name in trackers(config) if name in TRACKERS)
