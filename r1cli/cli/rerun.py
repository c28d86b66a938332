"""``r1 rerun``."""

from pathlib import Path
from typing import Annotated

import typer

from r1cli.cli import options
from r1cli.cli.keys import Keys, of_every_command, of_schemas, takes_keys


@takes_keys(of_schemas(of_every_command, standalone=1, needs_word=True), ("output_dir",))
def rerun(
    keys: Keys,
    directory: Annotated[Path, typer.Argument(help="A run directory, or its name below ./runs.")],
    profile: options.Profile = None,
    config: options.ConfigFile = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    every: options.Every = False,
    write: options.WriteTo = None,
    as_json: options.AsJson = False,
) -> None:
    """Repeat a run from its directory, also with overrides: r1 rerun DIR --seed 2.

    What ran on a cluster is queued there again. The copy gets its own run directory; with the run's own
    as --output-dir, the run is resumed.
    """
    from r1cli.cli.dry_run import asked_for
    from r1cli.cli.launch import run_command
    from r1cli.cli.slurm_submit import carry_out_on_slurm
    from r1cli.prepare.request import repeat_run
    from r1cli.runs.locate import find_run

    given = options.request(keys, None, profile, config)
    run = repeat_run(find_run(str(directory)), given)
    carry_out = carry_out_on_slurm if run.on_slurm else run_command
    carry_out(run.command, run.request, dry_run=asked_for(dry_run, as_json, every, write))
