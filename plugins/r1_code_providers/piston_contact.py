"""The first contact with Piston servers: a wrong address is an error within seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from r1_code_providers.patience import TryAgain
from r1_code_providers.piston_pool import Pool, Server
from r1cli import R1Error

# Tries, the seconds between two of them, those after which there is no other try, and those to connect.
_TRIES, _PAUSE, _LONGEST, _CONNECT = 4, 0.5, 4.0, 5.0


class NoAnswer(TryAgain):
    """Nothing that speaks Piston's protocol answered."""


class FirstContact:
    """Makes sure once that a server answers; what fails later is tried for as long as `Patience` says.

    Args:
        pool: the servers.
        where: their addresses were given.
        ask: asks one for its languages, with the seconds to connect; it raises as the executor's attempts do.
    """

    def __init__(self, pool: Pool, where: str, ask: Callable[[Server, float], Awaitable[None]]) -> None:
        self._pool = pool
        self._where = where
        self._ask = ask
        self._lock = asyncio.Lock()
        self._done = False

    async def made(self) -> None:
        """Returns when a server has answered, now or before.

        Raises:
            R1Error: none does.
        """
        async with self._lock:
            if not self._done:
                await self._make()
                self._done = True

    async def _make(self) -> None:
        began = time.monotonic()
        for number in range(_TRIES):
            await asyncio.sleep(_PAUSE if number else 0)
            found = await asyncio.gather(*map(self._silence, self._pool.servers))
            if not all(found):
                return
            if time.monotonic() - began > _LONGEST:
                break
        raise R1Error(
            "; ".join(found),
            where=self._where,
            fix="start Piston there, or check the address: http://HOST:PORT/api/v2",
            exit_code=1,
        )

    async def _silence(self, server: Server) -> str:
        """Why a server does not answer; empty where it does, be it with a refusal."""
        try:
            await self._ask(server, _CONNECT)
        except NoAnswer as error:
            return str(error)
        except (TryAgain, R1Error):
            pass
        server.away_until = server.rest = 0.0
        return ""
