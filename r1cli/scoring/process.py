"""The scoring process: ``python -m r1cli.scoring.process CONNECTION LIFELINE``, started by `room`.

It loads the rewards by their names and answers requests until the connection closes. The rewards of a request
run side by side, each in a thread; those that are coroutine functions share one event loop. Each outcome is
sent as soon as it is there, so that a reward that hangs or ends the process takes no other's with it.
"""

import asyncio
import fcntl
import os
import signal
import sys
import threading
import traceback
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

from r1cli.errors import R1Error
from r1cli.plugins.registry import find_reward
from r1cli.plugins.types import RewardFunction
from r1cli.scoring.call import Batch, Outcome, call_reward, failed
from r1cli.scoring.math import take_counts


@dataclass(frozen=True)
class Setup:
    """The first message: the parent's module path, and the parameters of each reward by its name."""

    path: list[str]
    rewards: dict[str, dict[str, Any]]


class _Rewards:
    def __init__(self, setup: Setup) -> None:
        self.functions: dict[str, RewardFunction] = {name: _load(name) for name in setup.rewards}
        self.parameters = setup.rewards
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def answer(self, connection: "Connection[Any, Any]", request: dict[str, Batch]) -> None:
        """Sends (name, outcome) for each reward as it is done, and at last the counts of verifications."""
        with ThreadPoolExecutor(len(request)) as pool:
            calls = {pool.submit(self._call, name, batch): name for name, batch in request.items()}
            for call in as_completed(calls):
                connection.send_bytes(call.result())
        connection.send_bytes(ForkingPickler.dumps(take_counts()))

    def _call(self, name: str, batch: Batch) -> bytes | memoryview:
        outcome = call_reward(name, self.functions[name], self.parameters[name], batch, self._finish)
        try:
            return ForkingPickler.dumps((name, outcome))
        except Exception as error:  # what a reward logs may be anything
            reason = f"{name}: it logged what cannot be sent: {error}"
            substitute: Outcome = failed(len(batch.completions), f"{name}: logged", reason)
            return ForkingPickler.dumps((name, substitute))

    def _finish(self, result: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(_await(result), self.loop).result()


def _load(name: str) -> RewardFunction:
    try:
        return find_reward(name).load()
    except R1Error:
        raise
    except Exception as error:  # the module of a reward may raise anything
        traceback.print_exc()
        raise R1Error(
            f"reward '{name}' cannot be loaded: {type(error).__name__}: {error}",
            where="rewards.reward_funcs",
            mend="the log has the traceback",
        ) from error


async def _await(result: Awaitable[Any]) -> Any:
    return await result


def serve(connection: "Connection[Any, Any]") -> None:
    """Answers requests. The first answer is None, or the R1Error that kept a reward from being loaded."""
    setup: Setup = connection.recv()
    sys.path[:] = list(dict.fromkeys([*setup.path, *sys.path]))
    try:
        rewards = _Rewards(setup)
    except R1Error as error:
        connection.send(error)
        return
    connection.send(None)
    while True:
        # This thread goes on to read, so that it sees at once when the trainer is gone.
        request = connection.recv()
        threading.Thread(target=rewards.answer, args=(connection, request), daemon=True).start()


def _end_with(lifeline: int) -> None:
    """Has the system end this process once nobody holds the other end of a pipe.

    A reward in a long computation may keep every thread of Python from running, and a thread that waits for
    the end of the connection with them. On Linux SIGIO ends a process by default; elsewhere it may not.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def main() -> None:
    # Ctrl-C is for the parent, which closes the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with(int(sys.argv[2]))
    try:
        serve(Connection(int(sys.argv[1])))
    except (EOFError, OSError):
        # Neither threads under way nor the rewards' own processes outlive the trainer.
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
