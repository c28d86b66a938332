"""A router in this process, before an executor that does what the sources of its programs say."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx2
import uvicorn

from r1cli.errors import R1Error
from r1cli.execution.executor import Result, Work
from r1cli.execution.program import (
    ExecutionFault,
    Interaction,
    InteractionResult,
    Program,
    ProgramResult,
    ProgramVerdict,
)
from r1cli.execution.router import Router
from r1cli.execution.router_access import Access, hosts_of
from r1cli.execution.router_app import make_app
from r1cli.execution.router_server import Server, listen

TOKEN = "a-token-of-the-tests"
AUTHORIZED = {"authorization": f"Bearer {TOKEN}"}


class Scripted:
    """``sleep S``, ``flood``, ``fault``, ``raise``, ``refuse``; anything else is printed."""

    def __init__(self) -> None:
        self.running = self.most = self.stopped = 0
        self.order: list[str] = []
        self.batches: list[int] = []
        self.closed = False

    async def run(self, batch: Sequence[Work]) -> AsyncIterator[tuple[int, Result]]:
        self.batches.append(len(batch))
        for number, work in enumerate(batch):
            yield number, await self._one(work)

    async def _one(self, work: Work) -> Result:
        size = 1 + len(work.players) if isinstance(work, Interaction) else 1
        self.running += size
        self.most = max(self.most, self.running)
        try:
            if isinstance(work, Interaction):
                await asyncio.sleep(0.05)
                return InteractionResult(self._result(work.manager), [self._result(p) for p in work.players])
            self.order.append(work.source)
            word, _, rest = work.source.partition(" ")
            if word == "sleep":
                await asyncio.sleep(float(rest.split()[0]))
            if word == "raise":
                raise RuntimeError("a bug of the provider")
            if word == "refuse":
                raise R1Error("unknown programming language 'x'", fix="known are a, b")
            return ExecutionFault("the machine is gone") if word == "fault" else self._result(work)
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        finally:
            self.running -= size

    def _result(self, program: Program) -> ProgramResult:
        if program.source == "flood":
            return ProgramResult(ProgramVerdict.OLE, "x" * (2 << 20))
        return ProgramResult(ProgramVerdict.OK, program.source, "", 0, 0.1, 0.2, 3.5)

    async def close(self) -> None:
        self.closed = True

    def facts(self) -> Mapping[str, str]:
        return {"isolation": "none of note", "memory limit": "none"}


@asynccontextmanager
async def serving(
    executor: Scripted, *, limit: int = 2, token: str | None = TOKEN, by_submission: bool = False
) -> AsyncIterator[str]:
    """The address of a router."""
    listener = listen("127.0.0.1", 0)
    router = Router(executor, limit, by_submission, quiet=0.05)
    app = make_app(router, Access(token, hosts_of("127.0.0.1")), executor.facts())
    server = Server(uvicorn.Config(app, http="h11", log_level="warning", timeout_graceful_shutdown=1), router)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def until(condition: "asyncio.Future[object] | object", seconds: float = 5.0) -> None:
    """Waits until a function says so."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def web(url: str, **headers: str) -> httpx2.AsyncClient:
    """A client that is not r1's own."""
    return httpx2.AsyncClient(base_url=url, headers={**AUTHORIZED, **headers}, trust_env=False, timeout=20)
