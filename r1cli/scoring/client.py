"""The trainer's side of the scoring process: starts it, sends requests, finds the reward that crashed it."""

import os
import pickle
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from r1cli.children import Child
from r1cli.config.groups.code import Code
from r1cli.errors import R1Error
from r1cli.scoring.call import Batch, Outcome, failed, not_passed_on, pickled
from r1cli.scoring.process import Setup

# Without these, torch and accelerate in a reward would treat its process as a rank of the training.
_WORLD = {"RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}

_LOCALLY = Code()


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

    It is started here, and loads the rewards while this process does other work; `wait` says if it could not.

    However this process ends, the scoring process ends too, with everything that the rewards started (unless
    that created a new session).

    Args:
        rewards: the parameters of each reward, by name.
        time_limit: seconds that one call of a reward may take, apart from waiting for verifications and
            programs.
        code: where programs run.
    """

    def __init__(
        self, rewards: Mapping[str, Mapping[str, Any]], time_limit: float, code: Code = _LOCALLY
    ) -> None:
        self.code = code
        self.rewards = {name: dict(parameters) for name, parameters in rewards.items()}
        self.time_limit = time_limit
        self._child: Child | None = self._start()
        self._loaded = False
        #: What holds for programs that rewards run, once they are loaded: `Executor.facts`.
        self.facts: dict[str, str] = {}

    def send(self, request: dict[str, Batch]) -> None:
        """Sends each named reward its batch; `collect` waits for the outcomes.

        Raises:
            R1Error: a column cannot be sent; or the process was restarted, and a reward could not be loaded.
        """
        message = pickled(request, request.values())
        child = self.wait()
        self._request = request
        # Sending fails if the process has died since the last request: `collect` handles that.
        with suppress(EOFError):
            child.send_bytes(message)

    def wait(self) -> Child:
        """Waits until a process has loaded the rewards.

        Raises:
            R1Error: a reward cannot be loaded.
        """
        if self._child is None:
            self._child, self._loaded = self._start(), False
        if not self._loaded:
            self._check_loaded(self._child)
            self._loaded = True
        return self._child

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
        child, self._child = self._child, None
        return child.close() if child else 0

    def _start(self) -> Child:
        """A process that loads the rewards."""
        env = {name: value for name, value in os.environ.items() if name not in _WORLD}
        child = Child("r1cli.scoring.process", env=env, guarded=True)
        # If it has ended already, `wait` says so.
        with suppress(EOFError):
            child.send_bytes(pickle.dumps(Setup(sys.path, self.rewards, self.code)))
        return child

    def _check_loaded(self, child: Child) -> None:
        try:
            # No time limit: a reward may download files before it can score.
            loaded: R1Error | dict[str, str] = pickle.loads(child.receive_bytes())
        except EOFError:
            raise R1Error(
                f"the scoring process {_how(self.close())} while it loaded the rewards "
                f"{', '.join(self.rewards)}",
                where="rewards.reward_funcs",
                fix="see the log for its output; remove the reward that ends it",
                exit_code=1,
            ) from None
        if isinstance(loaded, R1Error):
            self.close()
            raise loaded
        self.facts = loaded

    def _answers(self) -> tuple[dict[str, Outcome], Counter[str], "_Failure | None"]:
        """Receives outcomes until all are there; kills the process when the time is up or it has ended."""
        outcomes: dict[str, Outcome] = {}
        deadline = time.monotonic() + self.time_limit
        try:
            while self._child:
                message = pickle.loads(self._child.receive_bytes(deadline - time.monotonic()))
                if isinstance(message, dict):
                    return outcomes, Counter(message), None
                if isinstance(message, float):
                    # The queue of the verifier has its own limits; the reward's is about its own work.
                    deadline += message
                    continue
                name, outcome = message
                outcomes[name] = _read(name, outcome, self._request[name])
            raise EOFError
        except TimeoutError:
            self.close()
            failure = _Failure(f"no answer within {self.time_limit:g} s", late=True, seconds=self.time_limit)
        except EOFError:
            failure = _Failure(f"the scoring process {_how(self.close())}", late=False)
        # All outcomes may have arrived before the process ended.
        return outcomes, Counter(), failure if len(outcomes) < len(self._request) else None


def _read(name: str, outcome: bytes, batch: Batch) -> Outcome:
    try:
        read: Outcome = pickle.loads(outcome)
    except Exception as error:  # it logged an object of a class that exists only in the scoring process
        return not_passed_on(name, batch, error)
    return read


def _how(code: int) -> str:
    """How a process ended, by its exit code in `subprocess`."""
    return f"ended with {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
