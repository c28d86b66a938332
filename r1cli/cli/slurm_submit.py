"""What ``r1 slurm submit`` does: resolve, plan, then submit or show."""

import json
import shlex
from dataclasses import replace

from r1cli.cli.dry_run import DryRun, dry_run_text, plan_as_tree, preset_title
from r1cli.cli.launch import is_outdated, show_warnings
from r1cli.cli.output import emit, say
from r1cli.cli.trained_model import with_newest_run
from r1cli.commands import COMMANDS, load
from r1cli.config.resolve import Request
from r1cli.config.settings import FLAGS, Setting
from r1cli.errors import R1Error
from r1cli.launch.slurm.script import render
from r1cli.launch.slurm.submit import submit
from r1cli.prepare.request import Prepared, prepare
from r1cli.prepare.target import SLURM


def submit_command(name: str, request: Request, sbatch: list[str], *, dry_run: DryRun | None) -> None:
    """Queues a request on a cluster, or prints what would be queued.

    Raises:
        R1Error: the request was wrong, or Slurm refuses it.
    """
    flags = (*request.flags, *map(_sbatch_setting, sbatch))
    asked = with_newest_run(COMMANDS[name], replace(request, flags=flags))
    carry_out_on_slurm(name, asked, dry_run=dry_run)


def carry_out_on_slurm(name: str, request: Request, *, dry_run: DryRun | None) -> None:
    """Prepares a request for a cluster, and carries it out there as its row says: by default it is queued.

    Raises:
        R1Error: the request was wrong, or Slurm refuses it.
    """
    if dry_run and dry_run.write:
        fix = "leave it out: --dry-run prints the script"
        raise R1Error("--write is for runs on this machine", where="flag --write", fix=fix)
    prepared = prepare(name, request, SLURM)
    if prepared.row.on_slurm:
        as_json = dry_run is not None and dry_run.as_json
        load(prepared.row.on_slurm)(prepared, dry_run=dry_run is not None, as_json=as_json)
        return
    show_warnings(prepared.warnings)
    if dry_run:
        show_script(prepared, as_json=dry_run.as_json, every=dry_run.every)
    else:
        _queue(prepared)


def _queue(prepared: Prepared) -> None:
    """Queues what is prepared."""
    job = prepared.job
    number = submit(job)
    if not number:
        is_outdated(prepared)
        say(f"this run is finished already: {job.run_dir}")
        return
    say(f"preset: {preset_title(prepared)}")
    say(f"run directory: {job.run_dir}")
    say(f"Slurm job {number}: `r1 slurm logs -f {shlex.quote(job.run_dir)}` follows it")
    emit(number)


def show_script(prepared: Prepared, *, as_json: bool, every: bool = False) -> None:
    """Prints what would be queued: the script, and the plan behind it."""
    show_warnings(prepared.job.needs.missing)
    script = render(prepared.job)
    if as_json:
        emit(json.dumps({**plan_as_tree(prepared, every=every), "script": script}, indent=2, default=str))
    else:
        emit(f"{script}\n{dry_run_text(prepared, every=every)}")


def _sbatch_setting(text: str) -> Setting:
    key, sign, value = text.partition("=")
    if not key or key.startswith("-"):
        raise R1Error(
            f"'{text}' is not an option of sbatch", where="flag --sbatch", fix="as --sbatch reservation=NAME"
        )
    return Setting(f"slurm.sbatch.{key}", value if sign else True, "flag --sbatch", FLAGS)
