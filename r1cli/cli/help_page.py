"""How a command explains itself: paragraphs that wrap once, types of values, and examples at the end."""

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import typer
from typer.models import ArgumentInfo, OptionInfo

from r1cli.cli.examples import EXAMPLES
from r1cli.commands import COMMANDS

#: What stands for the value of an option of a type.
_VALUES = {str: "TEXT", int: "INTEGER", float: "NUMBER", Path: "PATH"}
#: Characters of a line on the narrowest terminal on which no line is broken.
_WIDTH = 78
#: Examples on the page of a group: one for each of its first subcommands.
_OF_A_GROUP = 3


def _show_help(context: typer.Context, is_asked: bool) -> None:
    if is_asked:
        if text := context.get_help():  # empty where Typer has printed it
            typer.echo(text)
        raise typer.Exit


#: Typer's own has a type, although it takes no value.
Help = Annotated[
    bool,
    typer.Option(
        "--help", "-h", help="Show this message and exit.", metavar="", is_eager=True, callback=_show_help
    ),
]
_HELP_OPTION = "show_help"


def only_help(show_help: Help = False) -> None:
    """What a group itself can be asked."""


def examples_of(name: str) -> tuple[str, ...]:
    """The examples of a command, or of a subcommand with its group's name."""
    row = COMMANDS.get(name) or COMMANDS.get(name.partition(" ")[2])
    return EXAMPLES.get(name) or (row.examples if row else ())


def examples_of_group(name: str, group: typer.Typer) -> list[str]:
    """One example for each of the first subcommands of a group."""
    lines = [examples_of(f"{name} {one}")[:1] for one in summaries_of(group)]
    return [line for found in lines for line in found][:_OF_A_GROUP]


def summaries_of(group: typer.Typer) -> dict[str, str]:
    """The first line about each subcommand."""
    found = {}
    for info in group.registered_commands:
        if info.callback and not info.hidden:
            name = info.name or info.callback.__name__
            found[name] = inspect.cleandoc(info.callback.__doc__ or "").partition("\n")[0]
    return found


def of_text(text: str) -> str:
    """A docstring as Typer takes it: a paragraph on each line, without markup."""
    return _without_markup(_unwrapped(text))


def epilog_of(lines: Sequence[str], others: Mapping[str, str] | None = None) -> str:
    """The end of a page: examples, and lines about other commands, as Typer takes them."""
    parts = [("Examples:", *lines)] if lines else []
    if others:
        width = max(map(len, others))
        lines = [f"{name:<{width}}  {summary}" for name, summary in others.items()]
        # A line for each: the page of the other command has all of it.
        parts.append(("Also:", *(one if len(one) <= _WIDTH else f"{one[: _WIDTH - 3]}..." for one in lines)))
    return _without_markup("\n\n".join("\n".join(part) for part in parts))


def _unwrapped(text: str) -> str:
    """A docstring with each paragraph on one line, which the terminal wraps; what is indented stays."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(one if "\n " in f"\n{one}" else " ".join(one.split()) for one in paragraphs)


def _without_markup(text: str) -> str:
    """A text in which Typer finds no markup."""
    from rich.markup import escape

    return escape(text)


def with_types(command: Callable[..., Any], is_shown: bool = False) -> Callable[..., Any]:
    """The command with a word for the value of each option, none for switches, and the option ``--help``.

    Args:
        command: as Typer takes it.
        is_shown: only its page is shown: ranges become words, which leave more room for names.
    """
    signature = inspect.signature(command)
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        _with_type(parameter, is_shown).replace(kind=kind) for parameter in signature.parameters.values()
    ]
    parameters.append(inspect.Parameter(_HELP_OPTION, kind, default=False, annotation=Help))

    def explained(**values: Any) -> Any:
        values.pop(_HELP_OPTION)
        return command(**values)

    explained.__name__ = getattr(command, "__name__", "")
    explained.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    explained.__annotations__ = {each.name: each.annotation for each in parameters}
    return explained


def _with_type(parameter: inspect.Parameter, is_shown: bool) -> inspect.Parameter:
    base, *metadata = get_args(parameter.annotation) or (parameter.annotation,)
    info = next((each for each in metadata if isinstance(each, OptionInfo | ArgumentInfo)), None)
    if info is None:
        return parameter
    info = copy.copy(info)
    info.help = _without_markup(info.help or "")
    if isinstance(info, ArgumentInfo):
        info.metavar = info.metavar or f"{parameter.name.upper()}{'...' if _item(base) else ''}"
    elif info.metavar is None:
        info.metavar = _value(base)
    if is_shown and info.min is not None:
        info.help += f" At least {info.min}." if info.max is None else f" {info.min} to {info.max}."
        info.min = info.max = None
    return parameter.replace(annotation=Annotated[base, info])


def _item(base: Any) -> Any:
    """The type of the items of a list, which may be left out; None for anything else."""
    return next((get_args(kind)[0] for kind in (base, *get_args(base)) if get_origin(kind) is list), None)


def _value(base: Any) -> str | None:
    """The word for a value of a type; empty for a switch, None where Typer knows better."""
    kinds = [_item(base), base, *get_args(base)]
    if bool in kinds:
        return ""
    return next((_VALUES[kind] for kind in kinds if kind in _VALUES), None)
