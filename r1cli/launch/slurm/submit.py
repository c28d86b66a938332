"""Submitting a job to Slurm."""

import os
import subprocess
from pathlib import Path

from r1cli.errors import R1Error
from r1cli.launch.job import Job
from r1cli.launch.run_dir import claim, inspect, write_job, write_status, write_text
from r1cli.launch.slurm.queue import require_slurm

SCRIPT = Path("launch", "job.sh")


def submit(job: Job, script: str) -> str:
    """Writes a job and its script into the run directory, and has Slurm queue it.

    Returns:
        Slurm's number of the job; empty when the run is finished already, and nothing was queued.

    Raises:
        R1Error: there is no Slurm here, it refuses the job, or the run directory is not free.
    """
    require_slurm("sbatch")
    if inspect(job) == "finished":
        return ""
    run_dir = Path(job.run_dir)
    with claim(run_dir):
        write_job(job)
        write_text(run_dir / SCRIPT, script)
        number = _sbatch(run_dir / SCRIPT)
        write_status(run_dir, "queued", job_id=number)
    return number


def _sbatch(script: Path) -> str:
    """The number that Slurm gives to a script's job."""
    # Inside of another job, its variables would be taken for options of this one.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
    kept = {name: os.environ[name] for name in ("SLURM_CONF",) if name in os.environ}
    asked = subprocess.run(
        ["sbatch", "--parsable", str(script)], capture_output=True, text=True, check=False, env=clean | kept
    )
    if asked.returncode:
        refused = "batch job submission failed" in asked.stderr.lower()
        look = (
            "`sinfo` shows what there is" if refused else "`sinfo` shows whether the cluster can be reached"
        )
        raise R1Error(
            f"sbatch {'refuses the job' if refused else 'failed'}\n{asked.stderr.strip()}",
            where=str(script),
            mend=f"change what the job asks for (--partition, --account, --time, ...); {look}",
            exit_code=2 if refused else 1,
        )
    return asked.stdout.strip().partition(";")[0]
