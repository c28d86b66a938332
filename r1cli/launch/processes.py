"""The programs of one node: started, watched, and ended with all that they have started themselves."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from r1cli.children import end_with_parent
from r1cli.runs.job import KEY, Role, fill
from r1cli.runs.run_tag import run_tag

#: Seconds between the polite signal and SIGKILL.
GRACE = 10.0
_POLL = 0.1
# A plan counts GPUs as nvidia-smi does. By default CUDA puts the fastest first, where they differ.
_NUMBERS = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


class Processes:
    """The roles that run on this node.

    Args:
        logs: the folder of their logs.
        variables: those of the node, as a role's texts hold them.
        key: that of the run, which the environment alone may hold.
        suffix: what the names of the logs end with, where several nodes write into one folder.
    """

    def __init__(
        self, logs: Path, variables: Callable[[Role], Mapping[str, str]], key: str = "", suffix: str = ""
    ) -> None:
        self.logs = logs
        self.variables = variables
        self.key = key
        self.suffix = suffix
        self.running: list[tuple[Role, subprocess.Popen[bytes]]] = []

    def start(self, role: Role) -> None:
        variables = {
            name: self.filled(role, value.replace(KEY, self.key)) for name, value in role.env.items()
        }
        variables["R1_SUPERVISOR_PID"] = str(os.getpid())
        variables["R1_RUN_TAG"] = run_tag(self.logs.parent)
        # A file of the current directory must not stand in for an installed package.
        variables["PYTHONSAFEPATH"] = "1"
        with self.log(role).open("ab") as log:
            process = subprocess.Popen(
                [self.filled(role, word) for word in role.argv],
                env={**_NUMBERS, **os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own session: one signal reaches every process of the role.
                start_new_session=True,
                # The supervisor is a single thread.
                preexec_fn=partial(_prepare, bool(role.health)),  # noqa: PLW1509
            )
        self.running.append((role, process))

    def restart(self, role: Role, note: str) -> None:
        """Starts a role again, once what it was and all that it had started is gone; its log gets a note."""
        process, deadline = self._process(role), time.monotonic() + GRACE
        while _signal_group(process.pid, signal.SIGKILL) and time.monotonic() < deadline:
            process.poll()
            time.sleep(_POLL)
        with self.log(role).open("a", encoding="utf-8") as log:
            log.write(f"{note}\n")
        self.running = [(other, process) for other, process in self.running if other is not role]
        self.start(role)

    def session(self, role: Role) -> int:
        """The session that a role's processes are in."""
        return self._process(role).pid

    def is_running(self, role: Role) -> bool:
        """Whether the program that was started for a role has not ended."""
        return self._process(role).poll() is None

    def _process(self, role: Role) -> subprocess.Popen[bytes]:
        return next(process for other, process in self.running if other is role)

    def filled(self, role: Role, text: str) -> str:
        """A text of a role with the values of its variables."""
        return fill(text, self.variables(role))

    def log(self, role: Role) -> Path:
        return self.logs / f"{role.name}{self.suffix}.log"

    def failed(self) -> tuple[Role, str, int] | None:
        """The first role that has failed, with how it ended, and the exit code that says so.

        A server that ends at all has failed: it is ended by `stop`.
        """
        for role, process in self.running:
            code = process.poll()
            if code or (code is not None and (role.service or role.ready)):
                how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
                return role, f"{role.name} ended with {how}", code if code > 0 else 128 - code if code else 1
        return None

    def are_done(self) -> bool:
        """Whether all but the services have ended."""
        return all(process.poll() is not None for role, process in self.running if not role.service)

    def stop(self) -> None:
        """Ends whatever still runs, politely first."""
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while any(self._signal_all(0)) and time.monotonic() < deadline:
            for _, process in self.running:
                process.poll()
            time.sleep(_POLL)
        self._signal_all(signal.SIGKILL)
        for _, process in self.running:
            process.wait()

    def _signal_all(self, number: int) -> list[bool]:
        return [_signal_group(process.pid, number) for _, process in self.running]


def _prepare(server: bool) -> None:
    # Slurm's warning may reach every process, and is for the supervisor alone.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    if server:
        # Workers look for their supervisor themselves; a server is somebody else's program.
        end_with_parent(signal.SIGTERM)


def _signal_group(group: int, number: int) -> bool:
    """Sends a signal to a process group, 0 to ask only; whether there is such a group."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
