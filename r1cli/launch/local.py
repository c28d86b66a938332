"""The local launcher: carries a job out on this machine, and watches it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from r1cli.files import GrowingFile, write_text
from r1cli.launch.endings import RESUMABLE
from r1cli.launch.machine import check_machine
from r1cli.runs.failure import failure
from r1cli.runs.job import Job
from r1cli.runs.run_dir import (
    STEPPING,
    STOP,
    claim,
    correct_status,
    inspect,
    read_status,
    writable,
    write_job,
    write_status,
)

#: Called with each new line of metrics.jsonl, and with None when there was none for a while.
Watcher = Callable[[dict[str, Any] | None], None]

_POLL = 0.25
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOPPED = {128 + number for number in _SIGNALS}


def launch(
    job: Job,
    watch: Watcher,
    on_start: Callable[[str], None] = lambda found: None,
    check: Callable[[], None] = lambda: None,
    on_stop: Callable[[], None] = lambda: None,
    is_outdated: Callable[[], bool] = lambda: False,
) -> str:
    """Runs a job to its end on this machine.

    Args:
        job: the plan.
        watch: told of the run's progress.
        on_start: called with how the run directory was found once nothing speaks against the job, before
            anything runs.
        check: called after the machine was looked at; it raises an R1Error for what else speaks against it.
        on_stop: called when Ctrl-C has asked a run that takes steps to end with a checkpoint. The next signal
            ends it at once.
        is_outdated: called where the run is finished: whether it is continued all the same.

    Returns:
        How the run directory was found: "new", "resumed", or "finished" when there was nothing to do.

    Raises:
        R1Error: the request was wrong, or the run failed.
        SystemExit: a signal stopped the run, with 128 + its number.
    """
    found = inspect(job)
    if found == "finished":
        if not is_outdated():
            # Nothing is needed of the machine any more.
            return found
        found = "outdated"
    check_machine(job)
    check()
    run_dir = Path(job.run_dir)
    with claim(run_dir) as lock, _Stop(run_dir) as stop:
        with writable(run_dir):
            write_job(job)
            if found == "outdated":
                # A supervisor has nothing to do where a run is finished.
                write_status(run_dir, "interrupted", "its dataset has changed")
                found = "resumed"
        on_start(found)
        code = _supervise(run_dir, lock, stop, watch, on_stop)
    if code in (*_STOPPED, RESUMABLE):
        raise SystemExit(code)
    if code:
        how = f"its supervisor ended with {signal.Signals(code - 128).name}" if code > 128 else ""
        _record_failure(run_dir, how or f"its supervisor ended with exit code {code}")
        raise failure(run_dir, how=how)
    return found


def _record_failure(run_dir: Path, how: str) -> None:
    """Records what a supervisor that was killed, or never began, could not."""
    if read_status(run_dir).get("state") != "failed":
        with suppress(OSError):
            correct_status(run_dir, "failed", how)


def _supervise(run_dir: Path, lock: int, stop: "_Stop", watch: Watcher, on_stop: Callable[[], None]) -> int:
    """Starts the supervisor, follows the run, and returns its exit code: 128 + the signal that ended it."""
    # An earlier attempt's, which would not be answered.
    (run_dir / STEPPING).unlink(missing_ok=True)
    # Signals wait until the supervisor listens: see `StopSignals.listen`.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        supervisor = subprocess.Popen(
            [sys.executable, "-P", "-m", "r1cli.launch.node", str(run_dir / "job.json")],
            stdin=subprocess.DEVNULL,
            # The terminal's Ctrl-C goes to r1 alone, which passes it on once.
            start_new_session=True,
            pass_fds=(lock,),
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    try:
        stop.pass_on_to(supervisor)
        for line in _follow(run_dir / "metrics.jsonl", supervisor):
            if stop.is_new_request():
                on_stop()
            watch(line)
    finally:
        # Whatever went wrong here, nothing trains on unwatched.
        supervisor.terminate()
        supervisor.wait()
    code = supervisor.returncode if supervisor.returncode >= 0 else 128 - supervisor.returncode
    # After a Ctrl-C, too, a checkpoint that cannot be written is a failure.
    return 128 + stop.received[0] if stop.received and code in (0, RESUMABLE, *_STOPPED) else code


class _Stop:
    """Passes Ctrl-C and the like on to the supervisor, which ends the run; ``received`` lists what came.

    Where the run takes steps, the first Ctrl-C asks it for a checkpoint instead.
    """

    def __init__(self, run_dir: Path) -> None:
        self.received: list[signal.Signals] = []
        self._run_dir = run_dir
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._asks = False
        self._old: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "_Stop":
        self._old = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        return self

    def __exit__(self, *raised: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def pass_on_to(self, supervisor: "subprocess.Popen[bytes]") -> None:
        """Passes on to this process what comes from now on, and what has come before it was started."""
        self._supervisor = supervisor
        for number in [*self.received]:
            supervisor.send_signal(number)

    def is_new_request(self) -> bool:
        """Whether the run was asked for a checkpoint since the last call."""
        asks, self._asks = self._asks, False
        return asks

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.received.append(signal.Signals(number))
        first = len(self.received) == 1 and number == signal.SIGINT
        if first and (self._run_dir / STEPPING).exists() and self._ask():
            self._asks = True
        elif self._supervisor:
            self._supervisor.send_signal(number)

    def _ask(self) -> bool:
        """Asks the run for a checkpoint; False where the request cannot be written."""
        try:
            write_text(self._run_dir / STOP, signal.SIGINT.name)
        except OSError:  # a full disk
            return False
        return True


def _follow(path: Path, supervisor: subprocess.Popen[bytes]) -> Iterator[dict[str, Any] | None]:
    """The lines written to a file from now on, until the supervisor ends; None about four times a second."""
    # On resume the trainer replaces the file by its part up to the checkpoint, which is not news.
    file, began = GrowingFile(path, from_end=True), time.time()
    while True:
        ended = supervisor.poll() is not None
        yield from (entry for entry in _entries(file.lines()) if entry.get("time", began) >= began)
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
