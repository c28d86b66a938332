"""The logs of a run: where they are, and the end of one."""

from collections.abc import Iterable
from pathlib import Path

from r1cli.errors import R1Error, did_you_mean
from r1cli.runs.state import Run

# As much of a log holds the lines that are shown.
_END = 1 << 16


def find_log(run: Run, name: str | None) -> Path:
    """A log of a run; it may not be written yet.

    Args:
        run: the run.
        name: of a role's log, as ``train-rank0``; None for the main one.

    Raises:
        R1Error: the run has no such log.
    """
    if name is None:
        return main_log(run)
    folder = run.run_dir / "logs"
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


def main_log(run: Run) -> Path:
    """What its Slurm job prints; of a run of this machine, the log of its first worker that has written."""
    if run.job_id:
        return job_output(run.run_dir, run.job.number if run.job else run.job_id)
    logs = run.run_dir / "logs"
    candidates = [*sorted(logs.glob("*-rank0.log")), *sorted(logs.glob("*.log"))]
    return next((log for log in candidates if log.stat().st_size), logs / "rank0.log")


def job_output(run_dir: Path, number: str) -> Path:
    """What a job prints; of an array, what its last task did, where this one has printed nothing yet."""
    path = run_dir / "logs" / f"slurm-{number}.out"
    array, sign, _ = number.partition("_")
    if path.exists() or not sign:
        return path
    earlier = path.parent.glob(f"slurm-{array}_*.out")
    return max(earlier, key=lambda log: log.stat().st_mtime, default=path)


def last_lines(pieces: Iterable[str], count: int = 20) -> str:
    """The end of a log that is read in pieces; of a progress bar, what it showed last."""
    end = ""
    for piece in pieces:
        end = (end + piece)[-_END:]
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in end.split("\n")]
    return "\n".join(lines[-count - 1 :] if lines[-1] == "" else lines[-count:])
