"""The batch arithmetic of GRPO, as TRL does it (``GRPOConfig.__post_init__``)."""

import math
from collections.abc import Iterator

from r1cli.checks.rows import rows_to_divide
from r1cli.checks.subject import Subject
from r1cli.commands import load
from r1cli.config.groups.data import Data
from r1cli.data.mixture import MIXTURE, held_out_rows, read_test_split
from r1cli.errors import R1Error
from r1cli.train.batch import too_few_rows
from r1cli.train.plan import plan_training, world_size

PER_DEVICE, ACCUMULATION = "training.per_device_train_batch_size", "training.gradient_accumulation_steps"
GENERATIONS, GENERATIONS_EVAL = "training.num_generations", "training.num_generations_eval"
BATCH, STEPS = "training.generation_batch_size", "training.steps_per_generation"
PER_DEVICE_EVAL, EVAL_STRATEGY = "training.per_device_eval_batch_size", "training.eval_strategy"
_LEAVES = (PER_DEVICE, ACCUMULATION, GENERATIONS, GENERATIONS_EVAL, BATCH, STEPS, PER_DEVICE_EVAL)


def check_batch(subject: Subject) -> Iterator[R1Error]:
    """Whether the batches are made of whole groups: as many completions of a prompt as num_generations."""
    if not subject.has(*_LEAVES) or subject.place is None:
        return
    if any((subject.config.get(path) or 1) < 1 for path in _LEAVES) or subject.config.get(GENERATIONS) < 2:
        return  # out of range: said already
    try:
        ranks = world_size(subject.config, subject.place)
    except R1Error as error:
        yield error
        return
    broken = list(_train_batch(subject, ranks))
    yield from broken or _too_few_rows(subject, ranks)
    yield from _eval_batch(subject, ranks)


def _train_batch(subject: Subject, ranks: int) -> Iterator[R1Error]:
    config = subject.config
    per_device, group = config.get(PER_DEVICE), config.get(GENERATIONS)
    if config.get(BATCH):
        yield from _given_batch(subject, per_device * ranks, group)
        return
    steps_path = STEPS if config.get(STEPS) else ACCUMULATION
    steps = config.get(steps_path)
    total = per_device * ranks * steps
    if total % group == 0:
        return
    unit = group // math.gcd(group, ranks * steps)
    fits = _nearest(per_device, unit)
    name = steps_path.rpartition(".")[2]
    yield R1Error(
        f"a batch holds {per_device} per device x {_ranks(ranks)} x {steps} {name} = {total} completions, "
        f"which is not a multiple of num_generations {group}",
        where=subject.where(PER_DEVICE, steps_path, GENERATIONS),
        fix=_settings(PER_DEVICE, {size: size * ranks * steps for size in fits}),
    )


def _too_few_rows(subject: Subject, ranks: int) -> Iterator[R1Error]:
    """Whether a dataset whose rows can be counted here fills one batch."""
    config, data = subject.config, subject.config.section(Data)
    if load(subject.row.plan) is not plan_training:
        return  # a probe makes no step
    try:
        rows, cut = rows_to_divide(data, subject.promised.datasets), read_test_split(data)
        rows = rows - held_out_rows(cut, rows) if rows and cut else rows
    except R1Error:
        return  # reported where the dataset is checked
    steps = config.get(STEPS) or config.get(ACCUMULATION)
    batch = config.get(BATCH) or config.get(PER_DEVICE) * ranks * steps
    name = MIXTURE if data.dataset_mixture else str(data.dataset_name)
    if rows and (error := too_few_rows(rows, batch, config.get(GENERATIONS), name)):
        yield error


def _given_batch(subject: Subject, step: int, group: int) -> Iterator[R1Error]:
    """generation_batch_size: whole steps of all devices, and whole groups."""
    batch = subject.config.get(BATCH)
    if batch % step == 0 and batch % group == 0:
        return
    fits = _nearest(batch, math.lcm(step, group))
    yield R1Error(
        f"generation_batch_size {batch} must be a multiple of {step} (the completions of one step on all "
        f"devices) and of num_generations {group}",
        where=subject.where(BATCH, PER_DEVICE, GENERATIONS),
        fix=_settings(BATCH, {size: size for size in fits}),
    )


def _eval_batch(subject: Subject, ranks: int) -> Iterator[R1Error]:
    config = subject.config
    if not subject.has(EVAL_STRATEGY) or config.get(EVAL_STRATEGY) == "no":
        return
    per_device, group = config.get(PER_DEVICE_EVAL), config.get(GENERATIONS_EVAL) or config.get(GENERATIONS)
    total = per_device * ranks
    if total % group:
        fits = _nearest(per_device, group // math.gcd(group, ranks))
        yield R1Error(
            f"an evaluation batch holds {per_device} per device x {_ranks(ranks)} = {total} completions, "
            f"which is not a multiple of num_generations {group}",
            where=subject.where(PER_DEVICE_EVAL, GENERATIONS),
            fix=_settings(PER_DEVICE_EVAL, {size: size * ranks for size in fits}),
        )


def _nearest(size: int, unit: int) -> list[int]:
    """The two multiples of a unit that are nearest to a size that is none: one on each side if there is."""
    below = size // unit * unit
    return [below, below + unit] if below else [unit, 2 * unit]


def _settings(path: str, totals: dict[int, int]) -> str:
    return "the nearest that work: " + " or ".join(
        f"--{path} {size}" + (f" ({total} completions)" if size != total else "")
        for size, total in totals.items()
    )


def _ranks(ranks: int) -> str:
    return f"{ranks} rank{'s' if ranks > 1 else ''}"
