"""Where settings come from: YAML files, the environment, the command line. Each remembers its place."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from r1cli.errors import R1Error, did_you_mean
from r1cli.files import near_names
from r1cli.yaml12 import Loader

#: The sources that are not files.
ENVIRONMENT, FLAGS = "environment", "flags"
_FIX = (
    "a key and its value are written `key: value`, nested keys are indented by spaces, and a value that "
    "begins with a sign or has a colon in it needs quotes"
)
#: How names begin under which people keep blocks for `<<: *base`, at the top of a file.
HOLDERS = ("x-", "_", ".")
#: The section of a file that holds profiles.
PROFILES = "_profiles"


class Standing(Enum):
    """What becomes of a value beside another one of the same source for the same key."""

    GIVES_WAY = "the other counts"
    SAID = "two that differ are a mistake"
    COUNTS = "it counts"


@dataclass(frozen=True)
class Setting:
    """One value for one key, as somebody wrote it, and where.

    ``origin`` is the exact place, ``source`` what it is part of: a file, a profile, the environment, flags.
    ``text`` is a YAML scalar as it was written: a name may look like a number. ``standing`` is what becomes
    of it beside another value of the same source for the same key. ``items`` are the exact places of what is
    in its lists, by what follows the key: ``[0]``, ``.datasets[0]``.
    """

    key: str
    value: Any
    origin: str
    source: str = ""
    text: str = ""
    standing: Standing = Standing.SAID
    items: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class ConfigFile:
    """What a YAML file says: its settings, and its profiles' by name."""

    settings: list[Setting]
    profiles: dict[str, list[Setting]]


def read_yaml(path: Path, label: str, is_group: Callable[[str], bool], printed: str = "") -> ConfigFile:
    """The settings of a YAML file, each with the line it is on.

    Args:
        path: the file.
        label: how the file is called in messages.
        is_group: whether a mapping under this name is a group, and not a value.
        printed: the command that prints such a file, for messages.

    Raises:
        R1Error: the file cannot be read, is not a YAML mapping, or says one thing twice.
    """
    try:
        text = _of_pipe(str(path)) if path.exists() and not path.is_file() else path.read_text("utf-8")
    except UnicodeDecodeError as error:
        what = f"the config file is not UTF-8: {error.reason} at byte {error.start}"
        raise R1Error(what, where=str(path), fix="save it as UTF-8") from None
    except OSError as error:
        reason = error.strerror or str(error)
        near = near_names(path.name, path.parent) if path.parent.is_dir() else []
        example = f": `{printed}` prints one" if printed else ""
        fix = did_you_mean(path.name, near, f"name a YAML file{example}")
        raise R1Error(f"cannot read the config file: {reason}", where=str(path), fix=fix) from None
    try:
        node = yaml.compose(text, Loader=Loader)
        if node is None:
            return ConfigFile([], {})
        if not isinstance(node, yaml.MappingNode):
            fix = "write one key to a line, as `max_steps: 20`"
            raise R1Error("a config file is a mapping of keys to values", where=label, fix=fix)
        _drop_holders(node, text)
        profiles = _profiles(node, label, is_group)
        settings = [one for one in _walk(node, "", label, is_group) if one.key != PROFILES]
        return ConfigFile(settings, profiles)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        what, fix = f"this is not YAML: {problem}", _FIX
        if problem == "but found another document":
            what, fix = "the file has several documents", "keep one: the line --- begins another"
        raise R1Error(what, where=f"{label}{line}", fix=fix) from None


@cache
def _of_pipe(path: str) -> str:
    """What comes from a pipe, which can be read once, as ``--config <(...)``; a config is resolved twice."""
    return Path(path).read_text("utf-8")


def _drop_holders(node: yaml.MappingNode, text: str) -> None:
    """Drops the keys that only hold an anchor, as ``x-base: &base``: other places of the file use it."""
    anchors = [event for event in yaml.parse(text, Loader) if getattr(event, "anchor", None)]
    anchored = {(event.start_mark.line, event.start_mark.column) for event in anchors if event.start_mark}
    node.value = [
        (key, value)
        for key, value in node.value
        if (value.start_mark.line, value.start_mark.column) not in anchored
        or key.value == PROFILES
        or not str(key.value).startswith(HOLDERS)
    ]


def _profiles(
    node: yaml.MappingNode, label: str, is_group: Callable[[str], bool]
) -> dict[str, list[Setting]]:
    """The sets of overrides under ``_profiles:``."""
    profiles: dict[str, list[Setting]] = {}
    for key_node, section in _pairs(node, "", label):
        if key_node.value != PROFILES:
            continue
        for name_node, body in _pairs(_mapping(section, PROFILES, label), f"{PROFILES}.", label):
            name = str(name_node.value)
            source = f"profile {name}"
            profiles[name] = [
                replace(
                    setting,
                    origin=f"{setting.origin} ({source})",
                    source=source,
                    items={path: f"{place} ({source})" for path, place in setting.items.items()},
                )
                for setting in _walk(_mapping(body, f"the profile '{name}'", label), "", label, is_group)
            ]
    return profiles


def _mapping(node: yaml.Node, what: str, label: str) -> yaml.MappingNode:
    if isinstance(node, yaml.MappingNode):
        return node
    raise R1Error(
        f"{what} is not a mapping of keys to values",
        where=f"{label}:{node.start_mark.line + 1}",
        fix="write `_profiles:`, below it a profile's name, and below that its overrides: max_steps: 20",
    )


def _pairs(node: yaml.MappingNode, prefix: str, label: str) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """The keys and values of a mapping; what `<<` merges into it is below its own.

    Raises:
        R1Error: a key is not a word, or occurs twice.
    """
    own = [pair for pair in node.value if pair[0].tag != "tag:yaml.org,2002:merge"]
    seen: dict[str, int] = {}
    for key_node, _ in own:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise R1Error("a key is a word, and this one is a list or a mapping", where=f"{label}:{line}")
        key = f"{prefix}{key_node.value}"
        if key in seen:
            where = f"{label}:{seen[key]} and :{line}"
            raise R1Error(f"'{key}' is set twice", where=where, fix="keep one of the lines")
        seen[key] = line
    Loader("").flatten_mapping(node)
    pairs = list({pair[0].value: pair for pair in node.value}.values())
    node.value = pairs
    return pairs


_NULL = "tag:yaml.org,2002:null"


def _walk(
    node: yaml.MappingNode, prefix: str, label: str, is_group: Callable[[str], bool]
) -> Iterator[Setting]:
    for key_node, value_node in _pairs(node, prefix, label):
        key = f"{prefix}{key_node.value}"
        if isinstance(value_node, yaml.MappingNode) and is_group(key):
            yield from _walk(value_node, f"{key}.", label, is_group)
            continue
        if value_node.tag == _NULL and is_group(key):
            continue  # a group with nothing in it
        value = Loader("").construct_object(value_node, deep=True)
        text = value_node.value if isinstance(value_node, yaml.ScalarNode) else ""
        items = dict(places_of_items(value_node, label))
        yield Setting(key, value, f"{label}:{key_node.start_mark.line + 1}", label, text, items=items)


def places_of_items(node: yaml.Node | None, label: str) -> Iterator[tuple[str, str]]:
    """The line of each item of each list in a value, however deep; what has an alias counts once."""
    waiting, seen = [("", node)], set[int]()
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            waiting += [(f"{path}.{key.value}", value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            items = [(f"{path}[{number}]", item) for number, item in enumerate(node.value)]
            yield from ((place, f"{label}:{item.start_mark.line + 1}") for place, item in items)
            waiting += items


def from_environment() -> list[Setting]:
    """``R1_TRAINING__LEARNING_RATE=1e-5`` sets ``training.learning_rate``."""
    return [
        Setting(name[3:].lower().replace("__", "."), value, f"environment {name}", ENVIRONMENT)
        for name, value in sorted(os.environ.items())
        if name.startswith("R1_") and "__" in name[3:]
    ]
