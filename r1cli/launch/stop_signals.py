"""What asks a supervisor to stop: a signal, or the end of the process that started it."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from r1cli.files import write_text
from r1cli.launch.endings import Failed, Stopped
from r1cli.runs.run_dir import STOP

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TIME_LIMIT = "stopped before the time limit"
# Seconds in which a signal may come that explains why a process has ended.
_HINDSIGHT = 0.5


class StopSignals:
    """The signals of one supervisor. ``received`` is the one that stops it, once it has come.

    Args:
        run_dir: where a checkpoint is asked for when the time limit is near.
        leads: this node has rank 0 of the training.
    """

    def __init__(self, run_dir: Path, *, leads: bool) -> None:
        self.received: signal.Signals | None = None
        self._run_dir = run_dir
        self._leads = leads
        self._parent = os.getppid()
        self._is_orphan = False

    def listen(self) -> None:
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGUSR1, self._on_warning)
        # What has come meanwhile is delivered now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def look_for_parent(self) -> None:
        """Without the process that started it, nobody would ever stop this one."""
        if os.getppid() != self._parent and self.received is None:
            self.received, self._is_orphan = signal.SIGHUP, True

    @property
    def reason(self) -> str:
        """What stops the run."""
        if self._is_orphan:
            return "the process that started it has ended"
        return self.received.name if self.received else ""

    def came_late(self) -> bool:
        """Whether a signal has come, or comes in a moment: it may reach other processes first."""
        time.sleep(_HINDSIGHT)
        return self.received is not None

    def in_hindsight(self, failed: Failed) -> Exception:
        """Why the run ends: a failure, or the signal that brought it about."""
        return Stopped() if self.came_late() else failed

    def why_asked(self) -> str:
        """Why the run was asked for a checkpoint: the signal that r1 received, or the time limit."""
        with suppress(OSError):
            return (self._run_dir / STOP).read_text(encoding="utf-8").strip() or _TIME_LIMIT
        return _TIME_LIMIT

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.received = signal.Signals(number)

    def _on_warning(self, number: int, frame: FrameType | None) -> None:
        """The time limit is near: asks the ranks for a checkpoint."""
        if self._leads:
            write_text(self._run_dir / STOP, "")
