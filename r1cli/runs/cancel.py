"""Ending a run that waits or runs: its supervisor on this machine, or its Slurm job."""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from r1cli.errors import R1Error
from r1cli.runs.locate import run_of_script
from r1cli.runs.run_dir import is_held, read_status
from r1cli.runs.slurm_queue import SlurmJob, cancel_job, watch_job
from r1cli.runs.state import Run
from r1cli.runs.supervisor import supervises

#: Seconds that the processes of a run have to end.
ENDING = 60.0
_POLL = 0.2


def is_active(run: Run) -> bool:
    """Whether there is anything to cancel."""
    if run.job:
        return not run.job.has_ended
    # One whose directory was moved is found no more, and runs on.
    return not run.job_id and (run.state == "running" or (run.state == "lost" and is_held(run.run_dir)))


def cancel(run: Run, task: str = "") -> Callable[[], bool]:
    """Has a run end, and does not wait for that.

    Args:
        run: one that is active.
        task: the only task of its array that is to end, as ``12_3``; all do where none is named.

    Returns:
        What waits for its end, up to a minute: whether it has ended, with all of its processes.

    Raises:
        R1Error: it is out of reach, its job is another run's, or Slurm refuses.
    """
    if run.job:
        _refuse_another_job(run.run_dir, run.job)
        number = task or run.job.array or run.job.number
        cancel_job(number)
        return lambda: _job_has_ended(number)
    pid = _supervisor_here(run.run_dir)
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:  # it has just ended
        pass
    except PermissionError:
        what, fix = "the run belongs to another user", "ask them to cancel it"
        raise R1Error(what, where=f"process {pid}", fix=fix) from None
    return lambda: _process_has_ended(pid, run.run_dir)


def _refuse_another_job(run_dir: Path, job: SlurmJob) -> None:
    """Slurm may use the numbers of jobs again, each cluster has its own, and a run directory may be a copy.

    Raises:
        R1Error: the job was not submitted from this run directory.
    """
    if run_of_script(job) != run_dir.resolve():
        raise R1Error(
            f"Slurm job {job.number} was not submitted from this run directory: nothing is cancelled",
            where=job.script or str(run_dir),
            fix=f"see `scontrol show job {job.number}`; if it is the right one, call `scancel {job.number}`",
        )


def _supervisor_here(run_dir: Path) -> int:
    """The process to stop.

    Raises:
        R1Error: it is on another machine, or gone.
    """
    status = read_status(run_dir)
    if not status:
        fix = "end it where it was started, with Ctrl-C"
        raise R1Error("the run was started by hand, not by r1", where=str(run_dir), fix=fix)
    host = status.get("host")
    if host != socket.gethostname():
        raise R1Error(
            f"the run is a process on {host}, which this machine cannot reach",
            where=str(run_dir),
            fix=f"run `r1 runs cancel` on {host}",
        )
    pid = int(status.get("pid", 0))
    if is_held(run_dir) and not supervises(pid, run_dir):
        raise R1Error(
            "the run still runs, and its process cannot be identified: its directory was moved",
            where=str(run_dir),
            fix="move the directory back to where it was started, and cancel the run there",
        )
    if status.get("state") != "running" or not supervises(pid, run_dir):
        raise R1Error(
            f"the supervisor of the run is gone, and process {pid} is not it",
            where=str(run_dir),
            fix="none of its processes is left: resume the run, or remove it",
        )
    return pid


def _process_has_ended(pid: int, run_dir: Path) -> bool:
    deadline = time.monotonic() + ENDING
    while supervises(pid, run_dir):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _job_has_ended(number: str) -> bool:
    deadline = time.monotonic() + ENDING
    for job in watch_job(number):
        if job is None or job.has_ended:
            return True
        if time.monotonic() > deadline:
            break
    return False
