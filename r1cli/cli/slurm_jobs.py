"""``r1 slurm status``, ``list``, ``logs`` and ``cancel``."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.output import emit, print_table, say

if TYPE_CHECKING:
    from r1cli.runs.find import Run
    from r1cli.runs.slurm_queue import SlurmJob

#: Seconds that `cancel` waits for the processes of a job to end.
ENDING = 60.0

# Why jobs wait, for the reasons that most jobs have; others are shown as Slurm has them.
_REASONS = {
    "Resources": "not enough nodes are free",
    "Priority": "jobs of higher priority come first",
    "Dependency": "a job that it depends on has not ended",
    "DependencyNeverSatisfied": "a job that it depends on has ended otherwise: it will never start",
    "BeginTime": "its time to begin has not come, as for a while after a job is queued again",
    "JobHeldUser": "it is held: `scontrol release` lets it go",
    "JobHeldAdmin": "an administrator holds it",
    "JobArrayTaskLimit": "enough tasks of its array run",
    "ReqNodeNotAvail": "nodes that it asks for are down or reserved",
    "PartitionTimeLimit": "its --time is longer than the partition allows: it will not start",
    "PartitionNodeLimit": "it asks for more nodes than the partition allows: it will not start",
    "PartitionDown": "the partition is down",
    "PartitionInactive": "the partition is inactive",
    "Licenses": "a licence that it asks for is taken",
    "Reservation": "its reservation has not begun",
}

OneRun = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN|JOB",
        help="A run directory, its name below ./runs, or a job's number. Default: the newest run of ./runs.",
        show_default=False,
    ),
]


def status(run: OneRun = None, as_json: options.Json = False) -> None:
    """Show how a run stands: its state and why, its nodes, its time, its last step, its error."""
    from r1cli.runs.find import find_run, look_at

    found = look_at(find_run(run))
    if as_json:
        emit(json.dumps({**_as_tree(found), "error": error_of(found)}, indent=2))
        return
    for name, value in _facts(found):
        emit(f"{name:<9} {value}")


def list_runs(as_json: options.Json = False) -> None:
    """List the runs of ./runs, and those elsewhere that you have in Slurm's queue."""
    from r1cli.runs.find import all_runs

    found = all_runs()
    if as_json:
        emit(json.dumps([_as_tree(run) for run in found], indent=2))
        return
    if not found:
        say("there are no runs here, and none in the queue")
        return
    print_table(("run", "state", "job", "in Slurm", "nodes", "time", "step"), map(_row, found))


def logs(
    run: OneRun = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the job has ended.")] = False,
    log: Annotated[
        str | None,
        typer.Option(help="Another log than the job's own, as train-rank0.", show_default=False),
    ] = None,
) -> None:
    """Print what a job has written; with -f follow it until it has ended, even if it is queued again."""
    from r1cli.runs.find import find_run, look_at
    from r1cli.runs.logs import GrowingText, find_log, job_output

    found = look_at(find_run(run))
    text = GrowingText(find_log(found, log))
    if not follow and not text.path.exists():
        say(f"the run is {headline(found)}; nothing is written yet")
    if follow and found.job_id:
        for job in watched(found.job_id):
            _print_new(text)
            if job and not log:
                # The next task of an array prints into a file of its own.
                text.path = job_output(found.run_dir, job.number)
        say(f"the run is {headline(look_at(found.run_dir))}")
    _print_new(text)


def cancel(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN|JOB...", help="Run directories, or numbers of jobs.")
    ],
) -> None:
    """Cancel runs that wait or run, and wait until none of their processes is left."""
    from r1cli.runs.find import find_run, look_at
    from r1cli.runs.slurm_queue import cancel_job

    waiting = []
    for name, found in [(name, look_at(find_run(name))) for name in runs]:
        if name.isdigit() and found.job and name not in (found.job.number, found.job.array, found.job_id):
            say(f"job {name} has ended, and its run is job {found.job_id} now: nothing is cancelled")
        elif found.job is None or found.job.has_ended:
            say(f"{found.run_dir}: there is nothing to cancel, it is {found.state or 'not started'}")
        else:
            number = found.job.array or found.job.number
            cancel_job(number)
            waiting.append((found.run_dir, number))
    for run_dir, number in waiting:
        ended = _wait_for_end(number)
        now = look_at(run_dir)
        say(f"{run_dir}: {headline(now)}" if ended else f"{run_dir}: job {number} is ending")


def _wait_for_end(number: str) -> bool:
    """Whether a job that was cancelled has ended within a minute, with all of its processes."""
    from r1cli.runs.slurm_queue import watch_job

    deadline = time.monotonic() + ENDING
    for job in watch_job(number):
        if job is None or job.has_ended:
            return True
        if time.monotonic() > deadline:
            break
    return False


def watched(number: str) -> Iterator["SlurmJob | None"]:
    """`watch_job`, with a message whenever something has changed."""
    from r1cli.runs.slurm_queue import watch_job

    said = ""
    for job in watch_job(number):
        words = _describe(job) if job else f"job {number} is not known to Slurm"
        if words != said:
            say(words)
        said = words
        yield job


def _print_new(text: Any) -> None:
    for piece in text.read():
        sys.stdout.write(piece)
    sys.stdout.flush()


def _describe(job: "SlurmJob") -> str:
    """A job's state in a sentence."""
    again = f" (restart {job.restarts})" if job.restarts not in ("", "0") else ""
    if job.is_queued:
        return f"job {job.number} waits{again}: {_why(job)}"
    if job.is_running:
        doing = "is ending" if job.state == "COMPLETING" else f"runs on {job.nodes}"
        return f"job {job.number} {doing}{again}"
    return f"job {job.number} has ended: {job.state}{again}"


def _why(job: "SlurmJob") -> str:
    """Why a job waits."""
    if job.reason.startswith(("QOS", "Assoc")):
        return f"a limit of the {'QOS' if job.reason.startswith('QOS') else 'account'} ({job.reason})"
    if job.state == "CONFIGURING":
        return "its nodes are being started"
    words = _REASONS.get(job.reason.split(",")[0], "")
    return f"{words} ({job.reason})" if words else job.reason or "Slurm has not looked at it yet"


def headline(run: "Run") -> str:
    return f"{run.state}: {run.reason}" if run.reason else run.state


def _facts(run: "Run") -> list[tuple[str, str]]:
    """What `status` shows, a line each; what is not known is left out."""
    facts = [("run", str(run.run_dir)), ("state", run.state or "not started"), ("reason", run.reason)]
    if run.job:
        facts += _job_facts(run.job)
    elif run.job_id:
        facts.append(("job", run.job_id))
    facts += [("step", _step(run)), ("error", error_of(run))]
    return [(name, value) for name, value in facts if value]


def _job_facts(job: "SlurmJob") -> list[tuple[str, str]]:
    return [
        ("job", f"{job.number} ({job.state})"),
        ("waits", _why(job) if job.is_queued else ""),
        ("starts", f"{job.start.replace('T', ' ')}, as Slurm expects" if job.is_queued and job.start else ""),
        ("nodes", f"{job.node_count}: {job.nodes}" if job.nodes else job.node_count),
        ("time", f"{job.elapsed} of {job.limit or 'no limit'}" if not job.is_queued else ""),
        ("restarts", job.restarts if job.restarts != "0" else ""),
    ]


def _row(run: "Run") -> tuple[str, ...]:
    name = run.run_dir.name if run.run_dir.parent.name == "runs" else str(run.run_dir)
    job = run.job
    of_job = (job.state, job.node_count, job.elapsed) if job else ("", "", "")
    return (name, run.state, run.job_id, *of_job, _step(run))


def _step(run: "Run") -> str:
    from r1cli.runs.find import last_step

    entry = last_step(run.run_dir)
    return f"{entry['step']} of {entry.get('max_steps', '?')}" if entry else ""


def error_of(run: "Run") -> str:
    """The last words of a run that failed."""
    from r1cli.runs.failure import failure
    from r1cli.runs.find import failed_share

    if run.state != "failed":
        return ""
    failed = failed_share(run.run_dir)
    if failed:
        return str(failure(failed))
    logs = run.run_dir / "logs"
    # Where no role has written anything, the job's own output tells why.
    written = any(log.stat().st_size for log in logs.glob("*.log"))
    return str(failure(run.run_dir, None if written else sorted(logs.glob("slurm-*.out"))[-1:]))


def _as_tree(run: "Run") -> dict[str, Any]:
    from r1cli.runs.find import last_step

    job = {name: value for name, value in asdict(run.job).items() if value} if run.job else None
    return {
        "run": str(run.run_dir),
        "state": run.state,
        "reason": run.reason,
        "job_id": run.job_id,
        "job": job,
        "last_step": last_step(run.run_dir),
    }
