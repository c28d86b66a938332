"""Runs that were submitted: found by name or number, and their record made to say what Slurm says."""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error
from r1cli.runs.job import SHARES
from r1cli.runs.run_dir import read_status, write_status
from r1cli.runs.slurm_queue import SlurmJob, find_job, my_jobs

#: The script of a run that was submitted.
SCRIPT = Path("launch", "job.sh")
#: Where runs lie unless the user says otherwise.
RUNS = Path("runs")

# States of a record whose job may have come to another since.
_OPEN = {"", "queued", "running", "lost"}
# What Slurm's states mean for a run whose record was left open; those not listed are failures.
_ENDED = {
    "COMPLETED": ("lost", "it ended without an error, and did not say that the run has finished"),
    "CANCELLED": ("interrupted", "it was cancelled"),
    "DEADLINE": ("interrupted", "its deadline came"),
    "PREEMPTED": ("interrupted", "it had to make room for another job"),
    "REVOKED": ("interrupted", "another cluster took it"),
    "TIMEOUT": ("interrupted", "its time limit came"),
    "BOOT_FAIL": ("failed", "a node did not boot"),
    "NODE_FAIL": ("failed", "a node failed"),
    "OUT_OF_MEMORY": ("failed", "a node ran out of memory"),
}
_TAIL = 1 << 16


@dataclass(frozen=True)
class Run:
    """A run directory, what its record says now, and the job behind it; None for a run of this machine."""

    run_dir: Path
    state: str
    reason: str
    job_id: str
    job: SlurmJob | None


def find_run(name: str | None) -> Path:
    """The run directory that a user means.

    Args:
        name: a path, a name below ./runs, or the number of a job; None for the newest run of ./runs.

    Raises:
        R1Error: there is no such run.
    """
    if name is None:
        return _newest()
    for path in (Path(name).expanduser(), RUNS / name):
        if _holds_run(path):
            return path.absolute()
    if not re.fullmatch(r"\d+(_\d+)?", name):
        raise R1Error(
            f"there is no run '{name}'",
            where=f"{Path(name).absolute()}, {RUNS.absolute()}",
            fix="`r1 slurm list` shows the runs; one elsewhere has its path, and the number of its job",
        )
    return _run_of_job(name)


def look_at(run_dir: Path) -> Run:
    """How a run stands. Its record follows where Slurm knows better.

    Raises:
        R1Error: Slurm is not here, or does not answer.
    """
    number = str(read_status(run_dir).get("job_id", ""))
    return _follow_record(run_dir, number, find_job(number) if number else None)


def all_runs() -> list[Run]:
    """The runs of ./runs, and those elsewhere that this user has in Slurm's queue; the newest first.

    Raises:
        R1Error: Slurm is not here, or does not answer.
    """
    jobs: dict[Path, list[SlurmJob]] = {}
    for job in my_jobs():
        if run_dir := _run_dir_of(job):
            jobs.setdefault(run_dir, []).append(job)
    here = [path.parent.resolve() for path in RUNS.glob("*/run.yaml")]
    found = [_look_with(run_dir, jobs.get(run_dir, ())) for run_dir in {*here, *jobs}]
    return sorted(found, key=lambda run: _made(run.run_dir), reverse=True)


def last_step(run_dir: Path) -> dict[str, Any]:
    """The last line of a run's metrics that names a step; empty when there is none yet.

    Of a run that is shared out, the steps of all shares together.
    """
    entries = [entry for share in _shares(run_dir) if (entry := _last_step(share))]
    if not entries:
        return _last_step(run_dir)
    return {name: sum(entry.get(name, 0) for entry in entries) for name in ("step", "max_steps")}


def failed_share(run_dir: Path) -> Path | None:
    """The run directory of the first share of a run that has failed, if one has."""
    return next((share for share in _shares(run_dir) if read_status(share).get("state") == "failed"), None)


def _shares(run_dir: Path) -> list[Path]:
    return sorted((run_dir / SHARES).glob("*"))


def _last_step(run_dir: Path) -> dict[str, Any]:
    with suppress(FileNotFoundError), (run_dir / "metrics.jsonl").open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - _TAIL))
        for line in reversed(file.read().splitlines()):
            with suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, dict) and "step" in entry:
                    return entry
    return {}


def _look_with(run_dir: Path, jobs: Iterable[SlurmJob]) -> Run:
    """`look_at`, for a run whose jobs were listed already."""
    status = read_status(run_dir)
    number, job = str(status.get("job_id", "")), max(jobs, key=SlurmJob.order, default=None)
    if number and job is None and status.get("state") in _OPEN:
        job = find_job(number)
    return _follow_record(run_dir, number, job if number else None)


def _follow_record(run_dir: Path, number: str, job: SlurmJob | None) -> Run:
    """The run as its record and Slurm have it together.

    The record is read after Slurm was asked: what a job writes at its end is there once it has ended.
    """
    status = read_status(run_dir)
    state, reason = status.get("state", ""), status.get("reason", "")
    if not number or str(status.get("job_id", "")) != number:
        return Run(run_dir, state, reason, "", None)
    if job is not None and job.is_running:
        # The supervisor says that it runs, with its process: nothing is written in its place.
        state = "running" if state in _OPEN else state
    else:
        told = told_by_slurm(number, job, state, failed_share(run_dir))
        if told and told != (state, reason):
            state, reason = told
            with suppress(OSError):  # another's run can be looked at, and not written to
                write_status(run_dir, state, reason, number)
    return Run(run_dir, state, reason, number, job)


def told_by_slurm(
    number: str, job: SlurmJob | None, state: str, failed: Path | None = None
) -> tuple[str, str] | None:
    """The state and its reason that follow from a job that does not run; None when the record stands."""
    if job is not None and job.is_queued:
        again = f"Slurm job {number} was queued again" if state != "queued" else ""
        return None if state in ("queued", "finished") else ("queued", again)
    if state not in _OPEN:
        return None
    if job is None:
        return "lost", f"Slurm does not know job {number} any more, and the run did not say how it ended"
    if state == "queued" and job.state == "CANCELLED":
        return "interrupted", f"Slurm job {number} was cancelled while it was queued"
    if failed:
        return "failed", f"share {failed.name}: {read_status(failed)['reason']}"
    ended, how = _ENDED.get(job.state, ("failed", f"exit code {job.exit_code or 'unknown'}"))
    return ended, f"Slurm job {number} is {job.state}: {how}"


def _newest() -> Path:
    found = [path.parent for path in RUNS.glob("*/run.yaml")]
    if not found:
        raise R1Error(
            "there is no run here",
            where=str(RUNS.absolute()),
            fix="name one by its path or the number of its job; `r1 slurm submit` makes one",
        )
    return max(found, key=_made).absolute()


def _run_of_job(number: str) -> Path:
    for path in RUNS.glob("*/status.json"):
        if read_status(path.parent).get("job_id") == number:
            return path.parent.absolute()
    job = find_job(number)
    run_dir = _run_dir_of(job) if job else None
    if run_dir is None:
        what = "is not a run of r1" if job else "is not known"
        raise R1Error(
            f"Slurm job {number} {what}",
            where="Slurm",
            fix="`r1 slurm list` shows the runs; name an old one by its run directory",
        )
    return run_dir


def _run_dir_of(job: SlurmJob) -> Path | None:
    """The run directory of a job, as the place of its script tells; None for a job of something else."""
    script = Path(job.script)
    run_dir = script.parent.parent.resolve()
    return run_dir if run_dir / SCRIPT == script.resolve() and _holds_run(run_dir) else None


def _holds_run(path: Path) -> bool:
    return (path / "run.yaml").is_file()


def _made(run_dir: Path) -> float:
    return (run_dir / "run.yaml").stat().st_mtime
