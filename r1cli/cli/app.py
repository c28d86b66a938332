"""The ``r1`` program: its commands, and the one place where errors are shown."""

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from r1cli import __version__, environment
from r1cli.cli import help_page
from r1cli.cli.output import say, show_error, write_whatever_comes
from r1cli.cli.usage import call
from r1cli.commands import COMMANDS, HELP, named_commands, visible_commands
from r1cli.errors import R1Error, did_you_mean

#: What `r1 --help` says of each command without a row in the registry: before the rows, and after them.
_FIRST = {
    "quickstart": "Teach a tiny model to reason, from scratch, on this machine: no GPU, no model hub.",
    "doctor": "Check this machine: what is installed, what is missing, and how to fix it.",
    "prefetch": "Download models and datasets from the Hub, for machines without internet.",
}
_LAST = {
    "rerun": "Repeat a run from its directory, also with overrides: r1 rerun DIR --seed 2.",
    "runs": "List, show, follow, cancel, remove and compare runs, wherever they ran.",
    "inspect": "Look at the completions of a run: prompt, reference answer, rewards.",
    "slurm": "Run any of these commands on a Slurm cluster.",
    "config": "Show and check the config of a command.",
    "presets": "Show the recipes that ship with r1 and its plugins, and copy one.",
    "data": "Look at datasets, mix them, trace their rows, push them to the Hub.",
    "reward": "Inspect rewards, and try them on data.",
    "code": "Run programs written by models, in sandboxes.",
    "plugins": "List plugins, and write and check one.",
    "engine": "Engines that may need a separate environment: vLLM, lighteval.",
    "completion": "Print a script that completes r1's words in bash, zsh or fish.",
}

_SETTINGS: dict[str, Any] = {
    "pretty_exceptions_enable": False,
    "add_completion": False,
    "context_settings": {"help_option_names": [*HELP]},
}


def main() -> None:
    """Runs the program. What a user can fix ends in an error; anything else is a bug with its traceback."""
    write_whatever_comes()
    try:
        run(sys.argv[1:])
    except BrokenPipeError:
        # The reader of our output has had enough; Python must not complain of it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
    except R1Error as error:
        if environment.debug():
            traceback.print_exc()
        else:
            show_error(error)
        sys.exit(error.exit_code)


def run(words: Sequence[str]) -> None:
    """Runs one command line; only the command that its first word names is built.

    Raises:
        R1Error: the request was wrong, or the work failed.
        SystemExit: as it is for Typer: always.
    """
    if "--debug" in words:
        os.environ["R1_DEBUG"] = "1"
        words = [word for word in words if word != "--debug"]
    name = words[0] if words else ""
    if name == "--":
        raise R1Error("unexpected argument '--'", where="command line", fix="leave it out")
    if not name or name.startswith("-"):
        call(_whole_program(), words or HELP[-1:])
    if name not in summaries():
        within = "" if f"{name}s" in summaries() else _group_with(name)
        fix = did_you_mean(name, summaries(), "`r1 --help` lists the commands")
        fix = f"did you mean `r1 {within} {name}`?" if within else fix
        raise R1Error(f"unknown command '{name}'", where="command line", fix=fix)
    from r1cli.cli.keys import quick_call, read_words

    command, rest, title = load_command(name), list(words[1:]), name
    others: dict[str, str] = {}
    if isinstance(command, typer.Typer):
        group = command
        if rest and rest[0] in HELP and (default := _default_command(name)):
            # The page of what the group's name alone means, and what else there is.
            rest = [default, *rest]
            lines = help_page.summaries_of(group).items()
            others = {f"r1 {name} {one}": line for one, line in lines if one != default}
        title, command, rest = _subcommand(name, group, rest)
        if command is None:
            program = _program()
            page = help_page.of_text(str(group.info.help))
            end = help_page.epilog_of(help_page.examples_of_group(name, group))
            shown: dict[str, Any] = {"help": page, "epilog": end, "add_help_option": False}
            program.add_typer(group, name=name, callback=help_page.only_help, **shown)
            call(program, [name, *(rest or HELP[-1:])])
    _warn_of_unknown_variables()
    left, keys = read_words(command, rest)
    for note in keys.notes if keys else ():
        say(note)
    # By itself: for the options of a group above it, Typer would load pydantic even to print help.
    alone = typer.Typer(**_SETTINGS)
    quick = quick_call(command, left, keys)
    if quick is command:
        end = help_page.epilog_of(help_page.examples_of(title) or help_page.examples_of(name), others)
        page = help_page.of_text(command.__doc__ or "")
        is_shown = any(word in HELP for word in left)
        alone.command(help=page, epilog=end, add_help_option=False)(help_page.with_types(command, is_shown))
    else:
        # Even for the option --help, Typer would load what converts values.
        alone.command(add_help_option=False)(quick)
    call(alone, left if quick is command else [], prog_name=f"r1 {name if others else title}", obj=keys)


def summaries() -> dict[str, str]:
    """The line of each command in ``r1 --help``, in their order."""
    return {**_FIRST, **{row.name: row.summary for row in visible_commands()}, **_LAST}


def load_command(name: str) -> Any:
    """A command: that of its module, or of a row that needs no module."""
    attribute = name.replace("-", "_")
    own = find_spec(f"r1cli.cli.{attribute}") and import_module(f"r1cli.cli.{attribute}")
    command = getattr(own, "app", None) or getattr(own, attribute, None)
    if command is None:
        from r1cli.cli.row_command import command_of

        return command_of(COMMANDS[name])
    return command


def _subcommands(group: typer.Typer) -> dict[str, Callable[..., Any]]:
    commands = [(info.name, info.callback) for info in group.registered_commands if info.callback]
    return {given or callback.__name__: callback for given, callback in commands}


def _group_with(name: str) -> str:
    """The first group that has a command of this name; empty where there is none."""
    for group in summaries():
        command = load_command(group)
        if isinstance(command, typer.Typer) and name in _subcommands(command):
            return group
    return ""


def _subcommand(
    name: str, group: typer.Typer, words: list[str]
) -> tuple[str, Callable[..., Any] | None, list[str]]:
    """The name of the subcommand that the words begin with, with the group's; it; and the words after it.

    If they name none, these are the group's name, None, and the words.
    """
    known = _subcommands(group)
    default = _default_command(name)
    if default and words and words[0] not in (*known, *HELP) and not _is_slip(words[0], known):
        words = [default, *words]
    if words and words[0] not in known and not words[0].startswith("-"):
        fix = did_you_mean(words[0], known, f"`r1 {name} --help` lists its commands")
        if "submit" in known and words[0] in named_commands():
            fix = f"did you mean `r1 {name} submit {words[0]}`?"
        raise R1Error(f"unknown command '{name} {words[0]}'", where="command line", fix=fix)
    if not words or words[0] not in known:
        return name, None, words
    return f"{name} {words[0]}", known[words[0]], words[1:]


def _is_slip(word: str, known: Iterable[str]) -> bool:
    """Whether a word can only be the misspelt name of a command: a run or a folder may be called anything."""
    is_there = Path(word).exists() or Path("runs", word).exists()
    return not is_there and bool(get_close_matches(word, list(known), cutoff=0.8))


def _default_command(name: str) -> str:
    """The subcommand that a group's name alone means; empty where there is none."""
    default: str = getattr(import_module(f"r1cli.cli.{name.replace('-', '_')}"), "DEFAULT_COMMAND", "")
    return default


def _warn_of_unknown_variables() -> None:
    for name in environment.unknown_variables():
        hint = "" if "__" in name else "; a key of a config is R1_GROUP__KEY, as R1_TRAINING__LEARNING_RATE"
        say(f"warning: the environment variable {name} is not recognised{hint}")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"r1 {__version__}")
        raise typer.Exit


def _program() -> typer.Typer:
    """The program without a command."""
    app = typer.Typer(
        name="r1",
        help="Train reasoning models the DeepSeek-R1 way: fine-tune, reinforce, measure.",
        no_args_is_help=True,
        **_SETTINGS,
    )
    app.callback()(_warn_of_unknown_variables)
    return app


def _whole_program() -> typer.Typer:
    """What `r1 --help` shows: the program's own options, and a line for each command."""
    app = _program()

    @app.callback(add_help_option=False)
    def program(
        version: Annotated[
            bool,
            typer.Option(
                "--version", callback=_print_version, is_eager=True, help="Print the version.", metavar=""
            ),
        ] = False,
        debug: Annotated[
            bool, typer.Option("--debug", help="Show the traceback of every error.", metavar="")
        ] = False,
        show_help: help_page.Help = False,
    ) -> None:
        pass

    for name, summary in summaries().items():
        app.command(name, help=summary)(lambda: None)
    return app
