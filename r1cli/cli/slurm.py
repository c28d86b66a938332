"""``r1 slurm``."""

from typing import Annotated

import typer

from r1cli.cli import options, slurm_check, slurm_init, slurm_jobs
from r1cli.cli.keys import Keys, of_named_command, takes_keys
from r1cli.commands import visible_commands

app = typer.Typer(help="Run any of these commands on a Slurm cluster.", no_args_is_help=True)


_NAMES = ", ".join(row.name for row in visible_commands())
#: The keys that `submit --help` shows: every command that can be submitted has most of them.
_SHOWN = (
    "model", "dataset", "reward", "nodes", "gpus_per_node", "vllm_nodes", "partition", "account", "qos",
    "time", "mem", "constraint", "exclude", "nodelist", "dependency", "array", "job_name", "offline",
    "output_dir",
)  # fmt: skip


@app.command()
@takes_keys(of_named_command, _SHOWN, visible_commands()[0])
def submit(
    keys: Keys,
    command: Annotated[str, typer.Argument(help=f"What to run there: {_NAMES}.")],
    preset: options.Preset = None,
    profile: options.Profile = None,
    config: options.ConfigFile = None,
    trained: options.Trained = None,
    sbatch: Annotated[
        list[str] | None,
        typer.Option(help="KEY=VALUE, any other option of sbatch; repeatable.", show_default=False),
    ] = None,
    set_key: options.SetKey = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the script and the exact commands, submit nothing.")
    ] = False,
    every: options.Every = False,
    as_json: options.AsJson = False,
) -> None:
    """Queue a run on the cluster: r1 slurm submit sft --nodes 16.

    It also takes every option of the command that it submits. The settings of a cluster are in a site
    profile, which `r1 slurm init` writes.
    """
    from r1cli.cli.dry_run import asked_for
    from r1cli.cli.slurm_submit import submit_command

    more = [*options.positional(command, keys.words), *options.model_of(trained, keys)]
    request = options.request(keys, preset, profile, config, more)
    submit_command(command, request, sbatch or [], dry_run=asked_for(dry_run, as_json, every))


app.command()(slurm_jobs.status)
app.command("list")(slurm_jobs.list_runs)
app.command()(slurm_jobs.logs)
app.command()(slurm_jobs.cancel)
app.command()(slurm_check.check)
app.command()(slurm_init.init)
