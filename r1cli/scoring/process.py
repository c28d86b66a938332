"""The scoring process, a child of `client`: ``python -m r1cli.scoring.process CONNECTION``.

It loads the rewards by name and answers requests until the connection closes. The rewards of a request run
concurrently, each in a thread; coroutine functions share one event loop. Each outcome is sent as soon as it
is ready, so that a reward that hangs or crashes the process does not lose the outcomes of others.
Messages are pickles: columns, and what rewards log, are Python objects of any kind.
"""

import asyncio
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Awaitable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1cli.children import Channel, connect
from r1cli.config.groups.code import Code
from r1cli.errors import R1Error
from r1cli.execution import current
from r1cli.plugins.registry import find_reward
from r1cli.plugins.types import RewardFunction
from r1cli.scoring.call import Batch, call_reward, not_passed_on
from r1cli.scoring.verifier import take_counts
from r1cli.waits import waited

# Seconds between two reports of how long rewards have waited.
_BEAT = 0.2


@dataclass(frozen=True)
class Setup:
    """The first message: the parent's module path, the parameters of each reward by its name, and where
    programs run."""

    path: list[str]
    rewards: dict[str, dict[str, Any]]
    code: Code


class _Rewards:
    def __init__(self, setup: Setup) -> None:
        self.functions: dict[str, RewardFunction] = {name: _load(name) for name in setup.rewards}
        self.parameters = setup.rewards
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self._run_loop, daemon=True).start()
        # Whether programs can be run is found out before the trainer loads anything.
        self.facts: dict[str, str] = {}
        if any(find_reward(name).runs_programs for name in setup.rewards):
            self.facts = dict(self._finish(current.executor_facts()))

    def answer(self, parent: Channel, request: dict[str, Batch]) -> None:
        """Sends (name, pickled outcome) for each reward when it is done, and finally the counts of what was
        verified and run.

        Meanwhile it sends the seconds in which rewards have only waited for verifications and programs.
        """
        try:
            with ThreadPoolExecutor(len(request)) as pool:
                calls = {pool.submit(self._call, name, batch) for name, batch in request.items()}
                before = waited()
                while calls:
                    done, calls = wait(calls, timeout=_BEAT, return_when=FIRST_COMPLETED)
                    for call in done:
                        parent.send_bytes(pickle.dumps(call.result()))
                    before, since = waited(), before
                    if before > since:
                        parent.send_bytes(pickle.dumps(before - since))
            parent.send_bytes(pickle.dumps({**take_counts(), **current.take_counts()}))
        except BaseException:  # no thread can be started, for example: the trainer must not wait forever
            traceback.print_exc()
            os._exit(1)

    def _call(self, name: str, batch: Batch) -> tuple[str, bytes]:
        outcome = call_reward(name, self.functions[name], self.parameters[name], batch, self._finish)
        try:
            return name, pickle.dumps(outcome)
        except BaseException as error:  # a reward may log anything
            return name, pickle.dumps(not_passed_on(name, batch, error))

    def _finish(self, result: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(_await(result), self.loop).result()

    def _run_loop(self) -> None:
        while True:
            # A coroutine that raises these ends the loop, which would stop all the others.
            with suppress(SystemExit, KeyboardInterrupt):
                self.loop.run_forever()


def _load(name: str) -> RewardFunction:
    try:
        return find_reward(name).load()
    except R1Error:
        raise
    except BaseException as error:  # the module of a reward may raise anything
        traceback.print_exc()
        raise R1Error(
            f"reward '{name}' cannot be loaded: {type(error).__name__}: {error}",
            where="rewards.reward_funcs",
            fix="the log has the traceback",
        ) from error


async def _await(result: Awaitable[Any]) -> Any:
    return await result


def serve(parent: Channel) -> None:
    """Answers requests. The first answer is what holds for programs, or the R1Error of a reward."""
    setup: Setup = pickle.loads(parent.receive_bytes())
    # What lies beside a reward's file can be imported, after everything that is installed.
    sys.path[:] = list(dict.fromkeys([*setup.path, *sys.path, str(Path.cwd())]))
    current.configure(setup.code)
    try:
        rewards = _Rewards(setup)
    except R1Error as error:
        parent.send_bytes(pickle.dumps(error))
        return
    parent.send_bytes(pickle.dumps(rewards.facts))
    while True:
        # This thread continues to read, so that it notices at once when the trainer ends.
        request = pickle.loads(parent.receive_bytes())
        threading.Thread(target=rewards.answer, args=(parent, request), daemon=True).start()


def main() -> None:
    # Ctrl-C is for the parent, which closes the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(connect(orphaned=None))
    except EOFError:
        # Neither running threads nor the rewards' own processes outlive the connection.
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
