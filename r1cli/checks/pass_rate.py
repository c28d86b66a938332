"""Bounds of pass rates, and what adaptive sampling and the choice of rows need."""

from collections.abc import Iterator

from r1cli.checks.subject import Subject
from r1cli.config.config import REWARDS
from r1cli.errors import R1Error, did_you_mean
from r1cli.pass_rate.schema import Choosing, Counting, GroupSampling, Measuring

_GROUP = "pass_rate."
LOW, HIGH, REWARD, ADAPTIVE = (_GROUP + name for name in ("min", "max", "reward", "adaptive"))
FIRST, START, END = (_GROUP + name for name in ("first_samples", "start_index", "end_index"))
TARGET, SHAPE, SAMPLES = _GROUP + "target_size", _GROUP + "shape", "sampling.samples"


def check_pass_rate(subject: Subject) -> Iterator[R1Error]:
    counting = subject.config.find(Counting)
    if counting is None:
        return
    if subject.has(LOW, HIGH) and counting.min >= counting.max:
        yield R1Error(
            f"no pass rate is above {counting.min:g} and below {counting.max:g}",
            where=subject.where(LOW, HIGH),
            fix="set --min below --max",
        )
    measuring, choosing = subject.config.find(Measuring), subject.config.find(Choosing)
    if measuring:
        yield from _measuring(subject, measuring)
    if choosing and choosing.shape and choosing.target_size is None and subject.has(TARGET, SHAPE):
        yield R1Error(
            f"the shape '{choosing.shape}' says which rows are selected, and all within the bounds are",
            where=subject.where(SHAPE),
            fix="add --target-size N, or leave it out",
        )


def pass_rate_warnings(subject: Subject) -> Iterator[str]:
    """Bounds that no reward from 0 to 1 reaches, as percentages are."""
    counting = subject.config.find(Counting)
    if counting is None or not subject.has(LOW, HIGH) or max(counting.min, counting.max) < 2:
        return  # a little more than 1 keeps the rows that are always solved
    yield (
        f"{subject.where(LOW, HIGH)}: a pass rate is a mean of rewards, from 0 to 1 for most: 20 % is "
        "written 0.2"
    )


def _measuring(subject: Subject, settings: Measuring) -> Iterator[R1Error]:
    rewards, errors = subject.rewards()
    names = [reward.name for reward in rewards]
    chosen = settings.reward or next(iter(names), None)
    if chosen not in (None, *names) and not errors and subject.has(REWARD, REWARDS):
        yield R1Error(
            f"'{chosen}' is not one of the rewards",
            where=subject.where(REWARD),
            fix=did_you_mean(str(chosen), names, f"they are {', '.join(names)}"),
        )
    for reward in rewards:
        if (settings.adaptive or settings.holdout) and reward.name == chosen and reward.per_group:
            yield R1Error(
                f"the reward '{chosen}' compares all completions of a prompt, so that each further one "
                "changes the earlier values",
                where=subject.where(REWARD, ADAPTIVE),
                fix="leave --adaptive and --holdout out, or set --pass_rate.reward to another one",
            )
    samples = subject.config.section(GroupSampling).samples
    if settings.adaptive and subject.has(FIRST, SAMPLES) and settings.first_samples >= samples:
        yield R1Error(
            f"adaptive sampling begins with {settings.first_samples} samples, and ends at {samples}",
            where=subject.where(FIRST, SAMPLES),
            fix="set --samples higher, such as 32, or --first-samples lower",
        )
    end = settings.end_index
    if end is not None and subject.has(START, END) and end <= settings.start_index:
        yield R1Error(
            f"no row is from {settings.start_index} to before {end}",
            where=subject.where(START, END),
            fix="set --end-index above --start-index",
        )
