"""What Slurm knows of its jobs: scontrol, squeue and sacct, whichever the site has and knows the job."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

from r1cli.errors import R1Error

#: Seconds between two questions about one job, and how long Slurm may be silent while a job is followed.
EVERY, PATIENCE = 2.0, 600.0

#: Slurm's states in which a job waits, and in which it runs or is being cleaned away.
_QUEUED = {
    "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"
}  # fmt: skip
_RUNNING = {"RUNNING", "COMPLETING", "RESIZING", "SIGNALING", "STAGE_OUT", "STOPPED", "SUSPENDED"}
# How Slurm writes that there is no value.
_NOTHING = {"", "(null)", "N/A", "NONE", "None", "None assigned", "Partition_Limit", "UNLIMITED", "Unknown"}
# What a job's line begins with; a warning, for example, does not.
_NUMBER, _STATE = re.compile(r"[0-9]{1,18}(?:[_+.]\S+)?"), re.compile(r"[A-Z][A-Z_]+")
# A sign that neither names nor paths hold.
_SEPARATOR = "\x1f"
_SQUEUE = _SEPARATOR.join(("%i", "%T", "%r", "%D", "%N", "%M", "%l", "%S", "", "%o"))
_SACCT = "JobID,State,Reason,NNodes,NodeList,Elapsed,Timelimit,Start,ExitCode"
_SCONTROL = (
    "JobState", "Reason", "NumNodes", "NodeList", "RunTime", "TimeLimit", "StartTime", "ExitCode", "Command",
    "Restarts",
)  # fmt: skip
# One field of `scontrol show job --oneliner`; a value may hold spaces.
_FIELD = re.compile(r"(?:^| )([A-Z][\w/:]*)=(.*?)(?= [A-Z][\w/:]*=|$)")
# Defaults that a user may have set for these programs, and that would change what they print.
_CHANGES = ("SQUEUE_", "SACCT_", "SINFO_")


@dataclass(frozen=True)
class SlurmJob:
    """A job in Slurm's own words; what it does not say is empty.

    Args:
        number: of the job; a task of an array has the array's and its own, as ``12_3``.
        state: RUNNING, PENDING, TIMEOUT, ...
        reason: why it waits, or why it ended like this.
        node_count: how many nodes.
        nodes: their names, as ``n[1-4]``; none while it waits.
        elapsed: how long it runs, and
        limit: how long it may, as ``1-12:00:00``.
        start: when it started, or is expected to: local time, as ``2026-11-21T10:10:47``.
        exit_code: of its script and the signal that ended that, as ``0:15``.
        script: the path of the script that it was submitted with.
        restarts: how often it was queued again.
    """

    number: str
    state: str
    reason: str = ""
    node_count: str = ""
    nodes: str = ""
    elapsed: str = ""
    limit: str = ""
    start: str = ""
    exit_code: str = ""
    script: str = ""
    restarts: str = ""

    @property
    def is_queued(self) -> bool:
        return self.state in _QUEUED

    @property
    def is_running(self) -> bool:
        return self.state in _RUNNING

    @property
    def has_ended(self) -> bool:
        return not (self.is_queued or self.is_running)

    @property
    def array(self) -> str:
        """The number of the array that it is a task of; empty when it is none."""
        array, sign, _ = self.number.partition("_")
        return array if sign else ""

    def order(self) -> tuple[bool, bool, list[int]]:
        """The greatest of several jobs is the one that matters: it runs, or waits, or is the newest."""
        return (
            self.is_running,
            self.is_queued,
            [int(part) for part in re.findall(r"[0-9]{1,18}", self.number)],
        )


def require_slurm(program: str) -> None:
    """Whether Slurm's programs are here.

    Raises:
        R1Error: this one is not.
    """
    if shutil.which(program) is None:
        elsewhere = "; --dry-run shows the script anywhere" if program == "sbatch" else ""
        raise R1Error(
            f"there is no Slurm on this machine: `{program}` is not found",
            where="PATH",
            fix=f"run it on a login node of the cluster{elsewhere}",
        )


def find_job(number: str) -> SlurmJob | None:
    """What Slurm knows of a job, from the first program that knows it; None when none does.

    Of an array, whose tasks are attempts at one run, it is the task that matters now, unless one is named, as
    ``12_3``.

    Raises:
        R1Error: there is no Slurm here, or it does not answer: then the job may well be running.
    """
    require_slurm("squeue")
    for ask in (_ask_scontrol, _ask_squeue, _ask_sacct):
        found = ask(number)
        if found and "_" not in number and found[0].array not in ("", number):
            found = ask(found[0].array) or found
        if found:
            return max(found, key=SlurmJob.order)
    return None


def my_jobs() -> list[SlurmJob]:
    """This user's jobs, those included that ended a short while ago.

    Raises:
        R1Error: there is no Slurm here, or it does not answer.
    """
    require_slurm("squeue")
    return jobs_of_rows(_squeue("--me"))


def watch_job(number: str) -> Iterator[SlurmJob | None]:
    """Asks for a job every two seconds until it has ended; None when Slurm does not know it (any more).

    Raises:
        R1Error: there is no Slurm here, or it was silent for ten minutes.
    """
    answered = time.monotonic()
    while True:
        try:
            job = find_job(number)
        except R1Error:
            if time.monotonic() - answered > PATIENCE:
                raise
        else:
            answered = time.monotonic()
            yield job
            if job is None or job.has_ended:
                return
        time.sleep(EVERY)


def cancel_job(number: str) -> None:
    """Has Slurm end a job, or take it out of its queue.

    Raises:
        R1Error: Slurm refuses, or does not answer.
    """
    ask_slurm("scancel", number)


def ask_slurm(program: str, *arguments: str) -> str:
    """What one of Slurm's programs prints.

    Raises:
        R1Error: it failed.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_CHANGES)}
    try:
        asked = subprocess.run(
            [program, *arguments],
            capture_output=True,
            # A job's name may be in any encoding; the path of a script is compared as it is.
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            env={**inherited, "SLURM_TIME_FORMAT": "standard"},
        )
    except OSError as error:
        raise _silent(program, str(error)) from None
    if asked.returncode:
        raise _silent(program, asked.stderr.strip())
    return asked.stdout


def _silent(program: str, why: str) -> R1Error:
    return R1Error(
        f"{program} failed\n{why}",
        where=program,
        fix="try again in a while: `sinfo` shows whether the cluster can be reached",
        exit_code=1,
    )


def _ask_scontrol(number: str) -> list[SlurmJob]:
    if shutil.which("scontrol") is None:
        return []
    return jobs_of_scontrol(_unless_unknown("scontrol", "show", "job", "--oneliner", number))


def _ask_squeue(number: str) -> list[SlurmJob]:
    return jobs_of_rows(_squeue(f"--jobs={number}"))


def _ask_sacct(number: str) -> list[SlurmJob]:
    """What was accounted, where the site keeps accounts: nothing else is known of jobs of long ago."""
    arguments = ("--noheader", "--allocations", "--parsable2", f"--delimiter={_SEPARATOR}")
    try:
        return jobs_of_rows(ask_slurm("sacct", *arguments, f"--format={_SACCT}", f"--jobs={number}"))
    except (OSError, R1Error):
        return []


def _squeue(which: str) -> str:
    return _unless_unknown("squeue", "--noheader", "--states=all", f"--format={_SQUEUE}", which)


def _unless_unknown(program: str, *arguments: str) -> str:
    """What a program prints; nothing when it does not know the job."""
    try:
        return ask_slurm(program, *arguments)
    except R1Error as error:
        if "Invalid job id" in error.what:
            return ""
        raise


def jobs_of_rows(text: str) -> list[SlurmJob]:
    """Jobs as squeue and sacct print them, a line each; other lines, such as warnings, are skipped."""
    jobs = (_job(*_cells(line)) for line in text.split("\n"))
    return [job for job in jobs if job is not None]


def jobs_of_scontrol(text: str) -> list[SlurmJob]:
    """Jobs as `scontrol show job --oneliner` prints them; other lines are skipped."""
    jobs = (_job_of_fields(dict(_FIELD.findall(line))) for line in text.split("\n"))
    return [job for job in jobs if job is not None]


def _cells(line: str) -> list[str]:
    """The cells of a line; of a short one, the missing cells are empty."""
    cells = line.split(_SEPARATOR, len(_SQUEUE.split(_SEPARATOR)) - 1)
    return [*cells, ""] if len(cells) == 1 else cells


def _job_of_fields(fields: dict[str, str]) -> SlurmJob | None:
    number = fields.get("JobId", "")
    # A job that waits gives a minimum and a maximum number of nodes: 16-16.
    fields["NumNodes"] = fields.get("NumNodes", "").partition("-")[0]
    if "ArrayTaskId" in fields:
        number = f"{fields.get('ArrayJobId', '')}_{fields['ArrayTaskId']}"
    return _job(number, *(fields.get(name, "") for name in _SCONTROL))


def _job(number: str, state: str, *rest: str) -> SlurmJob | None:
    """A job; None without a number and a state."""
    # sacct says by whom: "CANCELLED by 1000"; a plus follows what a narrow column cuts off.
    number, state = number.strip(), state.strip().partition(" ")[0].rstrip("+")
    if not (_NUMBER.fullmatch(number) and _STATE.fullmatch(state)):
        return None
    known = ("" if value.strip() in _NOTHING else value for value in rest)
    return SlurmJob(number, state, *known)
