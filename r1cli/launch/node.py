"""The supervisor of one node: ``python -m r1cli.launch.node RUN_DIR/job.json``.

It starts this node's roles, passes signals on, writes the run's state, and leaves no process behind. It
imports nothing heavy, so that it is up, and can be stopped, at once.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from r1cli.launch.job import Job, Role
from r1cli.launch.run_dir import write_status

#: Seconds between the polite signal and SIGKILL.
GRACE = 10.0
_POLL = 0.1
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Runs the roles of a job on this node until all have ended, or one has failed."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.run_dir = Path(job.run_dir)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.stopped_by: signal.Signals | None = None
        self.parent = os.getppid()

    def run(self) -> int:
        """The exit code of the run: 0, a failing role's own, or 128 + the signal that stopped it."""
        for number in _STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        (self.run_dir / "launch" / "error.json").unlink(missing_ok=True)
        write_status(self.run_dir, "running")
        try:
            for role in self.job.roles:
                self.processes[role.name] = self._start(role)
            failed = self._wait()
        except BaseException as error:
            write_status(self.run_dir, "failed", f"supervisor: {error!r}")
            raise
        finally:
            self._stop_all()
        return self._conclude(failed)

    def _start(self, role: Role) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **role.env, "R1_SUPERVISOR_PID": str(os.getpid())}
        with (self.run_dir / "logs" / f"{role.name}.log").open("ab") as log:
            # A session of its own: one signal reaches every process of the role.
            return subprocess.Popen(
                role.argv,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait(self) -> str | None:
        """The name of the first role that failed, or None when all ended well or a signal came."""
        while self.stopped_by is None:
            if os.getppid() != self.parent:
                # Who started this is gone, and nobody would ever stop it.
                self.stopped_by = signal.SIGHUP
                break
            codes = {name: process.poll() for name, process in self.processes.items()}
            failed = [name for name, code in codes.items() if code]
            if failed:
                return failed[0]
            if all(code == 0 for code in codes.values()):
                return None
            time.sleep(_POLL)
        return None

    def _conclude(self, failed: str | None) -> int:
        if self.stopped_by is not None:
            write_status(self.run_dir, "interrupted", self.stopped_by.name)
            return 128 + self.stopped_by
        if failed is None:
            write_status(self.run_dir, "finished")
            return 0
        code = self.processes[failed].returncode
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        write_status(self.run_dir, "failed", f"{failed} ended with {how}")
        return code if code > 0 else 128 - code

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopped_by = signal.Signals(number)

    def _stop_all(self) -> None:
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while any(self._signal_all(0)) and time.monotonic() < deadline:
            for process in self.processes.values():
                process.poll()
            time.sleep(_POLL)
        self._signal_all(signal.SIGKILL)
        for process in self.processes.values():
            process.wait()

    def _signal_all(self, number: int) -> list[bool]:
        return [_signal_group(process.pid, number) for process in self.processes.values()]


def _signal_group(group: int, number: int) -> bool:
    """Sends a signal to a process group, 0 to ask only; whether there is such a group."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> int:
    job_file = Path(sys.argv[1])
    return Supervisor(Job.from_json(job_file.read_text(encoding="utf-8"))).run()


if __name__ == "__main__":
    sys.exit(main())
