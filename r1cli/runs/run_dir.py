"""The run directory: everything needed to understand, repeat and resume a run."""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from r1cli.commands import COMMANDS
from r1cli.errors import R1Error
from r1cli.files import lock, read_json_lines, read_mapping, write_text
from r1cli.runs.job import Job
from r1cli.runs.moved_paths import recorded_dir, relocate
from r1cli.runs.start_time import record_start
from r1cli.runs.supervisor import supervises
from r1cli.yaml12 import to_yaml

#: Asks rank 0 for a checkpoint, after which the run stops; and what it leaves then: see `train.stop`. The
#: request may name the signal that it is due to.
STOP, STOPPED = Path("launch", "stop"), Path("launch", "stopped.json")
#: There while a run takes steps, after each of which it looks for the request.
STEPPING = Path("launch", "stepping")

# What must be the same in two configs of one run, of the group that says how a cluster is asked.
_SAME_ON_A_CLUSTER = {"slurm.nodes", "slurm.gpus_per_node", "slurm.vllm_nodes"}
# What every start leaves in a run directory.
_STARTED = {"launch", "logs", "run.yaml", "job.json", "status.json"}
# What says where a run is written and what it may call, and not what is run.
_MAY_DIFFER = {"training.output_dir", "launch.offline"}


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_run(run_dir: Path) -> dict[str, Any]:
    """``run.yaml`` of a run directory.

    Raises:
        R1Error: the directory contains no run.
    """
    path = run_dir / "run.yaml"
    try:
        run = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not (isinstance(run, dict) and isinstance(run.get("command"), str) and "config" in run):
            raise ValueError("run.yaml does not say which command was run with which config")
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise R1Error(
            f"this is not a run directory: {error}",
            where=str(run_dir),
            fix="name a folder that has a run.yaml, before any option",
        ) from None
    return run


def recorded_command(run_dir: Path) -> str:
    """The command of the run in a directory; empty when there is no run in it."""
    try:
        return str(read_run(run_dir)["command"])
    except R1Error:
        return ""


def read_status(run_dir: Path) -> dict[str, Any]:
    """``status.json``, with "lost" in place of "running" when its supervisor is gone.

    Empty before a start, and where it cannot be read or is none.
    """
    status = read_mapping(run_dir / "status.json")
    here = status.get("host") == socket.gethostname()
    if status.get("state") == "running" and here and not supervises(status.get("pid", 0), run_dir):
        status["state"] = "lost"
        # Nobody has recorded that yet.
        status.pop("corrected", None)
    return status


def write_status(run_dir: Path, state: str, reason: str = "", job_id: str = "") -> None:
    """Sets the state, with who and when; ``job_id`` is Slurm's number."""
    entry = {
        "state": state,
        "reason": reason,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "time": now(),
        **({"job_id": job_id} if job_id else {}),
    }
    write_text(run_dir / "status.json", json.dumps(entry, indent=2) + "\n")


def correct_status(run_dir: Path, state: str, reason: str) -> None:
    """Sets the state for a supervisor that could not: what it said of itself stays, and when that was."""
    entry = {**read_status(run_dir), "state": state, "reason": reason, "corrected": now()}
    write_text(run_dir / "status.json", json.dumps(entry, indent=2) + "\n")


def inspect(job: Job) -> str:
    """In which state a job finds its run directory; nothing is written.

    Returns:
        "new", also where another config has ended and left nothing; "finished" when the same job is done
        already; "resumed" when it was begun.

    Raises:
        R1Error: the directory belongs to another config, is in use, or is something else's.
    """
    run_dir = Path(job.run_dir)
    if run_dir.exists() and not run_dir.is_dir():
        raise R1Error("the run directory is a file", where=str(run_dir), fix="choose another --output-dir")
    if not (run_dir / "run.yaml").exists():
        if run_dir.exists() and any(entry.name != "launch" for entry in run_dir.iterdir()):
            raise R1Error(
                "the directory is not empty and contains no run of r1",
                where=str(run_dir),
                fix="choose another --output-dir",
            )
        return "new"
    status = read_status(run_dir)
    if different := _other_config(run_dir, job):
        if _left_nothing(run_dir, status):
            return "new"
        raise different
    if status.get("state") in ("queued", "running"):
        process = f"process {status.get('pid', '?')} on {status.get('host', '?')}"
        job_id = status.get("job_id")
        raise _under_way(f"{run_dir}, {f'Slurm job {job_id}' if job_id else process}")
    if status.get("state") == "finished":
        return "finished"
    _refuse_other_verdicts(run_dir, job)
    return "resumed"


@contextmanager
def writable(run_dir: Path) -> Iterator[None]:
    """Says what kept a run directory from being written.

    Raises:
        R1Error: the system did.
    """
    try:
        yield
    except OSError as error:
        raise R1Error(
            f"the run directory cannot be written: {error.strerror or error}",
            where=str(error.filename or run_dir),
            fix="choose another --output-dir",
        ) from error


@contextmanager
def claim(run_dir: Path, seconds: float = 0.0) -> Iterator[int]:
    """Holds the run directory for one launch: a second one is refused after waiting for ``seconds``.

    Yields:
        A file descriptor; a process that inherits it holds the directory for as long as it lives.

    Raises:
        R1Error: another launch holds it.
    """
    with writable(run_dir):
        (run_dir / "launch").mkdir(parents=True, exist_ok=True)
    with lock(run_dir / "launch" / "lock", _under_way(str(run_dir)), seconds) as descriptor:
        yield descriptor


def is_held(run_dir: Path) -> bool:
    """Whether a process holds the run directory, wherever that was when the process started."""
    try:
        with lock(run_dir / "launch" / "lock", BlockingIOError()):
            return False
    except BlockingIOError:
        return True
    except OSError:  # it cannot be opened, or its file system knows no locks
        return False


def _under_way(where: str) -> R1Error:
    return R1Error(
        "this run is still running",
        where=where,
        fix="wait for it, stop it, or choose another --output-dir; `r1 runs show` shows more",
    )


def write_job(job: Job) -> None:
    """Writes a job's files into its run directory, and puts the logs of an earlier attempt aside."""
    run_dir = Path(job.run_dir)
    for name, text in {"run.yaml": to_yaml(job.record), **job.files}.items():
        write_text(run_dir / name, text)
    write_text(run_dir / "job.json", job.to_json())
    record_start(run_dir)
    put_logs_aside(run_dir)


def put_logs_aside(run_dir: Path) -> None:
    """Moves the logs of an earlier attempt, if there are any, into their own folder."""
    logs = run_dir / "logs"
    earlier = list(logs.glob("*.log"))
    aside = logs / f"attempt-{len(list(logs.glob('attempt-*'))) + 1}" if earlier else logs
    aside.mkdir(parents=True, exist_ok=True)
    for log in earlier:
        log.rename(aside / log.name)


def _left_nothing(run_dir: Path, status: Mapping[str, Any]) -> bool:
    """Whether a run that has ended has nothing to resume: no file but those of its start."""
    # Slurm may queue an interrupted job again.
    has_ended = status.get("state") == "failed" or (
        status.get("state") == "interrupted" and not status.get("job_id")
    )
    return has_ended and {entry.name for entry in run_dir.iterdir()} <= _STARTED


def _other_config(run_dir: Path, job: Job) -> R1Error | None:
    """That the directory contains a run with another config, if it does."""
    row = COMMANDS.get(job.command)
    # An older run has some keys under other names.
    moved, recorded = row.moved if row else {}, recorded_dir(run_dir)
    old = {moved.get(key, key): value for key, value in _flat(read_run(run_dir)).items()}
    new = _flat(job.record)
    may_differ = {*_MAY_DIFFER, *(row.may_differ if row else ())}
    different = [
        key
        for key in sorted({*old, *new})
        if key not in may_differ
        and _matters(key)
        and new.get(key) not in (old.get(key), relocate(old.get(key), recorded, run_dir))
    ]
    if not different:
        return None
    lines = "\n".join(f"  {key}: {_shown(old, key)} there, {_shown(new, key)} now" for key in different)
    return R1Error(
        f"the directory contains a run with another config\n{lines}",
        where=str(run_dir),
        fix="choose another --output-dir, or ask for the same config to resume that run",
    )


def _refuse_other_verdicts(run_dir: Path, job: Job) -> None:
    """Refuses to continue with rewards that other verdicts would have scored."""
    metrics = run_dir / "metrics.jsonl"
    if not metrics.exists() or not any("reward" in step for step in read_json_lines(metrics, torn=True)):
        return
    then, now = (run.get("versions", {}).get("verdicts", "1") for run in (read_run(run_dir), job.record))
    if then == now:
        return
    raise R1Error(
        f"the steps so far were rewarded by verdicts {then}, and this r1 has verdicts {now}",
        where=str(run_dir),
        fix="continue with the r1 that began the run, or begin another: --output-dir NEW, and as its --model "
        "the last checkpoint",
    )


def _matters(key: str) -> bool:
    """Whether a key says what is run, and not only how it is queued."""
    return not key.startswith("slurm.") or key in _SAME_ON_A_CLUSTER


def _flat(run: Mapping[str, Any]) -> dict[str, Any]:
    flat = {"command": run["command"]}
    for group, leaves in run["config"].items():
        flat.update({f"{group}.{name}": value for name, value in leaves.items()})
    if renamed := flat.get("data.columns"):
        # Its own name is given to a column, beside another, where something reads it under that.
        flat["data.columns"] = {new: old for new, old in renamed.items() if new != old}
    return flat


def _shown(values: Mapping[str, Any], key: str) -> str:
    return json.dumps(values[key], default=str) if key in values else "not set"
