"""What every command that runs something does: resolve, plan, then launch or show."""

from collections.abc import Callable, Iterable
from pathlib import Path

from r1cli.cli.dry_run import DryRun, preset_title, show_plan, to_be_written
from r1cli.cli.output import say
from r1cli.commands import find_command, load
from r1cli.config.engine_fields import engine_note
from r1cli.config.resolve import Request
from r1cli.errors import R1Error
from r1cli.launch.machine import check_machine
from r1cli.prepare.request import Prepared, prepare
from r1cli.prepare.target import AS_PLANNED, THIS_MACHINE
from r1cli.quickstart.start import with_start
from r1cli.runs.job import Job


def run_command(
    name: str,
    request: Request,
    *,
    dry_run: DryRun | None,
    then: Callable[[Prepared, Path], None] | None = None,
    verbose: bool = False,
) -> Path | None:
    """Carries a request out on this machine, or prints what would be done.

    Args:
        name: of the command.
        request: what the user typed.
        dry_run: prints the plan, and runs nothing.
        then: called with what was prepared and the run directory when the run has finished; what the row
            names when not given.
        verbose: shows the first row of a training.

    Returns:
        The run directory; None when nothing was run.

    Raises:
        R1Error: the request was wrong, or the run failed.
    """
    row = find_command(name, hidden=True)
    start = with_start(row, request)
    request = to_be_written(start.request, dry_run) if dry_run else start.request
    target = AS_PLANNED if dry_run and row.trains else THIS_MACHINE
    prepared = prepare(name, request, target, start.promised)
    _refuse_cluster(prepared)
    if start.note:
        say(start.note)
    show_warnings(prepared.warnings)
    if dry_run:
        show_plan(prepared, dry_run, start.job)
        return None
    run_dir = _carry_out(prepared, start.job, verbose=verbose)
    if then or prepared.row.then:
        (then or load(prepared.row.then))(prepared, run_dir)
    return run_dir


def _carry_out(prepared: Prepared, first: Job | None, *, verbose: bool) -> Path:
    """Runs what is prepared, and before it the job that makes what it starts from."""
    job = prepared.job
    # A dry run needs nothing of what launches.
    from r1cli.cli.progress import watched_launch
    from r1cli.prepare.reach import require_hub

    if prepared.config.preset or prepared.row.default_preset:
        say(f"preset: {preset_title(prepared)}")
    if first:
        check_machine(job)
        say("first, the start model and its problems")
        watched_launch(first, "the same command")
    found = watched_launch(
        job,
        check=lambda: require_hub(prepared.config),
        verbose=verbose,
        is_outdated=lambda: is_outdated(prepared),
    )
    if found == "finished":
        say(f"this run is finished already: {job.run_dir}")
    else:
        say(f"done: {job.run_dir}")
    return Path(job.run_dir)


def is_outdated(prepared: Prepared) -> bool:
    """Whether a finished run is to read its datasets again, as one has changed; that is said in any case."""
    from r1cli.cli.changed_inputs import changed_inputs

    changed = changed_inputs(prepared.config, Path(prepared.job.run_dir))
    if not changed:
        return False
    what = f"{', '.join(changed)} has changed since this run was finished"
    # A training cannot go back to rows that it has passed, and the shares of an array are done.
    if prepared.row.trains or prepared.job.slurm is not None:
        say(f"warning: {what}; another --output-dir reads it again")
        return False
    say(f"{what}: the run reads it again")
    return True


def _refuse_cluster(prepared: Prepared) -> None:
    """Refuses options of a cluster: with --nodes 16, the run would otherwise silently use one node."""
    origins = prepared.config.origins.items()
    given = [origin for path, origin in origins if path.startswith("slurm.")]
    flags = [origin for origin in given if origin.startswith("flag")]
    if flags:
        raise R1Error(
            "this option is for a cluster, and the run is on this machine",
            where=", ".join(flags),
            fix=f"`r1 slurm submit {prepared.row.name} ...` with the same options, or leave it out",
        )


def show_warnings(warnings: Iterable[str]) -> None:
    """What was left out or changed of what was asked, and what the options were checked against."""
    note = engine_note()
    for warning in (*warnings, *([note] if note else [])):
        say(f"warning: {warning}")
