"""A command line, parsed once: the keys of a schema are taken out of its words.

The rules: where a word can stand alone, a switch takes the next word only if that is true or false, and a
list takes one word, as ``a,b``; elsewhere a list takes several. A repeated list grows; of any other key that
is repeated the last value counts. Any other key takes the next word that is not an option. Where two readings
remain, the error shows both.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import Enum
from typing import NamedTuple

from r1cli.commands import HELP, Command
from r1cli.config.leaf import Leaf
from r1cli.config.said import SBATCH, is_said
from r1cli.config.schema import SECRET, Schema
from r1cli.config.settings import FLAGS, Setting
from r1cli.config.translate import find_alias
from r1cli.config.values import check_value, split_list
from r1cli.errors import R1Error, did_you_mean

_ROWS = (".jsonl", ".json", ".parquet", ".csv", ".tsv")
_BOOLEANS = ("true", "false")
_NUMBER = re.compile(r"-\.?\d")
#: A hyphen, and what text editors make of one or two.
_DASHES = "-\u2013\u2014\u2212"


class Kind(Enum):
    """What follows a key."""

    SWITCH = "true or false, or nothing"
    SWITCH_OR_VALUE = "a value, or nothing"
    LIST = "one word or several"
    VALUE = "one word"


class OwnOption(NamedTuple):
    """An option that is not a key."""

    takes_value: bool = False
    may_repeat: bool = False


#: As many words as there are.
ANY_NUMBER = sys.maxsize


@dataclass(frozen=True)
class Rules:
    """How the words of a command are read.

    Args:
        schemas: whose keys are options: one schema, or several where the command is not known yet.
        options: the command's own options.
        standalone: how many words without dashes stand for something, at most.
    """

    schemas: tuple[Schema, ...]
    options: Mapping[str, "OwnOption"]
    standalone: int = 0


@dataclass
class Parsed:
    """A command line, taken apart.

    Args:
        words: those that stand alone, in their order.
        options: the command's own options with their values.
        settings: the keys.
        notes: what the user should know of the reading, a sentence each.
    """

    words: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def parse(words: Sequence[str], rules: Rules) -> Parsed:
    """Takes a command line apart.

    Raises:
        R1Error: a word is neither an option nor a value, or can be read in two ways.
    """
    parsed = _Parser(words, rules).parse()
    _refuse_slips(parsed, rules)
    if len(parsed.words) > rules.standalone:
        raise _unexpected(parsed.words[rules.standalone])
    return parsed


def parse_command(
    words: Sequence[str], commands: Mapping[str, Command], rules_of: Callable[[Command], Rules]
) -> tuple[str, Parsed]:
    """Takes apart a command line in which one word names a command, as ``submit --nodes 2 NAME``.

    It is the first word that names one and is not an option's value. Words that stand alone come after it.

    Args:
        words: after ``submit``.
        commands: those that may be named.
        rules_of: how the words are read when this command is named.

    Raises:
        R1Error: no word names a command, or several readings remain.
    """
    readings: list[tuple[str, Parsed]] = []
    for place, word in enumerate(words):
        if word not in commands:
            continue
        parser = _Parser(words, rules_of(commands[word]), command_at=place)
        parsed = parser.parse()
        is_first = parser.found_command and parsed.words[0] == word
        if not is_first or len(parsed.words) - 1 > parser.rules.standalone:
            continue
        parsed.words = parsed.words[1:]
        readings.append((word, parsed))
        if not parser.cut_a_list:
            # It is not an option's value in any reading: the words after it do not matter.
            break
    if len(readings) > 1:
        raise R1Error(
            "this can be read in two ways: " + " or ".join(f"`{_as_line(*reading)}`" for reading in readings),
            where="command line",
            fix="name the command first, and write lists as a,b",
        )
    if not readings:
        raise _no_command(words, commands, rules_of)
    name, parsed = readings[0]
    _refuse_slips(parsed, rules_of(commands[name]))
    return name, parsed


def _no_command(
    words: Sequence[str], commands: Mapping[str, Command], rules_of: Callable[[Command], Rules]
) -> R1Error:
    """Why no word names the command: there is none, or the words around it fit no command."""
    every = [rules_of(row) for row in commands.values()]
    schemas = tuple(schema for rules in every for schema in rules.schemas)
    parsed = _Parser(words, replace(every[0], schemas=schemas, standalone=ANY_NUMBER)).parse()
    unknown = unknown_key(parsed, schemas)
    if unknown:
        # It may have taken the command's name for its value.
        return unknown
    alone = [*parsed.words, ""]
    known = f"the commands are {', '.join(commands)}"
    if alone[0] in commands:
        what = f"`{alone[0]}` does not take these words"
        return _unexpected(alone[1]) if alone[1] else R1Error(what, where="command line", fix=known)
    if alone[0]:
        fix = did_you_mean(alone[0], commands, known)
        return R1Error(f"unknown command '{alone[0]}'", where="command line", fix=fix)
    return R1Error("no word names the command", where="command line", fix=known)


def unknown_key(parsed: Parsed, schemas: Sequence[Schema]) -> R1Error | None:
    """The refusal of the first key that no schema knows; None when all are known."""
    for setting in parsed.settings:
        key = setting.key.replace("-", "_")
        if not _is_key(key, schemas):
            try:
                schemas[0].locate(key, setting.origin)
            except R1Error as error:
                return error
    return None


def _refuse_slips(parsed: Parsed, rules: Rules) -> None:
    """Refuses an unknown option that is more like one of the command's own than like any key."""
    for setting in parsed.settings:
        word, key = setting.key.replace("_", "-"), setting.key.replace("-", "_")
        is_option = setting.origin == f"flag --{setting.key}"
        if not is_option or is_said(key) or SECRET.search(key) or _is_key(key, rules.schemas):
            continue
        own = {option.lstrip("-"): option for option in rules.options}
        keys = [name.replace("_", "-") for schema in rules.schemas for name in schema.names()]
        near = get_close_matches(word, [*own, *keys], n=1, cutoff=0.7)
        if near and near[0] in own:
            fix = f"did you mean {own[near[0]]}?"
            raise R1Error(f"unknown option '--{word}'", where="command line", fix=fix)


def _is_key(key: str, schemas: Sequence[Schema]) -> bool:
    return any(schema.has(key) or find_alias(key, schema.has) for schema in schemas)


def _as_line(name: str, parsed: Parsed) -> str:
    """A reading, written so that there is no other."""
    keys = [f"--{setting.key}={_shown(setting.value)}" for setting in parsed.settings]
    return " ".join([name, *parsed.words, *keys])


def kind_of(key: str, schemas: Sequence[Schema]) -> Kind:
    """What follows a key on a command line; of a key that nobody knows, one word."""
    kinds = {kind for schema in schemas if (kind := _kind_in(key, schema))}
    if len(kinds) > 1:
        return Kind.SWITCH_OR_VALUE if Kind.SWITCH in kinds else Kind.VALUE
    return kinds.pop() if kinds else Kind.VALUE


def _kind_in(key: str, schema: Schema) -> Kind | None:
    alias = find_alias(key, schema.has)
    if alias and alias.is_switch:
        return Kind.SWITCH
    leaf = _leaf(alias.to if alias else key, schema)
    if leaf is None:
        return Kind.VALUE if schema.has(key) else None
    types = set(leaf.types) - {"null"}
    if "boolean" in types:
        return Kind.SWITCH if types == {"boolean"} else Kind.SWITCH_OR_VALUE
    return Kind.LIST if "array" in types else Kind.VALUE


def _leaf(key: str, schema: Schema) -> Leaf | None:
    return schema.leaves.get(schema.locate(key)) if key and schema.has(key) else None


class _Parser:
    """One reading of a command line.

    ``command_at`` is the place of the word that names the command: no list extends past it.
    """

    def __init__(self, words: Sequence[str], rules: Rules, command_at: int = -1) -> None:
        self.words, self.rules, self.command_at = words, rules, command_at
        self.place = 0
        self.parsed = Parsed()
        self.found_command = self.cut_a_list = False
        self._lists: dict[str, int] = {}
        self._single: dict[str, int] = {}
        self._own: dict[str, int] = {}

    def parse(self) -> Parsed:
        while self.place < len(self.words):
            word = self.words[self.place]
            at_command = self.place == self.command_at
            self.place += 1
            if at_command:
                self.found_command = True
                self.parsed.words.append(word)
            elif word == "--" or (
                word.startswith("-") and not self._is_option(word) and not _NUMBER.match(word)
            ):
                raise _unexpected(word)
            elif self._is_option(word):
                self._option(word)
            else:
                self.parsed.words.append(word)
        return self.parsed

    def _is_option(self, word: str) -> bool:
        """A short one is the command's own, as ``-v``."""
        return word.startswith("--") or word in HELP or word in self.rules.options

    def _option(self, word: str) -> None:
        name, equals, text = word.partition("=")
        option = name.replace("_", "-")
        if option in self.rules.options:
            self._own_option(option, text if equals else None)
            return
        key = name[2:].replace("-", "_")
        kind = kind_of(key, self.rules.schemas)
        values = [self._whole(text)] if equals else list(self._values(key, kind))
        self._set(name[2:], key, kind, values, f"flag --{name[2:]}")

    def _own_option(self, option: str, text: str | None) -> None:
        """An option that is not a key is left to the command, but for ``--set KEY=VALUE``."""
        known = self.rules.options[option]
        if known.takes_value and text is None:
            if self._next() is None:
                raise R1Error(f"'{option}' has no value", where="command line", fix=f"{option} VALUE")
            text = self._take()
        if option == "--set":
            key, equals, value = self._whole(text or "").partition("=")
            if not equals:
                raise R1Error(f"'{key}' has no value", where="flag --set", fix=f"write --set {key}=VALUE")
            name = key.replace("-", "_")
            self._set(key, name, kind_of(name, self.rules.schemas), [value], f"flag --set {key}")
            return
        words = [option] if text is None else [option, text]
        if option in self._own and not known.may_repeat and known.takes_value:
            earlier = self._own[option]
            if self.parsed.options[earlier : earlier + 2] != words:
                self.parsed.notes.append(f"{option} is given twice: {text} counts")
            self.parsed.options[earlier : earlier + 2] = words
            return
        self._own[option] = len(self.parsed.options)
        self.parsed.options += words

    def _values(self, key: str, kind: Kind) -> Iterator[str]:
        """The words after a key that belong to it."""
        following = self._next()
        if following is None:
            return
        if kind is Kind.SWITCH and following.lower() not in _BOOLEANS and self._may_stand_alone():
            return
        if kind is Kind.SWITCH_OR_VALUE and self._is_bare(key, following):
            return
        yield self._whole(self._take())
        if kind is Kind.LIST and not self.rules.standalone:
            while self._next() is not None and self.place != self.command_at:
                yield self._whole(self._take())
            self.cut_a_list = self.cut_a_list or self.place == self.command_at

    def _may_stand_alone(self) -> bool:
        """Whether the next word may be more than a value; else a wrong value is best reported as one."""
        return self.rules.standalone > 0 or self.place <= self.command_at

    def _is_bare(self, key: str, following: str) -> bool:
        """Whether a key that may stand alone does so, and the next word stands alone as well.

        Raises:
            R1Error: both readings are possible.
        """
        if self.place == self.command_at:
            return True
        if not self.rules.standalone or following.lower() in _BOOLEANS:
            return False
        leaves = [leaf for schema in self.rules.schemas if (leaf := _leaf(key, schema))]
        if not any(_fits(leaf, following) for leaf in leaves):
            return True
        raise R1Error(
            f"'--{key} {following}' can be read in two ways: {key} is {following}, or {key} is true and "
            f"'{following}' stands alone",
            where="command line",
            fix=f"write --{key}={following}, or --{key}=true {following}",
        )

    def _set(self, written: str, key: str, kind: Kind, words: list[str], origin: str) -> None:
        """Adds to a list that was begun; of any other key, the last value counts."""
        value: object = True if not words else words[0] if len(words) == 1 else _items(words)
        setting = Setting(written, value, origin, FLAGS)
        settings, path = self.parsed.settings, self._path(key)
        grows = kind is Kind.LIST and not self._may_be_a_number(key)
        before = settings[self._lists[path]] if grows and path in self._lists else None
        if before is not None and words and before.value is not True:
            earlier = before.value if isinstance(before.value, list) else split_list(str(before.value))
            later = _items(words)
            added = {f"[{len(earlier) + number}]": origin for number in range(len(later))}
            settings[self._lists[path]] = replace(
                before, value=[*earlier, *later], items={**before.items, **added}
            )
        elif key in self._single:
            earlier = settings[self._single[key]].value
            settings[self._single[key]] = setting
            if earlier != value:
                self.parsed.notes.append(f"--{written} is given twice: {_shown(value)} counts")
        else:
            places = self._lists if grows else self._single
            places[path if grows else key] = len(settings)
            settings.append(setting)

    def _may_be_a_number(self, key: str) -> bool:
        """Whether one value of a list key is a separate value: ``--gpus 2`` is a number of GPUs."""
        leaves = [leaf for schema in self.rules.schemas if (leaf := _leaf(key, schema))]
        return any({"integer", "number"} & set(leaf.types) for leaf in leaves)

    def _path(self, key: str) -> str:
        return next((schema.locate(key) for schema in self.rules.schemas if schema.has(key)), key)

    def _next(self) -> str | None:
        """The next word, unless it is an option."""
        word = self.words[self.place] if self.place < len(self.words) else HELP[0]
        return None if self._is_option(word) else word

    def _take(self) -> str:
        self.place += 1
        return self.words[self.place - 1]

    def _whole(self, text: str) -> str:
        """A value with the rest of a list that the shell has cut at its blanks: ``[a, b]`` comes as two."""
        if not re.match(r"(\[|[^\s\[\]=]+=\[)", text) or text.endswith("]"):
            return text
        for end in range(self.place, len(self.words)):
            if self._is_option(self.words[end]) or end == self.command_at:
                return text
            if self.words[end].endswith("]"):
                whole = " ".join([text, *self.words[self.place : end + 1]])
                self.place = end + 1
                return whole
        return text


def _items(words: Sequence[str]) -> list[object]:
    return [item for word in words for item in split_list(word)]


def _fits(leaf: Leaf, word: str) -> bool:
    try:
        check_value(leaf, word, "")
    except R1Error:
        return False
    return True


def _shown(value: object) -> str:
    return "true" if value is True else ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _unexpected(word: str) -> R1Error:
    # Few commands read a preset.
    from r1cli.config.presets import preset_paths

    fix = "options are written --key value or --key=value; a list is a,b or [a, b]"
    if word.endswith((".yaml", ".yml")):
        fix = f"a config file needs its option: --config {word}"
    elif word.removesuffix(".gz").endswith(_ROWS):
        fix = f"a file of rows needs its option: --dataset {word}"
    elif word in preset_paths():
        fix = f"a preset needs its option: --preset {word}"
    elif word.startswith(tuple(_DASHES)) and (name := word.lstrip(_DASHES)):
        fix = f"options begin with two hyphens: --{name}"
        if name[0] in SBATCH and not name[1:].strip("0123456789"):
            fix = f"sbatch's -{name[0]} is --{SBATCH[name[0]]} here"
    return R1Error(f"unexpected argument '{word}'", where="command line", fix=fix)
