"""Writes what the installed TRL's config classes take, and transformers' learning rate schedules, for r1 to
check options against: see CONTRIBUTING.md.

Run it with an interpreter that has the TRL: `.venv/bin/python scripts/trl_fields.py`. It writes
`r1cli/config/trl/MINOR.json`, or adds the installed transformers to it where that has the same fields;
`r1cli/config/engine_fields.py` reads it without importing TRL.
"""

import dataclasses
import enum
import inspect
import json
import types
import typing
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "r1cli" / "config" / "trl"
#: The classes that r1's config is made of.
CLASSES = ("SFTConfig", "GRPOConfig", "ModelConfig")

_JSON_TYPES: dict[Any, str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", list: "array", type(None): "null",
}  # fmt: skip
# The trainer gives a schedule these; the others are lr_scheduler_kwargs.
_FROM_TRAINER = ("self", "optimizer", "num_warmup_steps", "num_training_steps", "last_epoch")
# transformers offers fewer than it takes: "cuda:nccl,cpu:gloo" for torch, and levels by their numbers.
_OPEN_FIELDS = ("ddp_backend", "log_level", "log_level_replica")


def read_classes() -> dict[str, dict[str, Any]]:
    """Class -> field -> ``{"types", "default", "help", "choices"?}``, in the order of the dataclass."""
    import trl

    return {
        name: {field.name: _describe(field) for field in dataclasses.fields(getattr(trl, name))}
        for name in CLASSES
    }


def read_schedules() -> dict[str, dict[str, Any]]:
    """Schedule -> argument -> ``{"types", "default"?}``; one without a default must be given."""
    from torch.optim.lr_scheduler import ReduceLROnPlateau
    from transformers.optimization import TYPE_TO_SCHEDULER_FUNCTION, GreedyLR, SchedulerType

    # These functions hand on what they are given.
    classes = {SchedulerType.REDUCE_ON_PLATEAU: ReduceLROnPlateau, SchedulerType.GREEDY: GreedyLR}
    return {
        name.value: _arguments(classes[name].__init__ if name in classes else function)
        for name, function in TYPE_TO_SCHEDULER_FUNCTION.items()
    }


def _arguments(function: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(function)
    entries = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in _FROM_TRAINER:
            continue
        hint = hints.get(parameter.name, type(parameter.default))
        entry: dict[str, Any] = {"types": sorted(set().union(*map(_types, _parts(hint))))}
        required = parameter.default is inspect.Parameter.empty
        entries[parameter.name] = entry if required else {**entry, "default": parameter.default}
    return entries


def minor(package: str) -> str:
    """The minor version of an installed package, as 1.16."""
    return ".".join(version(package).split(".")[:2])


def without_help(classes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The classes without the words of a version, which change more often than the fields."""
    return {
        name: {
            field: {key: value for key, value in entry.items() if key != "help"}
            for field, entry in fields.items()
        }
        for name, fields in classes.items()
    }


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _describe(field: "dataclasses.Field[Any]") -> dict[str, Any]:
    hints = list(_parts(field.type))
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    default = default.value if isinstance(default, enum.Enum) else default
    members = [member.value for hint in hints if _is_enum(hint) for member in hint]
    offered = [] if field.name in _OPEN_FIELDS else members or list(field.metadata.get("choices", ()))
    help = " ".join(field.metadata.get("help", "").split()).replace("%%", "%")
    entry = {"types": sorted(set().union(*map(_types, hints))), "default": default, "help": help}
    return {**entry, "choices": offered} if offered else entry


def _parts(hint: Any) -> Iterable[Any]:
    """The members of a union; anything else is its only member."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return [hint]
    return [part for argument in typing.get_args(hint) for part in _parts(argument)]


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, enum.Enum)


def _types(hint: Any) -> set[str]:
    """The JSON types of a hint that is not a union."""
    if typing.get_origin(hint) is typing.Literal:
        return {_JSON_TYPES[type(value)] for value in typing.get_args(hint)}
    return {"string"} if _is_enum(hint) else {_JSON_TYPES.get(typing.get_origin(hint) or hint, "object")}


def main() -> None:
    path = FOLDER / f"{minor('trl')}.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    classes, schedules = read_classes(), read_schedules()
    transformers = {minor("transformers")}
    same = known and without_help(known["classes"]) == without_help(classes)
    if same and known.get("schedules", schedules) == schedules:
        transformers |= set(known["transformers"])
        classes = known["classes"]
    table = {"transformers": sorted(transformers, key=_numbers), "schedules": schedules, "classes": classes}
    path.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
