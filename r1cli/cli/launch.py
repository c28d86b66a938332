"""What every command that runs something does: resolve, plan, then launch or show."""

import json
import shlex
from pathlib import Path
from typing import Any

from r1cli.cli.output import emit, say
from r1cli.cli.progress import watched_launch
from r1cli.commands import find_command
from r1cli.config.config import Config
from r1cli.config.engine_fields import engine_note
from r1cli.config.record import to_yaml
from r1cli.config.resolve import Request
from r1cli.errors import R1Error
from r1cli.runs.job import Job


def run_command(name: str, request: Request, *, dry_run: bool, as_json: bool) -> Path | None:
    """Carries a request out on this machine, or prints what would be done.

    Returns:
        The run directory; None when nothing was run.

    Raises:
        R1Error: the request was wrong, or the run failed.
    """
    check_json(as_json, dry_run)
    command = find_command(name)
    config, place = command.resolve(request)
    _refuse_cluster(name, config)
    show_warnings(config)
    job = command.plan(config, place)
    if dry_run:
        tree = plan_as_tree(config, job)
        emit(json.dumps(tree, indent=2, default=str) if as_json else dry_run_text(config, job))
        return None
    if config.preset or command.default_preset:
        say(f"preset: {preset_title(config, request)}")
    if watched_launch(job, f"the same command with --output-dir {shlex.quote(job.run_dir)}") == "finished":
        say(f"this run is finished already: {job.run_dir}")
    else:
        say(f"done: {job.run_dir}")
    return Path(job.run_dir)


def _refuse_cluster(name: str, config: Config) -> None:
    """Who says --nodes 16 would otherwise train on one, without a word."""
    given = [origin for path, origin in config.origins.items() if path.startswith("slurm.")]
    flags = [origin for origin in given if origin.startswith("flag")]
    if flags:
        raise R1Error(
            "this is about a cluster, and the run is for this machine",
            where=", ".join(flags),
            fix=f"`r1 slurm submit {name} ...` with the same options, or leave it out",
        )


def show_warnings(config: Config) -> None:
    """What was left out or changed of what was asked, and what the options were checked against."""
    note = engine_note()
    for warning in (*config.warnings, *([note] if note else [])):
        say(f"warning: {warning}")


def check_json(as_json: bool, dry_run: bool) -> None:
    """``--json`` is about a plan, and must not start a run by mistake."""
    if as_json and not dry_run:
        raise R1Error("--json prints a plan, and runs nothing", where="flag --json", fix="add --dry-run")


def preset_title(config: Config, request: Request) -> str:
    if config.preset and not (request.preset or request.base_preset):
        return f"{config.preset} (the default of `r1 {config.command}`)"
    return config.preset or "none"


def dry_run_text(config: Config, job: Job) -> str:
    """The resolved config as YAML, and each role's exact command line behind it as a comment."""
    profile = f", profile: {config.profile}" if config.profile else ""
    lines = [f"# preset: {config.preset or 'none'}{profile}", to_yaml(config.nested()).rstrip()]
    for role in job.roles:
        gpus = ", ".join(role.gpus) or "none"
        lines.append(f"# role {role.name}: world size {role.world_size}, GPUs per node: {gpus}")
        lines.append(f"# run directory, written when it is launched: {job.run_dir}")
        lines.append(role.command_line())
    return "\n".join(lines)


def plan_as_tree(config: Config, job: Job) -> dict[str, Any]:
    """A plan, for JSON."""
    return {
        "preset": config.preset,
        "profile": config.profile,
        "config": config.nested(),
        "origins": config.origins,
        "job": json.loads(job.to_json()),
        "world_size": sum(role.world_size for role in job.roles if not role.service),
    }
