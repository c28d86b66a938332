"""``r1 rerun``."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from r1cli.cli import options
from r1cli.cli.keys import Keys, of_every_command, of_schemas, takes_keys


@takes_keys(of_schemas(of_every_command, standalone=True), ("output_dir",))
def rerun(
    keys: Keys,
    directory: Annotated[Path, typer.Argument(help="A run directory.")],
    profile: options.Profile = None,
    config: options.ConfigFile = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Repeat a run from its directory, with overrides if need be: r1 rerun DIR --seed 2.

    The copy gets a run directory of its own. To resume a run, repeat its own command and --output-dir.
    """
    from r1cli.cli.launch import run_command
    from r1cli.prepare.request import repeat_run

    command, base = repeat_run(directory)
    given = options.request(keys, None, profile, config, set_key)
    request = replace(given, base=base.base, base_preset=base.base_preset)
    run_command(command, request, dry_run=dry_run, as_json=as_json)
