"""The trainer's side of the scoring process: starts it, sends requests, finds the reward that crashed it."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from r1cli.errors import R1Error
from r1cli.scoring.call import Batch, Outcome, failed, not_passed_on, pickled
from r1cli.scoring.process import Setup

# Without these, torch and accelerate in a reward would treat its process as a rank of the training.
_WORLD = {"RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}
#: Seconds between two checks that the process is alive.
_GLANCE = 0.5
#: A program that kills its process group once the other end of its standard input is closed.
_GUARD = "import os, signal; os.read(0, 1); os.killpg(0, signal.SIGKILL)"


@dataclass(frozen=True)
class _Failure:
    """Why a request was not answered completely: a time-out, or the process ended."""

    reason: str
    late: bool
    seconds: float = 0.0

    def of(self, name: str, batch: Batch) -> Outcome:
        kind = f"{name}: {'too late' if self.late else 'process lost'}"
        return failed(len(batch.completions), kind, f"{name}: {self.reason}", seconds=self.seconds)


class ScoringClient:
    """A process that scores, restarted when it crashes. It is not thread-safe.

    A guard process leads a process group with the scoring process and everything that the rewards start
    (unless that creates a new session). However this process ends, the guard kills the group: during a long
    computation of a reward, the scoring process itself may not notice.

    Args:
        rewards: the parameters of each reward, by name.
        time_limit: seconds that one call of a reward may take.

    Raises:
        R1Error: a reward cannot be loaded.
    """

    def __init__(self, rewards: Mapping[str, Mapping[str, Any]], time_limit: float) -> None:
        self.rewards = {name: dict(parameters) for name, parameters in rewards.items()}
        self.time_limit = time_limit
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes]
        self._connection: Connection[Any, Any]
        self._start()

    def send(self, request: dict[str, Batch]) -> None:
        """Sends each named reward its batch; `collect` waits for the outcomes.

        Raises:
            R1Error: a column cannot be sent; or the process was restarted, and a reward could not be loaded.
        """
        message = pickled(request, request.values())
        if self._process is None:
            self._start()
        self._request = request
        # Sending fails if the process has died since the last request: `collect` handles that.
        with suppress(OSError):
            self._connection.send_bytes(message)

    def collect(self) -> tuple[dict[str, Outcome], Counter[str]]:
        """The outcome of each reward of the request, and the counts of verifications.

        If a reward takes too long, or the process dies, the outcomes received so far are used. The other
        rewards are tried again, one by one, to find the one at fault; a single one that took too long is not
        tried again.

        Raises:
            R1Error: the process was restarted, and a reward could not be loaded.
        """
        outcomes, counts, failure = self._answers()
        left = {name: batch for name, batch in self._request.items() if name not in outcomes}
        for name, batch in left.items():
            if not (failure and failure.late and len(left) == 1):
                self.send({name: batch})
                again, more, failure = self._answers()
                outcomes.update(again)
                counts += more
            if failure is not None:
                outcomes[name] = failure.of(name, batch)
        return outcomes, counts

    def close(self) -> int:
        """Kills the process and everything that the rewards started; returns its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(ProcessLookupError, PermissionError):  # it has ended already
            os.killpg(self._guard.pid, signal.SIGKILL)
        self._guard.communicate()
        self._connection.close()
        return process.wait()

    def _start(self) -> None:
        # With -I -S Python starts quickly and needs little memory.
        guard = [sys.executable, "-I", "-S", "-c", _GUARD]
        self._guard = subprocess.Popen(guard, stdin=subprocess.PIPE, stdout=2, process_group=0)
        self._connection, theirs = Pipe()
        # What rewards print goes to standard error: standard output is for data.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "r1cli.scoring.process", str(theirs.fileno())],
            env={name: value for name, value in os.environ.items() if name not in _WORLD},
            stdin=subprocess.DEVNULL,
            stdout=2,
            pass_fds=(theirs.fileno(),),
            process_group=self._guard.pid,
        )
        theirs.close()
        try:
            self._connection.send(Setup(sys.path, self.rewards))
            # No time limit: a reward may download files before it can score.
            error = self._connection.recv()
        except (EOFError, OSError):
            how = _how(self.close())
            raise R1Error(
                f"the scoring process {how} while it loaded the rewards {', '.join(self.rewards)}",
                where="rewards.reward_funcs",
                fix="see the log for its output; remove the reward that ends it",
                exit_code=1,
            ) from None
        if error is not None:
            self.close()
            raise error

    def _answers(self) -> tuple[dict[str, Outcome], Counter[str], "_Failure | None"]:
        """Receives outcomes until all are there; kills the process when the time is up or it has ended."""
        outcomes: dict[str, Outcome] = {}
        deadline = time.monotonic() + self.time_limit
        try:
            while self._has_more(deadline):
                message = self._connection.recv()
                if isinstance(message, dict):
                    return outcomes, Counter(message), None
                name, outcome = message
                outcomes[name] = _read(name, outcome, self._request[name])
            self.close()
            failure = _Failure(f"no answer within {self.time_limit:g} s", late=True, seconds=self.time_limit)
        except (EOFError, OSError):
            failure = _Failure(f"the scoring process {_how(self.close())}", late=False)
        # All outcomes may have arrived before the process ended.
        return outcomes, Counter(), failure if len(outcomes) < len(self._request) else None

    def _has_more(self, deadline: float) -> bool:
        """Waits for a message; False if none arrives before the deadline.

        Raises:
            EOFError: the process has ended, even if its children keep the connection open.
        """
        while not self._connection.poll(max(0.0, min(_GLANCE, deadline - time.monotonic()))):
            if self._process is None or (self._process.poll() is not None and not self._connection.poll()):
                raise EOFError
            if time.monotonic() >= deadline:
                return False
        return True


def _read(name: str, outcome: bytes, batch: Batch) -> Outcome:
    try:
        read: Outcome = pickle.loads(outcome)
    except Exception as error:  # it logged an object of a class that exists only in the scoring process
        return not_passed_on(name, batch, error)
    return read


def _how(code: int) -> str:
    """How a process ended, by its exit code in `subprocess`."""
    return f"ended with {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
