"""The schema of a command as JSON Schema, for editors that complete and check YAML files."""

from typing import Any

from r1cli.config.engine_fields import engine_help
from r1cli.config.leaf import Leaf
from r1cli.config.schema import MAIN_LEAVES, SHORT_NAMES, Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(schema: Schema) -> dict[str, Any]:
    """A file's keys in their groups, and flat where only one leaf bears the name.

    Names of other tools are accepted by r1, and are not proposed here.
    """
    groups: dict[str, dict[str, Any]] = {}
    flat: dict[str, Any] = {}
    helps = engine_help()
    for leaf in schema.leaves.values():
        group = leaf.path.partition(".")[0]
        described = _leaf(leaf, helps.get(leaf.owner, {}).get(leaf.name, ""))
        groups.setdefault(group, {})[leaf.name] = described
        if schema.is_flat(leaf.name):
            flat[leaf.name] = described
    return {
        "$schema": DIALECT,
        "title": f"r1 {schema.command}",
        "type": "object",
        "properties": {
            "command": {"const": schema.command},
            "about": {"type": "object"},
            "_profiles": {"type": "object", "additionalProperties": {"type": "object"}},
            **flat,
            **{
                short: flat[path.partition(".")[2]]
                for short, path in SHORT_NAMES.items()
                if path in schema.leaves
            },
            **{group: _group(group, leaves) for group, leaves in groups.items()},
        },
        "patternProperties": {rf"^({'|'.join(groups)})\\.": True},
        "additionalProperties": False,
    }


def _short_names(schema: Schema) -> list[tuple[str, str]]:
    return [(short, path) for short, path in SHORT_NAMES.items() if path in schema.leaves]


def _group(group: str, leaves: dict[str, Any]) -> dict[str, Any]:
    """A mapping of the group's keys, or its main leaf's value alone."""
    # The parameters of a reward stand under its name.
    others: Any = {"type": "object"} if group == "rewards" else False
    mapping = {"type": "object", "properties": leaves, "additionalProperties": others}
    main = MAIN_LEAVES.get(group)
    return {"anyOf": [mapping, leaves[main]]} if main in leaves else mapping


def _leaf(leaf: Leaf, engine: str) -> dict[str, Any]:
    described: dict[str, Any] = {"type": list(leaf.types) if len(leaf.types) > 1 else leaf.types[0]}
    if leaf.choices:
        others = [{"type": kind} for kind in leaf.types if kind != "string"]
        choices = {"enum": list(leaf.choices)}
        described = {"anyOf": [choices, *others]} if others else choices
    if leaf.help or engine:
        described["description"] = leaf.help or engine
    if leaf.default is not None:
        described["default"] = leaf.default
    return described
