"""The state of runs: their record, corrected where Slurm knows better."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from r1cli.errors import R1Error
from r1cli.runs.job import SHARES
from r1cli.runs.locate import RUNS, find_runs, run_of_script
from r1cli.runs.queue_cache import Queue, recent_queue
from r1cli.runs.run_dir import correct_status, is_held, read_status
from r1cli.runs.slurm_queue import SlurmJob, find_job, require_slurm
from r1cli.runs.start_time import started

# Why a run has no record: no supervisor has written one.
_BY_HAND = "it was started by hand"
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


@dataclass(frozen=True)
class Run:
    """A run directory and how it stands.

    Args:
        run_dir: the run directory.
        state: queued, running, finished, failed, interrupted or lost; empty before a start.
        reason: why, where that is known.
        job_id: the number of its Slurm job; empty for a run of this machine.
        job: that job; None where Slurm does not know it (any more), or was not asked.
        confirmed: False where the state may be out of date: Slurm did not answer, or does not know a job that
            is recorded as queued.
    """

    run_dir: Path
    state: str
    reason: str
    job_id: str = ""
    job: SlurmJob | None = None
    confirmed: bool = True

    @property
    def may_run(self) -> bool:
        """Whether it waits or runs, as far as is known."""
        return self.state in ("queued", "running")

    @property
    def is_by_hand(self) -> bool:
        """Whether a user has started its worker, and no supervisor."""
        return self.reason == _BY_HAND

    def headline(self) -> str:
        """The state and the reason in a line."""
        state = self.state or "not started"
        return f"{state}: {self.reason}" if self.reason else state


def look_at(run_dir: Path) -> Run:
    """The state of a run, asked again. Its record follows where Slurm knows better.

    Raises:
        R1Error: Slurm is not here, or does not answer.
    """
    number = str(read_status(run_dir).get("job_id", ""))
    run, is_news = _follow_record(run_dir, number, find_job(number) if number else None)
    if is_news:
        with suppress(OSError):  # another's run can be looked at, and not written to
            correct_status(run_dir, run.state, run.reason)
    return run


def look_or_recorded(run_dir: Path) -> Run:
    """The state of a run, asked again where Slurm answers."""
    try:
        return look_at(run_dir)
    except R1Error:
        return as_recorded(run_dir, is_silent=True)


def as_recorded(run_dir: Path, is_silent: bool = False) -> Run:
    """A run whose job Slurm was not asked for, or is silent about."""
    status = read_status(run_dir) or _by_hand(run_dir)
    state, number = status.get("state", ""), str(status.get("job_id", ""))
    may_be_old = is_silent and bool(number) and state in _OPEN
    return Run(run_dir, state, status.get("reason", ""), number, confirmed=not may_be_old)


def _by_hand(run_dir: Path) -> dict[str, str]:
    """The status of a run without one: its worker may have been started by hand."""
    if is_held(run_dir):
        return {"state": "running", "reason": _BY_HAND}
    return {"state": "interrupted", "reason": _BY_HAND} if (run_dir / "metrics.jsonl").exists() else {}


def runs_below(folder: Path) -> tuple[list[Run], R1Error | None]:
    """The runs below a folder, the newest first, and why Slurm does not answer where it is needed.

    Raises:
        R1Error: there is no such folder.
    """
    if not folder.is_dir() and folder != RUNS:
        what = "this is a file, and not a folder of runs" if folder.exists() else "there is no such folder"
        raise R1Error(what, where=str(folder), fix="name a folder that contains runs")
    run_dirs = find_runs(folder)
    if not any(_needs_slurm(run_dir) for run_dir in run_dirs):
        return [as_recorded(run_dir) for run_dir in run_dirs], None
    try:
        queue = recent_queue()
        return _look_at_all(run_dirs, queue), None
    except R1Error as error:
        return [as_recorded(run_dir, is_silent=True) for run_dir in run_dirs], error


def runs_with_queue(folder: Path) -> tuple[list[Run], R1Error | None]:
    """The runs below a folder, and those elsewhere that this user has in Slurm's queue; the newest first.

    Where Slurm does not answer: the runs below the folder as they are recorded, and the reason.

    Raises:
        R1Error: Slurm is not here.
    """
    require_slurm("squeue")
    try:
        queue = recent_queue()
        queued = {run_dir for job in queue.jobs if (run_dir := run_of_script(job))}
        found = {path.resolve() for path in find_runs(folder)} | queued
        return _look_at_all(sorted(found, key=started, reverse=True), queue), None
    except R1Error as error:
        return [as_recorded(run_dir, is_silent=True) for run_dir in find_runs(folder)], error


def failed_share(run_dir: Path) -> Path | None:
    """The run directory of the first share of a run that has failed, if one has."""
    return next((share for share in shares_of(run_dir) if read_status(share).get("state") == "failed"), None)


def shares_of(run_dir: Path) -> list[Path]:
    """The run directories of a run's shares; none where it is not split."""
    return sorted((run_dir / SHARES).glob("*"))


def infer_state(
    number: str, job: SlurmJob | None, state: str, failed: Path | None = None
) -> tuple[str, str] | None:
    """The state and its reason that follow from a job that does not run; None when the record stands.

    Args:
        number: of the job.
        job: what Slurm knows of it; None when it does not know it.
        state: the record's.
        failed: the share of the run that has failed, if one has.
    """
    if job is not None and job.is_queued:
        again = f"Slurm job {number} was queued again" if state != "queued" else ""
        return None if state in ("queued", "finished") else ("queued", again)
    # What waits elsewhere, as in another cluster's queue, must not be taken for gone.
    if state not in _OPEN or (state == "queued" and job is None):
        return None
    if job is None:
        return "lost", f"Slurm does not know job {number} any more, and the run did not say how it ended"
    if state == "queued" and job.state == "CANCELLED":
        return "interrupted", f"Slurm job {number} was cancelled while it was queued"
    if failed:
        return "failed", f"share {failed.name}: {read_status(failed)['reason']}"
    ended, how = _ENDED.get(job.state, ("failed", f"exit code {job.exit_code or 'unknown'}"))
    return ended, f"Slurm job {number} is {job.state}: {how}"


def _look_at_all(run_dirs: Iterable[Path], queue: Queue) -> list[Run]:
    jobs: dict[Path, list[SlurmJob]] = {}
    for job in queue.jobs:
        if run_dir := run_of_script(job):
            jobs.setdefault(run_dir, []).append(job)
    return [_look_in_queue(run_dir, jobs.get(run_dir.resolve(), ()), queue.asked) for run_dir in run_dirs]


def _look_in_queue(run_dir: Path, jobs: Iterable[SlurmJob], asked: float) -> Run:
    """`look_at`, for a run whose jobs were listed a while ago: enough where they agree with the record."""
    status = read_status(run_dir)
    number, job = str(status.get("job_id", "")), max(jobs, key=SlurmJob.order, default=None)
    if number and job is None and _seconds(status.get("time", "1970-01-01T00:00:00+00:00")) >= asked - 1:
        # Submitted since.
        return as_recorded(run_dir)
    run, is_news = _follow_record(run_dir, number, job if number else None)
    # A record is never changed by an old answer; and how a job ended is known for longer than it is listed.
    return look_at(run_dir) if is_news or not run.confirmed else run


def _follow_record(run_dir: Path, number: str, job: SlurmJob | None) -> tuple[Run, bool]:
    """The run as its record and Slurm have it together, and whether Slurm knows better than the record.

    The record is read after Slurm was asked: what a job writes at its end is there once it has ended.
    """
    status = read_status(run_dir) or _by_hand(run_dir)
    state, reason = status.get("state", ""), status.get("reason", "")
    if not number or str(status.get("job_id", "")) != number:
        return Run(run_dir, state, reason), False
    if job is not None and job.is_running:
        # The supervisor says that it runs, with its process: nothing is written in its place.
        return Run(run_dir, "running" if state in _OPEN else state, reason, number, job), False
    state_now, reason_now = infer_state(number, job, state, failed_share(run_dir)) or (state, reason)
    if state == "queued" and job is None:
        unknown = f"Slurm does not know job {number} on this machine"
        return Run(run_dir, state, unknown, number, confirmed=False), False
    # How a lost run was lost is known already, or never will be.
    is_known = job is None and state == "lost" and "corrected" in status
    if is_known:
        state_now, reason_now = state, reason
    is_news = (state_now, reason_now) != (state, reason)
    return Run(run_dir, state_now, reason_now, number, job), is_news


def _needs_slurm(run_dir: Path) -> bool:
    """Whether a run's job may still run, or have been queued again."""
    status = read_status(run_dir)
    return bool(status.get("job_id")) and status.get("state") != "finished"


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
