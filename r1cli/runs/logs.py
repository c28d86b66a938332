"""The logs of a run that was submitted."""

from pathlib import Path

from r1cli.errors import R1Error, did_you_mean
from r1cli.runs.find import Run


def find_log(run: Run, name: str | None) -> Path:
    """A log of a run; it may not be written yet.

    Args:
        run: it was submitted.
        name: of a role's log, as ``train-rank0``; None for what the job itself prints.

    Raises:
        R1Error: the run has no such log, or was not submitted.
    """
    folder = run.run_dir / "logs"
    if name is None:
        if not run.job_id:
            raise R1Error(
                "this run was not submitted to Slurm, so it has no job's output",
                where=str(run.run_dir),
                fix=f"--log names one of {folder}",
            )
        return job_output(run.run_dir, run.job.number if run.job else run.job_id)
    log = folder / f"{name.removesuffix('.log')}.log"
    known = sorted(path.stem for path in folder.glob("*.log"))
    if log.stem not in known:
        otherwise = f"there is {', '.join(known)}" if known else "no role has started"
        raise R1Error(
            f"there is no log '{name}' (yet)",
            where=str(folder),
            fix=did_you_mean(name, known, otherwise),
        )
    return log


def job_output(run_dir: Path, number: str) -> Path:
    """What a job prints; of an array, what its last task did, where this one has printed nothing yet."""
    path = run_dir / "logs" / f"slurm-{number}.out"
    array, sign, _ = number.partition("_")
    if path.exists() or not sign:
        return path
    earlier = path.parent.glob(f"slurm-{array}_*.out")
    return max(earlier, key=lambda log: log.stat().st_mtime, default=path)
