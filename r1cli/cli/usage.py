"""Typer's own errors in the style of all others: Typer draws a panel, and leaves the program."""

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import typer

from r1cli.cli.output import say
from r1cli.errors import R1Error


def call(program: typer.Typer, words: Sequence[str], **more: Any) -> NoReturn:
    """Runs a program of Typer's, and leaves with its exit code.

    Raises:
        R1Error: the words do not fit it.
    """
    try:
        code = program(args=list(words), standalone_mode=False, **more)
    except typer.Abort:
        say("aborted")
        sys.exit(1)
    except Exception as error:
        # Typer's errors have no public base class; what makes them one is how they are formatted.
        if not hasattr(error, "format_message"):
            raise
        raise _as_r1_error(error, _path(program, words, more.get("prog_name", "r1"))) from None
    sys.exit(code if isinstance(code, int) else 0)


def _path(program: typer.Typer, words: Sequence[str], name: str) -> str:
    """The command that the words name: some of Typer's errors do not say it."""
    command: Any = typer.main.get_command(program)
    path = [name]
    for word in words:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        path.append(word)
    return " ".join(path)


def _as_r1_error(error: Any, path: str) -> R1Error:
    message = str(error.format_message()).strip().removesuffix(".")
    what, _, hint = message.partition(". ")
    path = getattr(getattr(error, "ctx", None), "command_path", None) or path
    fix = hint[:1].lower() + hint[1:] if hint else f"`{path} --help` shows its arguments and options"
    return R1Error(what[:1].lower() + what[1:], where=path, fix=fix, exit_code=getattr(error, "exit_code", 2))
