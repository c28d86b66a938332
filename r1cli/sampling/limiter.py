"""How many requests each endpoint gets at a time: fewer while it is busy, and then slowly more again."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from r1cli.endpoint import Endpoint

# Seconds without requests after failed connections, at most.
_LONGEST_PAUSE = 30.0


class Limiter:
    """The limit of one endpoint: additive increase, multiplicative decrease, as TCP has it.

    Args:
        endpoint: the server.
        most: concurrent requests when it is not busy.
        first_pause: seconds without requests after a failed connection, doubled for each further one.
    """

    def __init__(self, endpoint: Endpoint, most: int, first_pause: float = 1.0) -> None:
        self.endpoint = endpoint
        self.most = most
        self.limit = float(most)
        self.running = 0
        self._pause = self._first_pause = first_pause
        self._paused_until = self._changed = 0.0
        self.is_reachable = True

    @property
    def free(self) -> int:
        """How many more requests it takes now."""
        return 0 if self.pause > 0 else int(self.limit) - self.running

    @property
    def pause(self) -> float:
        """Seconds until it takes requests again; 0 or less if it does."""
        return self._paused_until - time.monotonic()

    def answered(self) -> None:
        """The server has answered: its limit rises by one in as many answers as the limit."""
        self.limit = min(self.most, self.limit + 1 / self.limit)
        self._connected()

    def busy(self, sent: float, pause: float) -> None:
        """The server is busy: its limit is halved, unless that was done after the request was sent.

        Args:
            sent: when, by the monotonic clock.
            pause: seconds without requests that the server asks for.
        """
        self._connected()
        now = time.monotonic()
        if sent >= self._changed:
            self.limit = max(1.0, self.limit / 2)
            self._changed = now
        self._paused_until = max(self._paused_until, now + pause)

    def lost(self, sent: float) -> None:
        """There was no connection. Without a pause a dead server, always free, would attract all requests."""
        self.is_reachable = False
        if sent >= self._changed:
            self._changed = time.monotonic()
            self._paused_until = self._changed + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _connected(self) -> None:
        self.is_reachable, self._pause = True, self._first_pause


class Pool:
    """Spreads requests over endpoints by their free capacity."""

    def __init__(self, limiters: Sequence[Limiter]) -> None:
        self.limiters = limiters
        self._waiting: deque[asyncio.Future[Limiter]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Limiter]:
        """Waits until an endpoint takes a request, and counts it as running until the end of the block."""
        limiter = self._freest()
        if limiter is None or self._waiting:
            limiter = await self._wait()
        else:
            limiter.running += 1
        try:
            yield limiter
        finally:
            self._release(limiter)

    def _freest(self) -> Limiter | None:
        best = max(self.limiters, key=lambda limiter: limiter.free)
        return best if best.free > 0 else None

    async def _wait(self) -> Limiter:
        waiter: asyncio.Future[Limiter] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._hand_out()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._release(waiter.result())
            raise

    def _release(self, limiter: Limiter) -> None:
        limiter.running -= 1
        if self._waiting:
            self._hand_out()

    def _hand_out(self) -> None:
        """Gives free slots to those that wait, first come, first served."""
        while self._waiting and (limiter := self._freest()):
            waiter = self._waiting.popleft()
            if not waiter.done():
                limiter.running += 1
                waiter.set_result(limiter)
        if self._timer:
            self._timer.cancel()
        pauses = [limiter.pause for limiter in self.limiters if limiter.pause > 0]
        if self._waiting and pauses:
            self._timer = asyncio.get_running_loop().call_later(min(pauses), self._hand_out)
