"""The learning rate's schedule, and the arguments that are for it."""

from collections.abc import Iterator, Mapping
from typing import Any

from r1cli.checks.subject import Subject
from r1cli.config.engine_fields import schedules
from r1cli.config.leaf import Leaf
from r1cli.config.values import check_value
from r1cli.errors import R1Error, did_you_mean

_TYPE, _KWARGS = "training.lr_scheduler_type", "training.lr_scheduler_kwargs"
#: Without a default, and one is enough; both are refused.
_LOWEST = ("min_lr", "min_lr_rate")
#: They take no arguments, and the trainer leaves out what it is given: a warning is enough.
WITHOUT_ARGUMENTS = ("constant", "constant_with_warmup")

# Their annotations say less.
_CHOICES = {
    **dict.fromkeys(("warmup_type", "decay_type"), ("linear", "cosine", "1-sqrt")),
    "mode": ("min", "max"),
    "threshold_mode": ("rel", "abs"),
}
# A preset may have set them.
_NO_ARGUMENTS = "--lr_scheduler_kwargs '{}' gives none"


def check_schedule(subject: Subject) -> Iterator[R1Error]:
    """The trainer builds the schedule after the model is loaded; its arguments are known before."""
    if not subject.has(_TYPE, _KWARGS):
        return
    name, given = subject.config.get(_TYPE), subject.config.get(_KWARGS) or {}
    if name in WITHOUT_ARGUMENTS or not isinstance(given, Mapping):
        return
    known, where = schedules()[name], subject.where(_TYPE, _KWARGS)
    if unknown := [key for key in given if key not in known]:
        yield R1Error(
            f"the schedule {name} does not take {', '.join(unknown)}",
            where=where,
            fix=_takes(name, set(given), unknown),
        )
        return
    yield from _missing(name, known, given, where)
    for key, value in given.items():
        if value is not None or "default" in known[key]:
            leaf = Leaf(f"{_KWARGS}.{key}", **known[key], choices=_CHOICES.get(key, ()))
            yield from _wrong_value(leaf, value, where)


def _takes(name: str, given: set[str], unknown: list[str]) -> str:
    """The misspelt argument, or the schedules that take what is given, or what this one takes."""
    known = schedules()[name]
    if meant := did_you_mean(unknown[0], known):
        return meant
    others = [other for other, arguments in schedules().items() if given <= set(arguments)]
    # cosine_with_min_lr is nearer to cosine than greedy is.
    others.sort(key=lambda other: not other.startswith(name))
    if others:
        return f"--lr_scheduler_type {others[0]} does; or {_NO_ARGUMENTS}"
    return f"it takes {', '.join(known)}" if known else f"it takes none: {_NO_ARGUMENTS}"


def _missing(name: str, known: Mapping[str, Any], given: Mapping[str, Any], where: str) -> Iterator[R1Error]:
    missing = [key for key, entry in known.items() if "default" not in entry and given.get(key) is None]
    if missing:
        example = f"--lr_scheduler_kwargs '{{\"{missing[0]}\": 100}}'"
        yield R1Error(f"the schedule {name} needs {', '.join(missing)}", where=where, fix=f"add {example}")
    lowest = [key for key in _LOWEST if given.get(key) is not None]
    if name.endswith("with_min_lr") and len(lowest) != 1:
        counted = "both are" if lowest else "neither is"
        yield R1Error(
            f"the schedule {name} takes one of min_lr and min_lr_rate, and {counted} given",
            where=where,
            fix="--lr_scheduler_kwargs '{\"min_lr_rate\": 0.1}' ends at a tenth of the learning rate",
        )


def _wrong_value(leaf: Leaf, value: Any, where: str) -> Iterator[R1Error]:
    try:
        as_typed = check_value(leaf, value, where)
    except R1Error as error:
        yield error
        return
    if as_typed != value:
        yield R1Error(
            f"{leaf.path}: expected {leaf.expected}, found the text '{value}'",
            where=where,
            fix="write it without quotes",
        )
