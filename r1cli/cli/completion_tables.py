"""What the shells' completions know: tables of lines, made of the registry, the schemas and the plugins.

A node is a command, or a group with a subcommand. The tables:

- ``commands``, ``commands GROUP``: names; ``default GROUP``: the subcommand that its name alone means.
- ``options NODE``, ``keys SCHEMA``, ``paths SCHEMA``: in each line an option and the kind of its value; paths
  are the keys written out.
- ``keys of NODE``: its schema; ``named NODE``: a word names the command whose keys it takes.
- ``words NODE``: the kinds of what stands alone; ``values KIND``: the values of a kind.

A kind is ``-`` for a switch, ``any`` for what cannot be listed, ``file``, ``dir`` or ``run`` for what the
shell lists itself, else a table's; ``reward,`` for several with commas, ``file+run`` for either.
"""

import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin

import typer
from typer.models import ArgumentInfo, OptionInfo

from r1cli.cli.own_values import option_names
from r1cli.commands import COMMANDS, visible_commands
from r1cli.config.leaf import Leaf
from r1cli.config.schema import SHORT_NAMES, Schema, schema_of
from r1cli.errors import R1Error

SHELLS = ("bash", "zsh", "fish")
#: The commands that presets are for.
_OF_PRESETS = tuple(row.name for row in visible_commands() if row.default_preset)

Tables = dict[str, tuple[str, ...]]

#: The kinds of keys, and of options by their parameters' names, whose types do not say them.
_KINDS_OF_KEYS = {
    # A name without a folder is one of the Hub.
    "model.model_name_or_path": "file",
    "data.dataset_name": "file+run",
    "data.dataset_mixture": "file",
    "rewards.reward_funcs": "reward,",
    "callbacks.names": "callback,",
    "evaluate.benchmarks": "benchmark,",
    "code.provider": "provider",
    "launch.accelerate": "accelerate+file",
    "training.output_dir": "dir",
    "pass_rate.measurements": "run",
}
_KINDS_OF_OPTIONS = {
    "preset": "preset", "profile": "profile", "reward": "reward", "provider": "provider", "trained": "run",
    "language": "language", "to": "dir", "directory": "dir", "output_dir": "dir",
    "write": "dir",
}  # fmt: skip
_KINDS_OF_WORDS = {
    "command": "command", "benchmarks": "benchmark+run", "words": "run+dir", "shell": "shell",
    "run": "run", "runs": "run", "a": "run", "b": "run", "measurements": "run", "directory": "run",
    "directories": "run", "folder": "dir", "file": "file", "dataset": "file+run",
    "what": "preset+benchmark+file",
}  # fmt: skip
#: What the argument NAME of a group's subcommands stands for.
_KINDS_OF_NAMES = {"presets": "recipe", "reward": "reward", "engine": "engine"}


def tables(summaries: Sequence[str], load: Callable[[str], Any]) -> Tables:
    """All of them.

    Args:
        summaries: the names of the commands.
        load: from a command's name to its function, or to the Typer of its subcommands.
    """
    made: Tables = {"commands": tuple(summaries), "options": ("--version -", "--debug -", "--help -")}
    choices: Tables = {}
    schemas: dict[str, list[Schema]] = {}
    for name in summaries:
        command = load(name)
        if not isinstance(command, typer.Typer):
            made |= _node(name, command, schemas)
            continue
        subcommands = {
            info.name or info.callback.__name__: info.callback
            for info in command.registered_commands
            if info.callback and not info.hidden
        }
        made[f"commands {name}"] = tuple(subcommands)
        default = getattr(import_module(f"r1cli.cli.{name.replace('-', '_')}"), "DEFAULT_COMMAND", "")
        if default:
            made[f"default {name}"] = (default,)
        for subcommand, function in subcommands.items():
            made |= _node(f"{name} {subcommand}", function, schemas)
    for row in visible_commands():
        schemas.setdefault(row.name, [])
        words = {"evaluate.benchmarks": "benchmark+run", "model.model_name_or_path": "run+dir"}
        if row.positional:
            made[f"words {row.name}"] = (words.get(row.positional.key, "any"),)
    for name, found in schemas.items():
        made |= _keys(name, found, choices)
    made |= choices | _values()
    # A third-party name may be anything, and a table has a line for each.
    return {name: tuple(line for line in table if line.isprintable()) for name, table in made.items()}


def _node(node: str, function: Any, schemas: dict[str, list[Schema]]) -> Tables:
    """The tables of one command. Its schemas are added to the others, under the name of its keys' table."""
    parameters = [each for each in inspect.signature(function).parameters.values() if each.name != "context"]
    reader = getattr(function, "reader", None)
    # Of the keys that help shows, those of a command that is named are known only when it is.
    shown = () if reader is None or reader.names_command else function.shown
    options = [line for each in parameters if each.name not in shown for line in _option_lines(node, each)]
    kinds = [_kind_of_word(node, each) for each in parameters if _info(each, ArgumentInfo)]
    made: Tables = {f"options {node}": (*options, "--help -")}
    if kinds:
        made[f"words {node}"] = ("+".join(dict.fromkeys("+".join(kinds).split("+"))),)
    if reader is None:
        return made
    if reader.names_command:
        return {**made, f"named {node}": ("yes",)}
    found = list(reader.schemas())
    row = COMMANDS.get(found[0].command) if len(found) == 1 else None
    name = row.name if row and schema_of(row).leaves.keys() == found[0].leaves.keys() else node
    schemas[name] = found
    return {**made, f"keys of {node}": (name,)}


def _info(parameter: inspect.Parameter, kind: type[Any]) -> Any:
    return next((each for each in get_args(parameter.annotation)[1:] if isinstance(each, kind)), None)


def _types(parameter: inspect.Parameter) -> set[Any]:
    base = (get_args(parameter.annotation) or (parameter.annotation,))[0]
    kinds = {base, *get_args(base)}
    return kinds | {item for kind in kinds if get_origin(kind) is list for item in get_args(kind)}


def _option_lines(node: str, parameter: inspect.Parameter) -> Iterator[str]:
    info = _info(parameter, OptionInfo)
    if info is None or info.hidden:
        return
    kinds = _types(parameter)
    by_type = "-" if bool in kinds else "file" if Path in kinds else "any"
    kind = by_type if by_type == "-" else _KINDS_OF_OPTIONS.get(parameter.name, by_type)
    if kind == "preset" and node in _OF_PRESETS:
        kind = f"preset-{node}"
    for name in option_names(parameter, info):
        yield from (f"{one} {kind}" for one in name.split("/"))


def _kind_of_word(node: str, parameter: inspect.Parameter) -> str:
    if parameter.name == "name":
        return _KINDS_OF_NAMES.get(node.partition(" ")[0], "any")
    return _KINDS_OF_WORDS.get(parameter.name, "file" if Path in _types(parameter) else "any")


def _keys(name: str, schemas: Sequence[Schema], choices: Tables) -> Tables:
    """The keys of some schemas; the ones that ``--help`` shows are written as there."""
    row = COMMANDS.get(name)
    if not schemas and row:
        schemas = [schema_of(row)]
    shown = row.options if row else ()
    short: dict[str, str] = {}
    long: dict[str, str] = {}
    for schema in schemas:
        for path, leaf in schema.leaves.items():
            kind = _kind_of_key(leaf, choices)
            long[path] = kind
            flat = leaf.name if schema.is_flat(leaf.name) else path
            short[flat.replace("_", "-") if flat in shown else flat] = kind
        short |= {one: long[path] for one, path in SHORT_NAMES.items() if path in schema.leaves}
        if "rewards.reward_funcs" in schema.leaves:
            long |= dict.fromkeys(_parameters_of_rewards(), "any")
    return {
        f"keys {name}": tuple(f"--{key} {kind}" for key, kind in short.items()),
        f"paths {name}": tuple(f"--{key} {kind}" for key, kind in long.items()),
    }


def _parameters_of_rewards() -> tuple[str, ...]:
    """The keys of the parameters of every reward that can be loaded here."""
    from r1cli.plugins.kinds import REWARD
    from r1cli.plugins.registry import all_offers, parameter_group

    keys = []
    for name, offers in all_offers(REWARD).items():
        # The packages of a reward may be missing, and a third-party function may have no signature.
        with suppress(R1Error, TypeError, ValueError):
            parameters = [parameter for _, reward in offers for parameter in reward.parameters()]
            keys += [f"rewards.{parameter_group(name)}.{parameter}" for parameter in parameters]
    return tuple(keys)


def _kind_of_key(leaf: Leaf, choices: Tables) -> str:
    """The kind of a key's value; a table of its choices is added to the others."""
    if leaf.path in _KINDS_OF_KEYS:
        return _KINDS_OF_KEYS[leaf.path]
    if leaf.choices:
        values = tuple(str(each) for each in leaf.choices)
        known = next((name for name, table in choices.items() if table == values), "")
        name = known or f"values choice{len(choices) + 1}"
        choices[name] = values
        return name.removeprefix("values ")
    return "bool" if "boolean" in leaf.types else "any"


def _values() -> Tables:
    from r1cli.config.presets import ACCELERATE, accelerate_presets, all_presets
    from r1cli.config.profiles import BUILT_IN, NO_PROFILE
    from r1cli.engines.locate import ENGINES
    from r1cli.evaluate.benchmarks import benchmark_names
    from r1cli.execution.languages import LANGUAGES
    from r1cli.plugins.kinds import CALLBACK, CODE_PROVIDER, REWARD
    from r1cli.plugins.registry import all_offers

    recipes = all_presets()
    return {
        "values accelerate": tuple(accelerate_presets()),
        "values benchmark": tuple(benchmark_names()),
        "values bool": (json.dumps(True), json.dumps(False)),
        "values callback": tuple(all_offers(CALLBACK)),
        "values command": tuple(row.name for row in visible_commands()),
        "values engine": tuple(ENGINES),
        "values language": tuple(language.name for language in LANGUAGES),
        "values preset": tuple(each.name for each in recipes if each.kind != ACCELERATE),
        **{
            f"values preset-{kind}": tuple(each.name for each in recipes if each.kind == kind)
            for kind in _OF_PRESETS
        },
        "values profile": (*BUILT_IN, NO_PROFILE),
        "values provider": tuple(all_offers(CODE_PROVIDER)),
        "values recipe": tuple(each.name for each in recipes),
        "values reward": tuple(all_offers(REWARD)),
        "values shell": SHELLS,
    }
