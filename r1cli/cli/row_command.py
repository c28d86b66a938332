"""The Typer command of a row of the registry."""

import inspect
from collections.abc import Callable
from typing import Annotated

import typer

from r1cli.cli import options
from r1cli.cli.keys import Keys, of_command, takes_keys
from r1cli.commands import Command

# Whose words name a model takes ``--run`` too.
_MODEL = "model.model_name_or_path"


def command_of(row: Command) -> Callable[..., None]:
    """A command that prepares and launches what its words ask for, as the row says."""

    def command(
        keys: Keys,
        words: list[str] | None = None,
        preset: options.Preset = None,
        profile: options.Profile = None,
        config: options.ConfigFile = None,
        trained: options.Trained = None,
        set_key: options.SetKey = None,
        dry_run: options.DryRun = False,
        every: options.Every = False,
        write: options.WriteTo = None,
        as_json: options.AsJson = False,
        yes: options.Yes = False,
        verbose: options.Verbose = False,
    ) -> None:
        from r1cli.cli.dry_run import asked_for
        from r1cli.cli.first_run import asks_for_nothing, start_is_wanted
        from r1cli.cli.launch import run_command

        more = [*options.positional(row.name, words or []), *options.model_of(trained, keys, words)]
        request = options.request(keys, preset, profile, config, more)
        asked = yes or dry_run or not row.trains or not asks_for_nothing(request)
        if not asked and not start_is_wanted(row, request):
            return
        shown = asked_for(dry_run, as_json, every, write)
        run_command(row.name, request, dry_run=shown, verbose=verbose)

    parameters = dict(inspect.signature(command).parameters)
    if row.positional is None:
        del parameters["words"]
    else:
        argument = typer.Argument(metavar=row.positional.metavar, help=row.positional.help)
        parameters["words"] = parameters["words"].replace(annotation=Annotated[list[str] | None, argument])
    if row.default_preset is None:
        del parameters["preset"]
    else:
        # Without a dataset, the config would be incomplete.
        help = f"A recipe: `r1 presets list`. Without a dataset: {row.default_preset}."
        preset = typer.Option(help=help, metavar="NAME", show_default=False)
        parameters["preset"] = parameters["preset"].replace(annotation=Annotated[str | None, preset])
    if not row.trains:
        del parameters["yes"], parameters["verbose"]
    if row.positional is None or row.positional.key != _MODEL:
        del parameters["trained"]
    command.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
    command.__name__, command.__doc__ = row.name, f"{row.summary}\n\n{row.help}".rstrip()
    return takes_keys(of_command(row.name), row.options, row)(command)
