"""The router: one queue, fair between clients, and one limit on sandboxes, before any code provider."""

import asyncio
import time
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import aclosing

from r1cli.errors import R1Error
from r1cli.execution.executor import Executor, RemoteExecutor, Result, Work
from r1cli.execution.fair_queue import FairQueue
from r1cli.execution.program import ExecutionFault, Interaction, InteractionResult, ProgramResult
from r1cli.execution.router_metrics import RouterMetrics

# Bytes of output that a client has not read yet, above which none of its programs is started.
_UNREAD = 64 << 20

#: The result of a program: its number in the batch, and its result or the error that the user can fix.
Outcome = tuple[int, Result | R1Error]


class Router:
    """Runs batches of several clients with one executor.

    Args:
        executor: runs the programs.
        limit: sandboxes at a time.
        by_submission: the executor runs programs that differ in their input alone in one sandbox.
        quiet: seconds without a result, after which `run` says that it still runs.
    """

    def __init__(
        self, executor: Executor, limit: int, by_submission: bool = False, quiet: float = 5.0
    ) -> None:
        self.queue = FairQueue(limit)
        self.metrics = RouterMetrics()
        self._executor = executor
        self._by_submission = by_submission
        self._quiet = quiet
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[_Outcomes] = set()

    async def run(self, client: str, batch: Sequence[Work]) -> AsyncIterator[Outcome | None]:
        """Runs a batch. When the iterator is closed, what waits is dropped, and what runs is stopped.

        Yields:
            A program's outcome as soon as it is known; None if there was none for a while. They stop early
            when the router ends.
        """
        outcomes = _Outcomes()
        self._open.add(outcomes)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            error = None if task.cancelled() else task.exception()
            if isinstance(error, Exception):  # without it, the client would wait forever
                outcomes.put_nowait(error)

        groups = self._groups(batch)
        tasks = [asyncio.create_task(self._some(client, group, outcomes)) for group in groups]
        self._tasks.update(tasks)
        for task in tasks:
            task.add_done_callback(ended)
        try:
            left = len(batch)
            while left:
                try:
                    outcome = await asyncio.wait_for(outcomes.get(), self._quiet)
                except TimeoutError:
                    yield None
                    continue
                if outcome is None:
                    return
                if isinstance(outcome, Exception):
                    raise outcome
                left -= 1
                yield outcome
        finally:
            self._open.discard(outcomes)
            # Without waiting: whoever closes this may have been cancelled itself.
            for task in tasks:
                task.cancel()

    def metrics_text(self) -> str:
        """All metrics in Prometheus's text format."""
        if isinstance(self._executor, RemoteExecutor):
            self.metrics.remote.update(self._executor.take_counts())
        return self.metrics.text(self.queue)

    def stop(self) -> None:
        """Ends all batches as they are: clients ask again for what they do not have."""
        for task in self._tasks:
            task.cancel()
        for outcomes in self._open:
            outcomes.put_nowait(None)

    async def close(self) -> None:
        """Stops everything, and ends the executor."""
        self.stop()
        tasks = list(self._tasks)
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._executor.close()

    async def _some(self, client: str, group: Sequence[tuple[int, Work]], outcomes: "_Outcomes") -> None:
        """Runs a group of programs when it is the client's turn."""
        left = [number for number, _ in group]
        size = 1 if self._by_submission else _sandboxes(group[0][1])
        asked, began = time.monotonic(), None
        try:
            while left:
                await outcomes.have_room.wait()
                async with self.queue.place(client, size):
                    if not outcomes.have_room.is_set():
                        continue  # the place is for clients that read their results
                    began = time.monotonic()
                    async for place, result in self._results([work for _, work in group]):
                        number = group[place][0]
                        left.remove(number)
                        self.metrics.ended(result)
                        outcomes.put_nowait((number, result))
        finally:
            ended = time.monotonic()
            began = began or ended
            self.metrics.stopped(len(left))
            self.metrics.spent(began - asked, ended - began)

    async def _results(self, batch: Sequence[Work]) -> AsyncIterator[Outcome]:
        """What the executor says of a batch; for the rest of it, why it says nothing."""
        left = set(range(len(batch)))
        rest: Result | R1Error = ExecutionFault("the code provider gave no result")
        try:
            async with aclosing(self._executor.run(batch)) as results:  # type: ignore[type-var]
                async for number, result in results:
                    left.remove(number)
                    yield number, result
        except R1Error as error:
            rest = error
        except Exception as error:  # a provider's own code may raise anything
            rest = ExecutionFault(f"{type(error).__name__}: {error}")
        for number in left:
            yield number, rest

    def _groups(self, batch: Sequence[Work]) -> list[list[tuple[int, Work]]]:
        """What runs together: each program by itself, or those of a submission."""
        if not self._by_submission:
            return [[one] for one in enumerate(batch)]
        groups: dict[Hashable, list[tuple[int, Work]]] = {}
        for number, work in enumerate(batch):
            groups.setdefault(_submission(work), []).append((number, work))
        return list(groups.values())


class _Outcomes(asyncio.Queue[Outcome | Exception | None]):
    """The results of a batch, None at the router's end, and whether its client reads it."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = 0
        self.have_room = asyncio.Event()
        self.have_room.set()

    def _put(self, item: Outcome | Exception | None) -> None:
        super()._put(item)
        self._count(_size(item))

    def _get(self) -> Outcome | Exception | None:
        item = super()._get()
        self._count(-_size(item))
        return item

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > _UNREAD:
            self.have_room.clear()
        else:
            self.have_room.set()


def _size(item: Outcome | Exception | None) -> int:
    result = item[1] if isinstance(item, tuple) else None
    if isinstance(result, InteractionResult):
        return sum(len(one.stdout) + len(one.stderr) for one in (result.manager, *result.players))
    return len(result.stdout) + len(result.stderr) if isinstance(result, ProgramResult) else 0


def _sandboxes(work: Work) -> int:
    return 1 + len(work.players) if isinstance(work, Interaction) else 1


def _submission(work: Work) -> Hashable:
    if isinstance(work, Interaction):
        return work.key()
    return (work.source, work.language, work.name, tuple(sorted(work.files.items())))
