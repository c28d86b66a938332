"""The local launcher: carries a job out on this machine, and watches it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from r1cli.files import GrowingFile
from r1cli.launch.machine import check_machine
from r1cli.runs.failure import failure
from r1cli.runs.job import Job
from r1cli.runs.run_dir import claim, inspect, writable, write_job

#: Called with each new line of metrics.jsonl, and with None when there was none for a while.
Watcher = Callable[[dict[str, Any] | None], None]

_POLL = 0.25
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOPPED = {128 + number for number in _SIGNALS}


def launch(
    job: Job,
    watch: Watcher,
    on_start: Callable[[], None] = lambda: None,
    check: Callable[[], None] = lambda: None,
) -> str:
    """Runs a job to its end on this machine.

    Args:
        job: the plan.
        watch: told of the run's progress.
        on_start: called once nothing speaks against the job, before anything runs.
        check: called after the machine was looked at; it raises an R1Error for what else speaks against it.

    Returns:
        How the run directory was found: "new", "resumed", or "finished" when there was nothing to do.

    Raises:
        R1Error: the request was wrong, or the run failed.
        SystemExit: a signal stopped the run, with 128 + its number.
    """
    found = inspect(job)
    if found == "finished":
        # Nothing is needed of the machine any more.
        return found
    check_machine(job)
    check()
    run_dir = Path(job.run_dir)
    with claim(run_dir) as lock:
        with writable(run_dir):
            write_job(job)
        on_start()
        code = _supervise(run_dir, lock, watch)
    if code in _STOPPED:
        raise SystemExit(code)
    if code:
        how = f"its supervisor ended with {signal.Signals(code - 128).name}" if code > 128 else ""
        raise failure(run_dir, how=how)
    return found


def _supervise(run_dir: Path, lock: int, watch: Watcher) -> int:
    """Starts the supervisor, follows the run, and returns its exit code: 128 + the signal that ended it."""
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "r1cli.launch.node", str(run_dir / "job.json")],
        stdin=subprocess.DEVNULL,
        # The terminal's Ctrl-C goes to r1 alone, which passes it on once.
        start_new_session=True,
        pass_fds=(lock,),
    )
    try:
        with _signals_to(supervisor) as received:
            for line in _follow(run_dir / "metrics.jsonl", supervisor):
                watch(line)
    finally:
        # Whatever went wrong here, nothing trains on unwatched.
        supervisor.terminate()
        supervisor.wait()
    if received:
        return 128 + received[0]
    return supervisor.returncode if supervisor.returncode >= 0 else 128 - supervisor.returncode


@contextmanager
def _signals_to(supervisor: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """Turns Ctrl-C and the like into a SIGTERM for the supervisor, which ends the run; lists what came."""
    received: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        received.append(number)
        supervisor.terminate()

    old = {number: signal.signal(number, pass_on) for number in _SIGNALS}
    try:
        yield received
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _follow(path: Path, supervisor: subprocess.Popen[bytes]) -> Iterator[dict[str, Any] | None]:
    """The lines written to a file from now on, until the supervisor ends; None about four times a second."""
    # On resume the trainer replaces the file by its part up to the checkpoint.
    file = GrowingFile(path, from_end=True)
    while True:
        ended = supervisor.poll() is not None
        yield from _entries(file.lines())
        yield None
        if ended:
            return
        time.sleep(_POLL)


def _entries(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The lines that hold an entry: a torn one, as a full disk leaves it, does not end the run."""
    for line in lines:
        with suppress(ValueError, RecursionError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                yield entry
