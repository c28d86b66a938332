"""The Typer command of a row of the registry."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r1cli.cli import options
from r1cli.cli.keys import Keys, of_command, takes_keys
from r1cli.commands import Command

if TYPE_CHECKING:
    from r1cli.prepare.request import Prepared

    Then = Callable[[Prepared, Path], None]


def command_of(row: Command, then: "Then | None" = None) -> Callable[..., None]:
    """A command that prepares and launches what its words ask for, as the row says.

    Args:
        row: of the registry.
        then: called with what was prepared and the run directory, when the run has finished.
    """

    def command(
        keys: Keys,
        words: list[str] | None = None,
        preset: options.Preset = None,
        profile: options.Profile = None,
        config: options.ConfigFile = None,
        set_key: options.SetKey = None,
        dry_run: options.DryRun = False,
        as_json: options.AsJson = False,
    ) -> None:
        from r1cli.cli.launch import run_command

        more = options.positional(row.name, words or [])
        request = options.request(keys, preset, profile, config, set_key, more)
        run_command(row.name, request, dry_run=dry_run, as_json=as_json, then=then)

    parameters = dict(inspect.signature(command).parameters)
    if row.positional is None:
        del parameters["words"]
    else:
        argument = typer.Argument(metavar=row.positional.metavar, help=row.positional.help)
        parameters["words"] = parameters["words"].replace(annotation=Annotated[list[str] | None, argument])
    if row.default_preset is None:
        del parameters["preset"]
    command.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
    command.__name__, command.__doc__ = row.name, f"{row.summary}\n\n{row.help}".rstrip()
    return takes_keys(of_command(row.name), row.options, row)(command)
