"""Which Piston server runs the next program."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from r1_code_providers.patience import TryAgain
from r1cli import Endpoint

# What a failure and a success do to a server's weight, and the least it has.
_WORSE, _BETTER, _LEAST = 0.5, 1.5, 0.05
_LONGEST_REST = 60.0


@dataclass
class Server:
    """A Piston server.

    Args:
        endpoint: its address.
        most: programs at a time.
        runtimes: the languages that it listed when it was asked last; empty before, so that this is also its
            health check.
        running: programs that run there now.
        weight: from `_LEAST` to 1: by how it answered.
        away_until: it could not be reached, and is left out until then.
        rest: how long it is left out next.
    """

    endpoint: Endpoint
    most: int
    runtimes: Sequence[Mapping[str, Any]] = ()
    running: int = 0
    weight: float = 1.0
    away_until: float = 0.0
    rest: float = 0.0


class Pool:
    """Servers that share the programs: each gets as many as it answers well.

    Args:
        servers: all of them.
        rest: seconds for which one that cannot be reached is left out, doubled each time.
    """

    def __init__(self, servers: Sequence[Server], rest: float) -> None:
        self.servers = servers
        self.rest = rest
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def server(self) -> AsyncIterator[Server]:
        """The server for one attempt; how that ends changes its weight.

        Raises:
            TryAgain: none can be reached at present.
        """
        async with self._freed:
            while (chosen := self._choose()) is None:
                await self._freed.wait()
            chosen.running += 1
        try:
            yield chosen
            chosen.weight = min(chosen.weight * _BETTER, 1.0)
            chosen.rest = 0.0
        except TryAgain:
            chosen.weight = max(chosen.weight * _WORSE, _LEAST)
            raise
        finally:
            chosen.running -= 1
            async with self._freed:
                self._freed.notify_all()

    def lost(self, server: Server) -> None:
        """Leaves out a server that cannot be reached; it lists its languages before it is used again."""
        server.rest = min(2 * server.rest or self.rest, _LONGEST_REST)
        server.away_until = time.monotonic() + server.rest
        server.runtimes = ()

    def _choose(self) -> Server | None:
        """The server with the most room for its weight; None if all that can be reached are full."""
        now = time.monotonic()
        there = [server for server in self.servers if server.away_until <= now]
        if not there:
            soonest = min(server.away_until for server in self.servers)
            names = ", ".join(server.endpoint.url for server in self.servers)
            raise TryAgain(f"no Piston server can be reached: {names}", soonest - now)
        free = [server for server in there if server.running < server.most]
        return min(free, key=lambda server: (server.running + 1) / server.weight, default=None)
