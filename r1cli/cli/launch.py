"""What every command that runs something does: resolve, plan, then launch or show."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from r1cli.cli.output import emit, say
from r1cli.commands import load
from r1cli.config.engine_fields import engine_note
from r1cli.config.resolve import Request
from r1cli.errors import R1Error
from r1cli.prepare.request import Prepared, prepare
from r1cli.yaml12 import to_yaml


def run_command(
    name: str,
    request: Request,
    *,
    dry_run: bool,
    as_json: bool,
    then: Callable[[Prepared, Path], None] | None = None,
) -> Path | None:
    """Carries a request out on this machine, or prints what would be done.

    Args:
        name: of the command.
        request: what the user typed.
        dry_run: prints the plan, and runs nothing.
        as_json: prints it as JSON.
        then: called with what was prepared and the run directory when the run has finished; what the row
            names when not given.

    Returns:
        The run directory; None when nothing was run.

    Raises:
        R1Error: the request was wrong, or the run failed.
    """
    check_json(as_json, dry_run)
    prepared = prepare(name, request)
    _refuse_cluster(prepared)
    run_dir = _carry_out(prepared, dry_run=dry_run, as_json=as_json)
    if run_dir is not None and (then or prepared.row.then):
        (then or load(prepared.row.then))(prepared, run_dir)
    return run_dir


def _carry_out(prepared: Prepared, *, dry_run: bool, as_json: bool) -> Path | None:
    show_warnings(prepared.warnings)
    job = prepared.job
    if dry_run:
        show_warnings(job.needs.missing)
        emit(json.dumps(plan_as_tree(prepared), indent=2, default=str) if as_json else dry_run_text(prepared))
        return None
    # A dry run needs nothing of what launches.
    from r1cli.cli.progress import watched_launch
    from r1cli.prepare.reach import require_hub

    if prepared.config.preset or prepared.row.default_preset:
        say(f"preset: {preset_title(prepared)}")
    if watched_launch(job, check=lambda: require_hub(prepared.config)) == "finished":
        say(f"this run is finished already: {job.run_dir}")
    else:
        say(f"done: {job.run_dir}")
    return Path(job.run_dir)


def _refuse_cluster(prepared: Prepared) -> None:
    """Refuses options of a cluster: with --nodes 16, the run would otherwise silently use one node."""
    origins = prepared.config.origins.items()
    given = [origin for path, origin in origins if path.startswith("slurm.")]
    flags = [origin for origin in given if origin.startswith("flag")]
    if flags:
        raise R1Error(
            "this is about a cluster, and the run is for this machine",
            where=", ".join(flags),
            fix=f"`r1 slurm submit {prepared.row.name} ...` with the same options, or leave it out",
        )


def show_warnings(warnings: Iterable[str]) -> None:
    """What was left out or changed of what was asked, and what the options were checked against."""
    note = engine_note()
    for warning in (*warnings, *([note] if note else [])):
        say(f"warning: {warning}")


def check_json(as_json: bool, dry_run: bool) -> None:
    """``--json`` is about a plan, and must not start a run by mistake."""
    if as_json and not dry_run:
        raise R1Error("--json prints a plan, and runs nothing", where="flag --json", fix="add --dry-run")


def preset_title(prepared: Prepared) -> str:
    config, request = prepared.config, prepared.request
    if config.preset and not (request.preset or request.base_preset):
        return f"{config.preset} (the default of `r1 {config.command}` where no dataset is named)"
    return config.preset or "none"


def dry_run_text(prepared: Prepared) -> str:
    """The resolved config as YAML, and each role's exact command line after it as a comment."""
    config, job = prepared.config, prepared.job
    profile = f", profile: {config.profile}" if config.profile else ""
    lines = [f"# preset: {preset_title(prepared)}{profile}", to_yaml(config.nested()).rstrip()]
    for role in job.roles:
        gpus = ", ".join(role.gpus) or "none"
        lines.append(f"# role {role.name}: world size {role.world_size}, GPUs per node: {gpus}")
        lines.append(f"# run directory, written when it is launched: {job.run_dir}")
        lines += [f"# ${name}: {meaning}" for name, meaning in role.shell_variables().items()]
        lines.append(role.command_line())
    return "\n".join([*lines, *(f"# {line}" for line in _forecast(prepared))])


def _forecast(prepared: Prepared) -> list[str]:
    """How much there is to do, if the command can say."""
    found: list[str] = load(prepared.row.forecast)(prepared.config) if prepared.row.forecast else []
    return found


def plan_as_tree(prepared: Prepared) -> dict[str, Any]:
    """A plan, for JSON."""
    config, job = prepared.config, prepared.job
    return {
        "preset": config.preset,
        "profile": config.profile,
        "config": config.nested(),
        "origins": config.origins,
        "job": json.loads(job.to_json()),
        "forecast": _forecast(prepared),
        "world_size": sum(role.world_size for role in job.roles if not role.service),
    }
