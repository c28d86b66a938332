"""Commands that take config keys as options: how `main` reads their words, and what ``--help`` shows."""

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import typer
from typer.models import OptionInfo

from r1cli.cli.own_values import option_names, read_own
from r1cli.commands import HELP, Command, find_command, named_commands, visible_commands

# What reads configs is imported only where a command line is more than a question for help.
if TYPE_CHECKING:
    from r1cli.config.arguments import OwnOption, Parsed, Rules
    from r1cli.config.leaf import Leaf
    from r1cli.config.schema import Schema
    from r1cli.config.settings import Setting

    Options = Mapping[str, OwnOption]

#: Help of the keys that several commands show; of others it is the schema's.
_HELP = {
    "model": "A Hub id or a model folder.",
    "dataset": "A Hub id, a file or folder (jsonl, json, csv, parquet), or reasoning_gym:TASK.",
    "reward": "Rewards and weights, as accuracy,format:0.5.",
    "gpus": "How many GPUs, or their ids as 0,3. Default: all visible.",
    "output_dir": "The run directory. Default: runs/<command>-<model or preset>-<time>.",
    "offline": "No network access; missing files are listed.",
}
#: The words for their values, where it is not any text; empty for a switch.
_VALUES = {"gpus": "LIST", "output_dir": "PATH", "offline": "", "reward": "LIST"}
#: The words for values of JSON types.
_TYPES = {"integer": "INTEGER", "number": "NUMBER", "string": "TEXT", "array": "LIST", "object": "MAPPING"}


@dataclass(frozen=True)
class Keys:
    """The keys of a command line.

    Args:
        settings: as they were written.
        words: what stands alone after the command that the words name, where they name one.
        notes: what the user should know of the reading.
    """

    settings: "tuple[Setting, ...]"
    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reader:
    """Reads the words of a command that takes keys.

    Args:
        read: from a command's own options, and the words after its name, to those that Typer gets, and the
            keys.
        schemas: whose keys it reads; those of every command where a word names it.
        names_command: a word names the command whose keys they are.
    """

    read: Callable[["Options", Sequence[str]], tuple[list[str], Keys]]
    schemas: Callable[[], "Sequence[Schema]"]
    names_command: bool = False


def of_schemas(
    find: Callable[[], "Sequence[Schema]"], *, standalone: int = 0, needs_word: bool = False
) -> Reader:
    """Reads the keys of some schemas.

    Args:
        find: the schemas: one, or several where the words do not say which command it is.
        standalone: how many words without dashes stand for something, at most.
        needs_word: whether there must be one.
    """

    def read(options: "Options", words: Sequence[str]) -> tuple[list[str], Keys]:
        from r1cli.config.arguments import Rules, parse, unknown_key

        schemas = tuple(find())
        parsed = parse(words, Rules(schemas, options, standalone))
        # A key that nobody knows may have taken the word for its value.
        unknown = unknown_key(parsed, schemas) if needs_word and not parsed.words else None
        if unknown:
            raise unknown
        return [*parsed.words, *parsed.options], _keys(parsed)

    return Reader(read, find)


def of_command(name: str) -> Reader:
    """Reads the keys of a command of the registry."""

    def find() -> "Sequence[Schema]":
        from r1cli.config.schema import schema_of

        return [schema_of(find_command(name, hidden=True))]

    return of_schemas(find, standalone=_standalone(find_command(name, hidden=True)))


def _standalone(row: Command) -> int:
    """How many words without dashes a command takes, at most."""
    if row.positional is None:
        return 0
    return sys.maxsize if row.positional.many else 1


def of_every_command() -> "list[Schema]":
    """The schemas of all commands that users call by their names."""
    from r1cli.config.schema import schema_of

    return [schema_of(row) for row in visible_commands()]


def _read_named_command(options: "Options", words: Sequence[str]) -> tuple[list[str], Keys]:
    """Reads a command that is named among the words, and its keys."""
    from r1cli.config.arguments import Rules, parse_command
    from r1cli.config.schema import schema_of

    def rules_of(row: Command) -> "Rules":
        return Rules((schema_of(row),), options, _standalone(row))

    commands = named_commands()
    name, parsed = parse_command(_joined(words, commands), commands, rules_of)
    return [name, *parsed.options], _keys(parsed, tuple(parsed.words))


#: Reads the keys of a command that is named among the words.
of_named_command = Reader(_read_named_command, of_every_command, names_command=True)


def _joined(words: Sequence[str], commands: Mapping[str, Command]) -> list[str]:
    """The words with the name of a subcommand as one of them."""
    joined: list[str] = []
    for word in words:
        name = f"{joined[-1]} {word}" if joined else ""
        if name in commands:
            joined[-1] = name
        else:
            joined.append(word)
    return joined


def _keys(parsed: "Parsed", words: tuple[str, ...] = ()) -> Keys:
    return Keys(tuple(parsed.settings), words, tuple(parsed.notes))


def takes_keys(
    read: Reader, shown: Sequence[str] = (), row: Command | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a Typer command of a function whose first parameter is the `Keys` of its command line.

    Args:
        read: how its words are read.
        shown: the keys that ``--help`` lists. They are never Typer's to parse.
        row: of the command whose help they have, where they have no shorter one.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function).parameters.values())[1:]

        def command(context: typer.Context, **given: Any) -> None:
            function(context.obj, **{parameter.name: given[parameter.name] for parameter in own})

        listed = [_listed(key, row) for key in shown]
        parameters = [
            inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
            *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own),
            *(parameter for parameter in listed if parameter.name not in {each.name for each in own}),
        ]
        command.__name__, command.__doc__ = function.__name__, function.__doc__
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        command.reader, command.shown = read, tuple(shown)  # type: ignore[attr-defined]
        command.read_words = lambda words: read.read(_own_options(own), words)  # type: ignore[attr-defined]
        command.without_typer = partial(_without_typer, function, own)  # type: ignore[attr-defined]
        return command

    return decorate


def read_words(command: object, words: Sequence[str]) -> tuple[list[str], Keys | None]:
    """The words that are left to Typer, and the keys among the others; help is Typer's alone.

    Raises:
        R1Error: a word can be read in no way, or in two.
    """
    read = getattr(command, "read_words", None)
    if read is None:
        return list(words), None
    if any(word in HELP for word in words):
        return [HELP[1]], None
    left, keys = read(words)
    return left, keys


def quick_call(command: Callable[..., Any], words: Sequence[str], keys: Keys | None) -> Callable[..., Any]:
    """A call of a command without parameters, if what is left of its words is simple; else the command."""
    without_typer = getattr(command, "without_typer", None)
    return (without_typer(words, keys) if without_typer and keys else None) or command


def _without_typer(
    function: Callable[..., None], own: Sequence[inspect.Parameter], words: Sequence[str], keys: Keys
) -> Callable[[], None] | None:
    values = read_own(own, words)
    return None if values is None else lambda: function(keys, **values)


def _own_options(parameters: Sequence[inspect.Parameter]) -> "dict[str, OwnOption]":
    """A function's own options, by their names."""
    from r1cli.config.arguments import OwnOption

    options: dict[str, OwnOption] = {}
    for parameter in parameters:
        base, *metadata = get_args(parameter.annotation) or (parameter.annotation,)
        info = next((each for each in metadata if isinstance(each, OptionInfo)), None)
        if info is not None:
            kinds = (base, *get_args(base))
            option = OwnOption(bool not in kinds, any(get_origin(kind) is list for kind in kinds))
            options |= dict.fromkeys(option_names(parameter, info), option)
    return options


def _listed(key: str, row: Command | None) -> inspect.Parameter:
    """A parameter that only shows a key in ``--help``."""
    leaf = _leaf_of(key, row) if row and key not in _HELP else None
    help = _help_of(leaf) if leaf else _HELP.get(key)
    value = _value_of(leaf) if leaf else _VALUES.get(key, "TEXT")
    option = typer.Option(f"--{key.replace('_', '-')}", help=help, metavar=value)
    kind: Any = str | None if value else bool | None
    return inspect.Parameter(
        key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


def _leaf_of(key: str, row: Command) -> "Leaf":
    from r1cli.config.schema import schema_of

    schema = schema_of(row)
    return schema.leaves[schema.locate(key)]


def _value_of(leaf: "Leaf") -> str:
    """The word for a key's value; empty for a switch."""
    # A number takes integers, and a list may be written as a text.
    wider = {"integer": "number", "string": "array"}
    kinds = [kind for kind in leaf.types if wider.get(kind) not in leaf.types]
    return "|".join(_TYPES[kind] for kind in kinds if kind in _TYPES)


def _help_of(leaf: "Leaf") -> str:
    default = leaf.unset if leaf.default in (None, [], {}) else leaf.default
    # A name such as vLLM begins a sentence as it is.
    begins = leaf.help[:1] if leaf.help[1:2].isupper() else leaf.help[:1].upper()
    return f"{begins}{leaf.help[1:]}." + (
        f" Default: {default}." if default != "" and default is not False else ""
    )
