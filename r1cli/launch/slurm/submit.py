"""Submitting a job to Slurm."""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from r1cli.errors import R1Error
from r1cli.files import write_text
from r1cli.launch.slurm.array import shares
from r1cli.launch.slurm.script import render
from r1cli.runs.job import Job
from r1cli.runs.locate import SCRIPT
from r1cli.runs.run_dir import claim, inspect, read_status, writable, write_job, write_status
from r1cli.runs.slurm_queue import require_slurm
from r1cli.runs.state import look_at

# What `sbatch --parsable` prints, with the cluster's name where there are several, and without --parsable.
_NUMBER = re.compile(r"(?:Submitted batch job )?([0-9]+)(?:;\S*|(?: on cluster \S+)?)")
# Why a submission fails although the job may have been queued, or be accepted later.
_NO_ANSWER = re.compile(r"timed out|zero bytes|contact|connection|transport")
# What sbatch says where it has handed nothing over: no controller was reached.
_NOT_REACHED = re.compile(r"configuration source|connect failure|unknown host", re.IGNORECASE)
#: The exit code of a job that Slurm does not accept.
REFUSED = 2
_OPTIONS, _LOGIN = ("SLURM_", "SBATCH_"), ("SLURM_CONF", "SLURM_JWT")


def submit(job: Job) -> str:
    """Writes a job, its script and the shares of its array into the run directory, and has Slurm queue it.

    Args:
        job: the plan, with what it asks of the cluster.

    Returns:
        Slurm's number of the job; empty when the run is finished already, and nothing was queued.

    Raises:
        R1Error: the plan lacks something, there is no Slurm here, it refuses the job, or the run directory is
            not free.
    """
    if job.needs.missing:
        raise R1Error("; ".join(job.needs.missing), where="the environment of the nodes")
    script = render(job)
    require_slurm("sbatch")
    run_dir = Path(job.run_dir)
    if read_status(run_dir).get("job_id"):
        # A job of it may wait again, or be gone, and the record not say so yet.
        look_at(run_dir)
    if inspect(job) == "finished":
        return ""
    is_new = not run_dir.exists()
    with writable(run_dir), claim(run_dir):
        inspect(job)
        write_job(job)
        for share in shares(job):
            write_job(share)
            # Among other tasks than before it may have more to do.
            (Path(share.run_dir) / "status.json").unlink(missing_ok=True)
        write_text(run_dir / SCRIPT, script)
        try:
            number = _sbatch(run_dir / SCRIPT)
        except R1Error as error:
            if is_new and (error.exit_code == REFUSED or _NOT_REACHED.search(error.what)):
                shutil.rmtree(run_dir, ignore_errors=True)
                with suppress(OSError):  # others' runs may be beside it
                    run_dir.parent.rmdir()
            raise
        write_status(run_dir, "queued", job_id=number)
    return number


def _sbatch(script: Path) -> str:
    """The number that Slurm gives to a script's job."""
    # Another job's variables would be taken for options of this one, and SBATCH_ ones win over the script.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OPTIONS)}
    login = {name: os.environ[name] for name in _LOGIN if name in os.environ}
    asked = subprocess.run(
        ["sbatch", "--parsable", str(script)],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=clean | login,
    )
    if asked.returncode:
        raise _failure(script, asked.stderr.strip())
    return job_number(asked.stdout, script)


def _failure(script: Path, why: str) -> R1Error:
    """The error for what sbatch says when it has not queued a job, or does not know whether it has."""
    words = why.lower()
    change = "change what the job asks for (--partition, --account, --time, ...)"
    no_answer = _NO_ANSWER.search(words)
    if "batch job submission failed" in words and not no_answer:
        what, fix = f"sbatch refuses the job\n{why}", f"{change}; `sinfo` shows what there is"
        return R1Error(what, where="sbatch", fix=fix, exit_code=REFUSED)
    look = "`sinfo` shows whether the cluster can be reached"
    fix = f"{change}; {look}"
    if _NOT_REACHED.search(words):  # nothing was handed over, and a new run's script goes again
        return R1Error(f"sbatch failed\n{why}", where="sbatch", fix=look, exit_code=1)
    if no_answer:
        fix = f"`squeue --me` shows whether it was queued; {look}"
    return R1Error(f"sbatch failed\n{why}", where=str(script), fix=fix, exit_code=1)


def job_number(text: str, script: Path) -> str:
    """The number of a job in what sbatch prints; a site's plugins may print other lines before it.

    Raises:
        R1Error: there is none.
    """
    found = [match for line in text.split("\n") if (match := _NUMBER.fullmatch(line.strip()))]
    if not found:
        raise R1Error(
            f"sbatch did not print the number of the job\n{text.strip()}".rstrip(),
            where=str(script),
            fix="`squeue --me` shows whether it was queued; `scancel` ends it",
            exit_code=1,
        )
    return found[-1][1]
