"""The router's HTTP service."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from r1cli.execution.router import Router
from r1cli.execution.router_access import OPEN_PATHS, Access
from r1cli.execution.router_intake import Intake
from r1cli.execution.router_open_r1 import ROUTE, Scripts, body_of
from r1cli.execution.wire import CLIENT, FACTS, PROGRAMS, line_of, work_of

# Characters of a client's name.
_LONGEST_NAME = 100


def make_app(router: Router, access: Access, facts: Mapping[str, str]) -> FastAPI:
    """The service.

    Args:
        router: runs the programs; the service closes it at its end.
        access: who may use it.
        facts: those of the executor.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await router.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_middleware(_Guard, access=access, answered=router.metrics.answered)
    intake = Intake()

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get(FACTS)
    async def facts_of_programs() -> dict[str, Any]:
        return {"facts": dict(facts)}

    @app.get("/metrics")
    async def metrics() -> Response:
        return PlainTextResponse(router.metrics_text(), media_type="text/plain; version=0.0.4")

    @app.post(PROGRAMS)
    async def programs(request: Request) -> Response:
        with intake.share() as taken:
            tree = await taken.read(request)
            trees = tree.get("programs") if isinstance(tree, dict) else None
            with _bad_request():
                batch = [work_of(one) for one in taken.counted(trees)]
            lines = _lines(router, _client(request), batch)
            return _Stream(lines, taken.keep(), "application/x-ndjson")

    @app.post(ROUTE)
    async def execute_batch(request: Request) -> Response:
        with intake.share() as taken:
            tree = await taken.read(request)
            with _bad_request():
                scripts = Scripts(tree)
            taken.counted(scripts.programs)
            answer = _answer(router, _client(request), scripts)
            return _Stream(answer, taken.keep(), "application/json")

    return app


async def _lines(router: Router, client: str, batch: list[Any]) -> AsyncIterator[bytes]:
    """A line for each result as it comes; an empty one says that the router is still there."""
    async with aclosing(router.run(client, batch)) as outcomes:  # type: ignore[type-var]
        async for outcome in outcomes:
            yield (json.dumps(line_of(*outcome)) if outcome else "").encode() + b"\n"


async def _answer(router: Router, client: str, scripts: Scripts) -> AsyncIterator[bytes]:
    """One list when all is done; blanks before it say that the router is still there."""
    answers: dict[int, dict[str, Any]] = {}
    async with aclosing(router.run(client, scripts.programs)) as outcomes:  # type: ignore[type-var]
        async for outcome in outcomes:
            if outcome:
                answers[outcome[0]] = scripts.answer(outcome[1])
            else:
                yield b" "
    # Where the router ended before, no answer can be taken for one.
    if len(answers) == len(scripts.programs):
        yield body_of([answers[number] for number in range(len(scripts.programs))])


@contextmanager
def _bad_request() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise HTTPException(400, str(error)) from None


def _client(request: Request) -> str:
    """Whose turn it is: the process that asks or, of another client, its machine."""
    name = request.headers.get(CLIENT, "")
    return name[:_LONGEST_NAME] or (request.client.host if request.client else "")


class _Stream(StreamingResponse):
    """A response that ends with its client: what runs for it is stopped then."""

    def __init__(self, content: AsyncIterator[bytes], release: Callable[[], None], media_type: str) -> None:
        super().__init__(content, media_type=media_type)
        self._content, self._release = content, release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._release()

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self._content):  # type: ignore[type-var]
            await super().stream_response(send)


class _Guard:
    """Refuses a request before anything of its body is read, and counts the answers."""

    def __init__(self, app: ASGIApp, access: Access, answered: Callable[[int], None]) -> None:
        self._app, self._access, self._answered = app, access, answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"] not in OPEN_PATHS:
                self._answered(message["status"])
            await send(message)

        refusal = self._access.refusal(scope["method"], scope["path"], Headers(scope=scope))
        app: ASGIApp = self._app
        if refusal:
            headers = {"connection": "close"} | (
                {"www-authenticate": "Bearer"} if refusal.status == 401 else {}
            )
            app = JSONResponse({"detail": refusal.words}, refusal.status, headers)
        await app(scope, receive, counting)
