"""What decides a training, in a line each: for people who look at a plan."""

from collections.abc import Iterator
from typing import Any

from r1cli.config.config import DATASET, MIXTURE, MODEL, REWARDS, Config
from r1cli.config.groups.rewards import Rewards
from r1cli.data.mixture import read_mixture
from r1cli.launch.accelerate import mixed_precision
from r1cli.launch.place import Place
from r1cli.train.needs import trackers
from r1cli.train.plan import ACCELERATE, ranks, world_size

Fact = tuple[str, str]


def facts(config: Config, place: Place) -> list[Fact]:
    """The model, the rows, the batch, how long it trains, how it learns, and what is kept of it."""
    return [
        ("model", str(config.get(MODEL))),
        ("computes in", _weights(config)),
        ("dataset", _dataset(config)),
        *([("rewards", _rewards(config))] if config.has(REWARDS) else []),
        ("devices", _devices(config, place)),
        ("batch", _batch(config, place)),
        ("length", _length(config)),
        ("learning rate", _learning_rate(config)),
        *_texts(config),
        ("checkpoints", _checkpoints(config)),
        ("tracking", ", ".join(trackers(config)) or "none"),
    ]


def _weights(config: Config) -> str:
    precision = mixed_precision(_of(config, "bf16"), bool(_of(config, "fp16")))
    more = [
        "float32" if precision == "no" else precision,
        config.get("model.attn_implementation"),
        f"LoRA of rank {config.get('model.lora_r')}" if config.get("model.use_peft") else "",
        "gradient checkpointing" if _of(config, "gradient_checkpointing") else "",
    ]
    return ", ".join(str(one) for one in more if one)


def _dataset(config: Config) -> str:
    if config.get(MIXTURE):
        return ", ".join(part.id for part in read_mixture(config.get(MIXTURE), MIXTURE).parts)
    return str(config.get(DATASET))


def _rewards(config: Config) -> str:
    weighted = config.section(Rewards).weighted
    return ", ".join(name if weight == 1 else f"{name} x {weight:g}" for name, weight in weighted.items())


def _devices(config: Config, place: Place) -> str:
    count = ranks(config, place)
    kind = _count(count, "GPU") if place.gpus else f"CPU, {_count(count, 'process')}"
    nodes = f"{place.train_nodes} nodes of " if place.train_nodes > 1 else ""
    sharing = config.get(ACCELERATE)
    return f"{nodes}{kind}{f', {sharing}' if sharing else ''}"


def _batch(config: Config, place: Place) -> str:
    """Per device x devices x accumulation: what one step of the optimizer is made from."""
    per_device, devices = _of(config, "per_device_train_batch_size"), world_size(config, place)
    steps = _of(config, "gradient_accumulation_steps")
    total = per_device * devices * steps
    product = f"{per_device} per device x {_count(devices, 'device')} x {steps} accumulation = {total:,}"
    if not config.has("training.num_generations"):
        return f"{product} rows"
    group = _of(config, "num_generations")
    return f"{product} completions, {group} of each prompt"


def _length(config: Config) -> str:
    steps, epochs = _of(config, "max_steps"), _of(config, "num_train_epochs")
    return _count(steps, "step") if steps and steps > 0 else f"{epochs:g} epoch{'' if epochs == 1 else 's'}"


def _learning_rate(config: Config) -> str:
    warmup = _of(config, "warmup_steps") or 0
    return ", ".join(
        [
            f"{_of(config, 'learning_rate'):g}",
            f"{_of(config, 'lr_scheduler_type')}",
            *([f"warmup over {_steps(warmup)}"] if warmup else []),
            f"{_of(config, 'optim')}",
        ]
    )


def _texts(config: Config) -> Iterator[Fact]:
    """How long texts may be, and how completions come about."""
    if not config.has("training.num_generations"):
        limit, packed = _of(config, "max_length"), ", packed" if _of(config, "packing") else ""
        yield "rows", f"{f'up to {limit:,} tokens' if limit else 'whole'}{packed}"
        return
    engine = f"vLLM ({config.get('vllm.vllm_mode')})" if config.get("vllm.use_vllm") else "transformers"
    limit, temperature = _of(config, "max_completion_length"), _of(config, "temperature")
    length = f"up to {limit:,} tokens" if limit else "of any length"
    yield "completions", f"{length} at temperature {temperature:g}, sampled with {engine}"
    yield "loss", f"{_of(config, 'loss_type')}, beta {_of(config, 'beta'):g}"


def _checkpoints(config: Config) -> str:
    strategy, limit = _of(config, "save_strategy"), _of(config, "save_total_limit")
    if strategy == "no":
        return "none"
    when = {"steps": f"every {_steps(_of(config, 'save_steps'))}", "best": "where the metric is best"}
    kept = f"the last {limit} kept" if limit else "all kept"
    return f"{when.get(strategy, f'every {strategy}')}, {kept}"


def _of(config: Config, name: str) -> Any:
    return config.get(f"training.{name}")


def _steps(number: float) -> str:
    """Steps, or the share of all steps that a number below 1 means."""
    return f"{number:.3g} of the steps" if number < 1 else _count(number, "step")


def _count(number: float, thing: str) -> str:
    """A number of things: ``1 step``, ``2 processes``."""
    plural = thing + ("es" if thing.endswith("s") else "s")
    shown = f"{int(number):,}" if number == int(number) else f"{number:g}"
    return f"{shown} {thing if number == 1 else plural}"
