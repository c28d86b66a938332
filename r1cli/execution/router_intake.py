"""The bodies of requests to the router: limited, each and together."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

#: MiB that a request may have, and all together that are not answered yet.
MOST_MB, MOST_MB_TOGETHER = 64, 1024
#: Programs of a request, and of all together.
MOST_PROGRAMS, MOST_PROGRAMS_TOGETHER = 10_000, 200_000
# Seconds for the body of a request to arrive, and until a client that was sent away comes again.
_BODY, _LATER = 120.0, 2


class Intake:
    """What all requests together have sent that is not answered yet."""

    def __init__(self) -> None:
        self.bytes = 0
        self.programs = 0

    def share(self) -> "Share":
        """That of one more request."""
        return Share(self)


class Share:
    """What one request has sent; given back at the end of the block unless it is kept."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._bytes = self._programs = 0
        self._kept = False

    def __enter__(self) -> "Share":
        return self

    def __exit__(self, *raised: object) -> None:
        if not self._kept:
            self._release()

    def keep(self) -> Callable[[], None]:
        """Keeps it until what this returns is called."""
        self._kept = True
        return self._release

    async def read(self, request: Request) -> Any:
        """The JSON of a request, as long as it is not too large."""
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > MOST_MB << 20:
            raise HTTPException(413, f"a request may have {MOST_MB} MiB")
        parts = []
        try:
            async with asyncio.timeout(_BODY):
                async for part in request.stream():
                    self._add(len(part))
                    parts.append(part)
        except TimeoutError:
            raise HTTPException(408, f"the request did not arrive in {_BODY:g} s") from None
        except ClientDisconnect:
            raise HTTPException(400, "the request is not whole") from None
        try:
            return json.loads(b"".join(parts))
        except (ValueError, RecursionError):
            raise HTTPException(400, "the body is not JSON") from None

    def counted(self, programs: Any) -> list[Any]:
        """The programs, as long as there are not too many."""
        if not isinstance(programs, list):
            raise HTTPException(400, "programs must be a list")
        if len(programs) > MOST_PROGRAMS:
            raise HTTPException(413, f"a request may have {MOST_PROGRAMS} programs")
        if self._intake.programs + len(programs) > MOST_PROGRAMS_TOGETHER:
            raise _later()
        self._programs = len(programs)
        self._intake.programs += self._programs
        return programs

    def _add(self, size: int) -> None:
        if self._bytes + size > MOST_MB << 20:
            raise HTTPException(413, f"a request may have {MOST_MB} MiB")
        if self._intake.bytes + size > MOST_MB_TOGETHER << 20:
            raise _later()
        self._bytes += size
        self._intake.bytes += size

    def _release(self) -> None:
        self._intake.bytes -= self._bytes
        self._intake.programs -= self._programs
        self._bytes = self._programs = 0


def _later() -> HTTPException:
    return HTTPException(503, "the queue is full", {"retry-after": str(_LATER)})
