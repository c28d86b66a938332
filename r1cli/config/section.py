"""r1's own keys: a frozen dataclass for each group, and the leaves that are derived from it."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from types import NoneType, UnionType
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform, get_args, get_origin

from r1cli.config.bounds import Range
from r1cli.config.leaf import Leaf

_JSON_TYPES: dict[Any, str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object",
    NoneType: "null",
}  # fmt: skip
# What a field's metadata holds.
_LEAF, _MORE_TYPES = "leaf", "more types"


def key(
    help: str,
    *,
    default: Any,
    unset: str = "",
    choices: tuple[Any, ...] = (),
    range: Range | None = None,
    written: bool = False,
    text: bool = False,
) -> Any:
    """A field that is a key of the config; its JSON types are those of its annotation.

    Args:
        help: what it is, without a capital or a full stop.
        default: where nothing is set. Lists and mappings are copied.
        unset: what holds when the default is None, in words.
        choices: the only values.
        range: that a number must lie in.
        written: r1 writes the default into every config.
        text: of a list: one item may be written alone, or several as a,b.
    """
    leaf = {"help": help, "unset": unset, "choices": choices, "range": range, "written": written}
    metadata = {_LEAF: leaf, _MORE_TYPES: ("string",) if text else ()}
    if isinstance(default, list | dict):
        return field(default_factory=default.copy, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(key, field))
class Section:  # noqa: PLW1641 - lists cannot be hashed
    """The keys of a group of the config: the fields that are made with `key`.

    Every subclass is a frozen dataclass. A command that has more keys of a group than another has a subclass
    of the other's section.
    """

    # The methods are here: those that `dataclass` writes for each class take r1 longer to start.
    group: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls) -> None:
        dataclass(init=False, repr=False, eq=False)(cls)

    def __init__(self, **values: Any) -> None:
        for one in fields(self):
            default = one.default if one.default_factory is MISSING else one.default_factory()
            vars(self)[one.name] = values.pop(one.name, default)
        if values:
            raise TypeError(f"{type(self).__name__} has no {', '.join(values)}")

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to {name}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """The section that a group's values make; a key without a value has its default."""
        return cls(**{one.name: values[one.name] for one in fields(cls) if one.name in values})


#: A section of some group.
AnySection = TypeVar("AnySection", bound=Section)


def leaves_of(section: type[Section]) -> tuple[Leaf, ...]:
    """The leaves that a section's fields stand for."""
    return tuple(
        Leaf(
            f"{section.group}.{one.name}",
            (*_types(one.type), *one.metadata[_MORE_TYPES]),
            one.default if one.default_factory is MISSING else one.default_factory(),
            of_texts=list[str] in _parts(one.type),
            **one.metadata[_LEAF],
        )
        for one in fields(section)
        if _LEAF in one.metadata
    )


def _types(annotation: Any) -> tuple[str, ...]:
    return tuple(_JSON_TYPES[get_origin(part) or part] for part in _parts(annotation))


def _parts(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
