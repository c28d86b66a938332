"""The router: one queue, fair between clients, and one limit on sandboxes, before any code provider."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from r1cli.errors import R1Error
from r1cli.execution.executor import Executor, Result, Work
from r1cli.execution.fair_queue import FairQueue
from r1cli.execution.program import ExecutionFault, Interaction
from r1cli.execution.router_metrics import RouterMetrics

#: What came of a program: its number in the batch, and its result or the error that the user can fix.
Outcome = tuple[int, Result | R1Error]


class Router:
    """Runs batches of several clients with one executor.

    Args:
        executor: runs the programs.
        limit: sandboxes at a time.
        quiet: seconds without a result, after which `run` says that it still runs.
    """

    def __init__(self, executor: Executor, limit: int, quiet: float = 5.0) -> None:
        self.queue = FairQueue(limit)
        self.metrics = RouterMetrics()
        self._executor = executor
        self._quiet = quiet
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, client: str, batch: Sequence[Work]) -> AsyncIterator[Outcome | None]:
        """Runs a batch. When the iterator is closed, what waits is dropped, and what runs is stopped.

        Yields:
            A program's outcome as soon as it is known; None if there was none for a while.
        """
        outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        tasks = [asyncio.create_task(self._one(client, *one, outcomes)) for one in enumerate(batch)]
        self._tasks.update(tasks)
        for task in tasks:
            task.add_done_callback(self._tasks.discard)
        try:
            left = len(batch)
            while left:
                try:
                    outcome = await asyncio.wait_for(outcomes.get(), self._quiet)
                except TimeoutError:
                    yield None
                else:
                    left -= 1
                    yield outcome
        finally:
            # Without waiting: whoever closes this may have been cancelled itself.
            for task in tasks:
                task.cancel()

    async def close(self) -> None:
        """Stops everything, and ends the executor."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._executor.close()

    async def _one(self, client: str, number: int, work: Work, outcomes: asyncio.Queue[Outcome]) -> None:
        asked, began = time.monotonic(), None
        result: Result | R1Error | None = None
        try:
            async with self.queue.place(client, _sandboxes(work)):
                began = time.monotonic()
                result = await self._result(work)
        finally:
            ended = time.monotonic()
            began = began or ended
            self.metrics.ended(result, began - asked, ended - began)
        outcomes.put_nowait((number, result))

    async def _result(self, work: Work) -> Result | R1Error:
        try:
            async with aclosing(self._executor.run([work])) as results:  # type: ignore[type-var]
                async for _, result in results:
                    return result
        except R1Error as error:
            return error
        except Exception as error:  # a provider's own code may raise anything
            return ExecutionFault(f"{type(error).__name__}: {error}")
        return ExecutionFault("the code provider gave no result")


def _sandboxes(work: Work) -> int:
    return 1 + len(work.players) if isinstance(work, Interaction) else 1
