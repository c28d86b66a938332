"""Regenerates ``engine_fields.json``: the names, types and defaults of TRL's config classes.

The command line checks every TRL and transformers argument against that file, so it need not import
them. After a TRL upgrade run ``python -m r1cli.config.engine_fields``; a test fails until it is done.
"""

import dataclasses
import enum
import json
import sys
import types
import typing
from importlib.metadata import version
from typing import Any

from r1cli.config.schema import ENGINE_FIELDS

_SCALARS: dict[Any, str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array",
    type(None): "null",
}  # fmt: skip


def describe_type(annotation: Any) -> tuple[set[str], list[Any]]:
    """The JSON types that an annotation admits, and the values when it is an enumeration."""
    origin = typing.get_origin(annotation)
    if annotation in _SCALARS:
        return {_SCALARS[annotation]}, []
    if origin in (list, dict):
        return {_SCALARS[origin]}, []
    if origin is typing.Literal:
        return {_SCALARS[type(value)] for value in typing.get_args(annotation)}, []
    if origin in (typing.Union, types.UnionType):
        names: set[str] = set()
        choices: list[Any] = []
        for part in typing.get_args(annotation):
            part_names, part_choices = describe_type(part)
            names |= part_names
            choices += part_choices
        return names, choices
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return {"string"}, [member.value for member in annotation]
    return {"object"}, []


def describe_class(config_class: Any) -> dict[str, dict[str, Any]]:
    """Field name -> ``{"types", "default", "choices"?}`` for one dataclass."""
    fields = {}
    for field in dataclasses.fields(config_class):
        names, choices = describe_type(field.type)
        default = field.default
        if default is dataclasses.MISSING:
            default = field.default_factory() if field.default_factory is not dataclasses.MISSING else None
        if isinstance(default, enum.Enum):
            default = default.value
        entry: dict[str, Any] = {"types": sorted(names), "default": default}
        if choices:
            entry["choices"] = choices
        fields[field.name] = entry
    return fields


def describe_engine() -> dict[str, Any]:
    """What stands in ``engine_fields.json``, read from the installed TRL."""
    import trl

    classes = ("SFTConfig", "GRPOConfig", "ModelConfig", "ScriptArguments")
    return {
        "versions": {name: version(name) for name in ("trl", "transformers")},
        "classes": {name: describe_class(getattr(trl, name)) for name in classes},
    }


if __name__ == "__main__":
    ENGINE_FIELDS.write_text(json.dumps(describe_engine(), indent=1) + "\n", encoding="utf-8")
    sys.stderr.write(f"wrote {ENGINE_FIELDS}\n")
