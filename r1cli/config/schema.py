"""The schema of a command's config: every leaf with its types, default and help.

Keys may be written dotted (``training.learning_rate``), flat when only one leaf bears the name
(``learning_rate``), or as a group (``model``), which means the group's main leaf. Each command's own schema
is in its package.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from r1cli.commands import COMMANDS, Command, as_typed, load, visible_commands
from r1cli.config.leaf import Leaf
from r1cli.config.said import what_is_meant
from r1cli.config.section import AnySection, Section, leaves_of
from r1cli.config.translate import todays_name
from r1cli.errors import R1Error, did_you_mean

#: A group's bare name takes its main leaf.
MAIN_LEAVES = {
    "model": "model_name_or_path",
    "data": "dataset_name",
    "rewards": "reward_funcs",
    "callbacks": "names",
    "evaluate": "benchmarks",
}

#: Short flags, and the leaves that they set.
SHORT_NAMES = {
    "model": "model.model_name_or_path",
    "dataset": "data.dataset_name",
    "reward": "rewards.reward_funcs",
}

#: Keys whose values are never accepted, so never written to a run directory: the environment carries them.
SECRET = re.compile(
    r"(^|\.)token$|(hub|hf|auth|access)_token$|(api|access)_?key$|secret$|password$", re.IGNORECASE
)


class Schema:
    """The keys of one command, and the ways to name them.

    Args:
        command: its name.
        parts: in their order: sections of r1's own keys, and leaves of TRL's.
    """

    def __init__(self, command: str, *parts: type[Section] | Iterable[Leaf]) -> None:
        self.command = command
        self.sections = [part for part in parts if isinstance(part, type)]
        leaves = [leaf for part in parts for leaf in (leaves_of(part) if isinstance(part, type) else part)]
        self.leaves = {leaf.path: leaf for leaf in leaves}
        self.groups = {path.partition(".")[0] for path in self.leaves}
        self._flat: dict[str, list[str]] = {}
        for leaf in leaves:
            self._flat.setdefault(leaf.name, []).append(leaf.path)

    def locate(self, key: str, where: str = "") -> str:
        """The canonical path of a key, however it was spelt.

        A path below an object leaf (``data.columns.prompt``, or flat ``columns.prompt``) comes back with its
        group, and one below ``rewards`` (a reward's parameter, ``rewards.cosine.max_len``) as it is.

        Raises:
            R1Error: there is no such key, or several leaves bear the name.
        """
        key = key.replace("-", "_")
        if SECRET.search(key) and key not in self.leaves:
            raise secret_error(key, where)
        paths = self._paths(key)
        if not paths:
            dashes = "--" if where.startswith("flag --") else ""
            raise R1Error(f"unknown key '{key}'", where=where, fix=self._fix_unknown(key, dashes))
        if len(paths) > 1:
            raise R1Error(f"'{key}' could be {' or '.join(paths)}", where=where, fix="write it out")
        return paths[0]

    def section(self, kind: type[AnySection]) -> type[AnySection] | None:
        """This command's section of a kind, which may have more keys; None when it does not have one."""
        return next((section for section in self.sections if issubclass(section, kind)), None)

    def has(self, key: str) -> bool:
        """Whether a key is one of this command's."""
        return len(self._paths(key.replace("-", "_"))) == 1

    def _paths(self, key: str) -> list[str]:
        """What a key can mean: no path, one, or several."""
        if key in self.leaves or self._is_below_open_leaf(key):
            return [key]
        if SHORT_NAMES.get(key) in self.leaves:
            return [SHORT_NAMES[key]]
        if key in self.groups and key in MAIN_LEAVES:
            return [f"{key}.{MAIN_LEAVES[key]}"]
        return self._flat.get(key) or self._below_flat(key)

    def _below_flat(self, key: str) -> list[str]:
        """The paths that a key such as ``columns.prompt`` can mean, which leaves the group out."""
        head, dot, rest = key.partition(".")
        if not dot or head in self.groups:
            return []
        return [f"{path}.{rest}" for path in self._flat.get(head, []) if "object" in self.leaves[path].types]

    def names(self) -> list[str]:
        """What users write for the keys: without their groups, as short flags, or written out."""
        short = [name for name, path in SHORT_NAMES.items() if path in self.leaves]
        return [*self._flat, *short, *self.leaves]

    def is_flat(self, name: str) -> bool:
        """Whether only one leaf bears the name, so that it can be written without its group."""
        return len(self._flat.get(name, ())) == 1

    def _fix_unknown(self, key: str, dashes: str) -> str:
        row = COMMANDS.get(self.command)
        if row is None:
            return did_you_mean(key, self._near(key, dashes), _LISTED, dashes)
        if what_it_is := self._what_else(key):
            return what_it_is
        if meant := what_is_meant(key.rpartition(".")[2], self.has):
            return f"did you mean {dashes}{meant}?"
        other = next((row.name for row in _others(self.command) if schema_of(row).has(key)), "")
        if other:
            return f"`r1 {as_typed(self.command)}` does not use it: it is a key of `r1 {other}`"
        otherwise = _LISTED if row.hidden else f"`r1 config keys {self.command}` lists the keys"
        return did_you_mean(key, self._near(key, dashes), otherwise, dashes)

    def _near(self, key: str, dashes: str) -> list[str]:
        """The names that are like a key: where a leaf has several, the one that is most like it."""
        # A file may have a group, and a flag may not.
        near = get_close_matches(key, self.names() if dashes else [*self.names(), *self.groups])
        return list({tuple(self._paths(name) or [name]): name for name in reversed(near)}.values())

    def _what_else(self, key: str) -> str:
        """What a word is that is not a key, if it is known."""
        if key in ("explain", "json", "dry_run"):
            return f"to look at a config: `r1 config show {self.command} --explain`, or --dry-run --json"
        if key.replace("_", "-") in _OPTIONS:
            return f"it is an option of `r1 {as_typed(self.command)}`, and not a key"
        if key in self.groups:
            return f"it is a group: write {key}.KEY, or in a file its keys below it"
        return ""

    def _is_below_open_leaf(self, key: str) -> bool:
        group, _, rest = key.partition(".")
        if group == "rewards" and "rewards.reward_funcs" in self.leaves:
            return rest.count(".") == 1
        head = key.rpartition(".")[0]
        while head:
            if head in self.leaves:
                return "object" in self.leaves[head].types
            head = head.rpartition(".")[0]
        return False


_LISTED = "`--help` lists the options"
#: Options that are not config keys.
_OPTIONS = ("preset", "profile", "config", "set", "output-dir", "dry-run", "json")


def schema_of(row: Command) -> Schema:
    """The schema of a command's config."""
    schema: Schema = load(row.schema)()
    return schema


def _others(command: str) -> Iterator[Command]:
    return (row for row in visible_commands() if row.name != command)


def is_for_another(schema: Schema, key: str) -> bool:
    """Whether another command has this key and this one has not: a variable is set for all of them."""
    key = todays_name(key)
    return not schema.has(key) and any(schema_of(row).has(key) for row in _others(schema.command))


def secret_error(key: str, where: str) -> R1Error:
    """The refusal of a secret; it names the key and never the value."""
    return R1Error(
        f"'{key}' is a secret, and secrets are never written to a run directory",
        where=where,
        fix="set it in the environment instead, as HF_TOKEN or WANDB_API_KEY",
    )
