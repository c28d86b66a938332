"""One limit on what runs at a time, and a queue before it in which clients take turns."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FairQueue:
    """Hands out places, in turn to each client that waits: one with few programs does not wait for all of
    another's.

    Args:
        limit: places in all.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.running = 0
        self.waiting = 0
        # By client, in the order of their turns; those of one client first come, first served.
        self._lines: OrderedDict[str, OrderedDict[asyncio.Future[None], int]] = OrderedDict()

    @property
    def clients(self) -> int:
        """How many clients wait for a place."""
        return len(self._lines)

    @asynccontextmanager
    async def place(self, client: str, size: int = 1) -> AsyncIterator[None]:
        """Waits for the client's turn, and keeps the place until the end of the block.

        Args:
            client: whose turn it must be.
            size: places that are taken at once; more than all mean all.
        """
        size = min(size, self.limit)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(client, OrderedDict())[turn] = size
        self.waiting += 1
        self._hand_out()
        try:
            await turn
            yield
        finally:
            if turn.done() and not turn.cancelled():
                self.running -= size
            else:
                self._remove(client, turn)
            self._hand_out()

    def _hand_out(self) -> None:
        # Who has the turn waits for enough places: otherwise small programs would pass large ones forever.
        while self._lines:
            client, line = next(iter(self._lines.items()))
            turn, size = next(iter(line.items()))
            if turn.cancelled():
                self._remove(client, turn)
                continue
            if self.running + size > self.limit:
                return
            self._lines.move_to_end(client)
            self._remove(client, turn)
            self.running += size
            turn.set_result(None)

    def _remove(self, client: str, turn: asyncio.Future[None]) -> None:
        line = self._lines.get(client)
        if line is None:
            return
        if line.pop(turn, None) is not None:
            self.waiting -= 1
        if not line:
            del self._lines[client]
