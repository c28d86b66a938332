"""The schema of a command as JSON Schema, for editors that complete and check YAML files."""

import math
import re
from collections.abc import Iterable
from typing import Any

from r1cli.config.bounds import Range
from r1cli.config.leaf import Leaf
from r1cli.config.schema import MAIN_LEAVES, SHORT_NAMES, Schema
from r1cli.config.settings import HOLDERS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Blocks that hold an anchor; whether one does, JSON cannot say.
_HELD = {rf"^({'|'.join(map(re.escape, HOLDERS))})": True}


def json_schema(schema: Schema) -> dict[str, Any]:
    """A file's keys in their groups, dotted, and flat where only one leaf bears the name.

    Names of other tools are accepted by r1, and are not proposed here.
    """
    groups: dict[str, dict[str, Any]] = {}
    flat: dict[str, Any] = {}
    dotted: dict[str, Any] = {}
    for leaf in schema.leaves.values():
        group = leaf.path.partition(".")[0]
        described = _leaf(leaf)
        groups.setdefault(group, {})[leaf.name] = dotted[leaf.path] = described
        if schema.is_flat(leaf.name):
            flat[leaf.name] = described
    rewards = [path for path in dotted if path.startswith("rewards.")]
    return {
        "$schema": DIALECT,
        "title": f"r1 {schema.command}",
        "type": "object",
        "properties": {
            "command": {"const": schema.command},
            "about": {"type": "object"},
            "_profiles": {"type": "object", "additionalProperties": {"type": "object"}},
            **flat,
            **dotted,
            **{short: dotted[path] for short, path in SHORT_NAMES.items() if path in dotted},
            **{group: _group(group, leaves) for group, leaves in groups.items()},
        },
        "patternProperties": _HELD | _entries(dotted) | (_parameters(rewards, "rewards.") if rewards else {}),
        "additionalProperties": False,
    }


def _group(group: str, leaves: dict[str, Any]) -> dict[str, Any]:
    """A mapping of the group's keys, or its main leaf's value alone."""
    mapping = {
        "type": "object",
        "properties": leaves,
        "patternProperties": _entries(leaves) | (_parameters(leaves) if group == "rewards" else {}),
        "additionalProperties": False,
    }
    main = MAIN_LEAVES.get(group)
    return {"anyOf": [mapping, leaves[main]]} if main in leaves else mapping


def _entries(leaves: dict[str, Any]) -> dict[str, Any]:
    """The dotted keys below leaves that are mappings: ``data.columns.prompt``."""
    open_leaves = [name for name, leaf in leaves.items() if "object" in leaf.get("type", ())]
    return {rf"^{re.escape(name)}\..": True for name in open_leaves}


def _parameters(leaves: Iterable[str], before: str = "") -> dict[str, Any]:
    """The parameters of rewards, under a reward's name or dotted; ``before`` precedes all keys."""
    names = "|".join(leaf.removeprefix(before) for leaf in leaves)
    return {
        rf"^{re.escape(before)}(?!({names})$)[^.]+$": {"type": "object"},
        rf"^{re.escape(before)}[^.]+\.[^.]+$": True,
    }


def _leaf(leaf: Leaf) -> dict[str, Any]:
    described: dict[str, Any] = {"type": list(leaf.types) if len(leaf.types) > 1 else leaf.types[0]}
    if leaf.choices:
        others = [{"type": kind} for kind in leaf.types if kind != "string"]
        choices = {"enum": list(leaf.choices)}
        described = {"anyOf": [choices, *others]} if others else choices
    if leaf.range:
        described |= _limits(leaf.range)
    if leaf.help:
        described["description"] = leaf.help + (f"; default: {leaf.unset}" if leaf.unset else "")
    if leaf.default is not None:
        described["default"] = leaf.default
    return described


def _limits(range: Range) -> dict[str, float]:
    limits = {"exclusiveMinimum" if range.open_low else "minimum": range.low}
    if range.high < math.inf:
        limits["exclusiveMaximum" if range.open_high else "maximum"] = range.high
    return limits
