"""The local launcher: carries a job out on this machine, and watches it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import Any

from r1cli.errors import R1Error
from r1cli.launch.job import Job
from r1cli.launch.place import visible_gpus
from r1cli.launch.run_dir import prepare

#: The packages that tell whether an extra of r1 is installed.
EXTRAS = {
    "train": ("torch", "transformers", "trl", "accelerate", "datasets", "math-verify", "reasoning-gym"),
    "vllm": ("vllm",),
}

#: Called with each new line of metrics.jsonl, and with None when there was none for a while.
Watcher = Callable[[dict[str, Any] | None], None]

_POLL = 0.25


def check_machine(job: Job) -> None:
    """Whether this machine can carry the job out.

    Raises:
        R1Error: an extra is not installed, or GPUs are asked for that are not there.
    """
    for extra in job.requires:
        missing = [name for name in EXTRAS[extra] if not _installed(name)]
        if missing:
            raise R1Error(
                f"{', '.join(missing)} is not installed, and `r1 {job.command}` needs it",
                where=sys.prefix,
                mend=f"pip install 'r1cli[{extra}]'",
            )
    wanted = {gpu for role in job.roles for gpu in role.gpus}
    absent = sorted(wanted - set(visible_gpus()))
    if absent:
        raise R1Error(
            f"GPU {', '.join(map(str, absent))} is asked for, and this machine shows {_gpu_list()}",
            where="launch.gpus",
            mend="ask for GPUs that are there with --gpus, or use another machine",
        )


def launch(job: Job, watch: Watcher) -> str:
    """Runs a job to its end on this machine.

    Args:
        job: the plan.
        watch: told of the run's progress.

    Returns:
        How the run directory was found: "new", "resumed", or "finished" when there was nothing to do.

    Raises:
        R1Error: the request was wrong, or the run failed.
        SystemExit: a signal stopped the run, with 128 + its number.
    """
    check_machine(job)
    found = prepare(job)
    if found == "finished":
        return found
    run_dir = Path(job.run_dir)
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "r1cli.launch.node", str(run_dir / "job.json")],
        stdin=subprocess.DEVNULL,
        # The terminal's Ctrl-C goes to r1 alone, which passes it on once.
        start_new_session=True,
    )
    with _signals_to(supervisor):
        for line in _follow(run_dir / "metrics.jsonl", supervisor):
            watch(line)
    code = supervisor.returncode
    if code in (128 + signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGHUP):
        raise SystemExit(code)
    if code:
        raise failure(run_dir, code)
    return found


@contextmanager
def _signals_to(supervisor: subprocess.Popen[bytes]) -> Iterator[None]:
    """Passes Ctrl-C and SIGTERM on to the supervisor, which ends the run."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        if supervisor.poll() is None:
            os.kill(supervisor.pid, number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    old = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _follow(path: Path, supervisor: subprocess.Popen[bytes]) -> Iterator[dict[str, Any] | None]:
    """The lines written to a file from now on, until the supervisor ends; None about four times a second."""
    offset = path.stat().st_size if path.exists() else 0
    while True:
        ended = supervisor.poll() is not None
        if path.exists():
            # On resume the trainer cuts the file back to its checkpoint.
            offset = min(offset, path.stat().st_size)
            with path.open("rb") as file:
                file.seek(offset)
                for raw in file:
                    if raw.endswith(b"\n"):
                        offset += len(raw)
                        yield json.loads(raw)
        yield None
        if ended:
            return
        time.sleep(_POLL)


def failure(run_dir: Path, code: int) -> R1Error:
    """The error that ended a run: the worker's own words, or the end of its log."""
    error_file = run_dir / "launch" / "error.json"
    if error_file.exists():
        return R1Error(**json.loads(error_file.read_text(encoding="utf-8")))
    log, tail = _last_words(run_dir / "logs")
    return R1Error(f"the run failed\n{tail}", where=str(log), mend=_mend_failure(tail), exit_code=1)


def _mend_failure(tail: str) -> str:
    if "out of memory" in tail.lower():
        return "use a smaller per_device_train_batch_size, with more gradient_accumulation_steps"
    return "the log has the whole traceback; the same command resumes the run"


def _last_words(logs: Path, lines: int = 15) -> tuple[Path, str]:
    """The end of the log that tells most: that of the rank written last, or else the role's own."""
    ranks = sorted(logs.glob("*-rank*.log"), key=lambda log: log.stat().st_mtime)
    candidates = [log for log in [*ranks, *logs.glob("*.log")] if log.stat().st_size]
    if not candidates:
        return logs, "nothing was logged"
    with_error = [log for log in candidates if "Traceback" in log.read_text(errors="replace")]
    log = (with_error or candidates)[0]
    return log, "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _gpu_list() -> str:
    gpus = visible_gpus()
    return f"only {', '.join(map(str, gpus))}" if gpus else "none"
