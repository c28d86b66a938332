"""``r1 rerun``."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from r1cli.cli import options


def rerun(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(help="A run directory.")],
    profile: options.Profile = None,
    config: options.ConfigFile = None,
    output_dir: options.OutputDir = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Repeat a run from its directory, with overrides if need be: r1 rerun DIR --seed 2.

    The copy gets a run directory of its own. To resume a run, repeat its own command and --output-dir.
    """
    from r1cli.cli.launch import run_command
    from r1cli.commands import request_from_run

    given = options.flags(context, set_key, output_dir=output_dir)
    command, request = request_from_run(directory, given)
    request = replace(request, files=tuple(config or ()), profile=profile)
    run_command(command, request, dry_run=dry_run, as_json=as_json)
