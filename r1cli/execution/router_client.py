"""The provider ``router``: runs programs through the queue of `r1 code serve`."""

import asyncio
import json
import os
import random
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from r1cli.config.groups.code import Code
from r1cli.endpoint import Endpoint, parse_endpoints
from r1cli.errors import R1Error
from r1cli.execution.executor import JOB_ROUTER, Result, Work, asks_job_router, no_endpoints
from r1cli.execution.program import ExecutionFault
from r1cli.execution.router_answer import TryAgain, authorization, facts_of, read_line, refusal_of
from r1cli.execution.wire import CLIENT, PROGRAMS, tree_of

if TYPE_CHECKING:
    pass

#: The variable with the router's token.
TOKEN = "R1_CODE_TOKEN"

# Programs and bytes of a request, and requests at a time. They are small, for what is
# in a router that dies is sent again.
_PROGRAMS, _BYTES, _REQUESTS = 256, 8 << 20, 8
# Tries without any result in between, with pauses that double: 40 s in all. A router that is started again is
# back in a few.
_TRIES, _FIRST_PAUSE, _LONGEST_PAUSE = 10, 0.5, 8.0
# Seconds in which other routers are asked after one has failed.
_DOWN = 5.0
# Seconds to connect, and without a sign of the router: it sends one every 5 s.
_CONNECT, _SILENCE = 10.0, 60.0
# Tries to find a router at the start, and the seconds after which there is no other try.
_FIRST_TRIES, _FIRST_LONGEST = 4, 4.0


@dataclass
class _Server:
    """A router, and how many requests it has of this process."""

    endpoint: Endpoint
    requests: int = 0
    down_until: float = 0.0


class RouterExecutor:
    """Runs programs on routers. What a router has not answered when it dies is asked again, and nothing else.

    Args:
        section: with the routers in ``endpoints``; a job's own router is in a variable.

    Raises:
        R1Error: no router is named, none of them answers, or one refuses the token.
    """

    def __init__(self, section: Code) -> None:
        self._servers = [_Server(endpoint) for endpoint in _endpoints(section)]
        most = section.max_sandboxes
        self._programs = _PROGRAMS if most is None else max(1, min(_PROGRAMS, most // _REQUESTS))
        requests = _REQUESTS * len(self._servers)
        self._places = asyncio.Semaphore(requests if most is None else min(requests, most))
        direct = any(server.endpoint.direct for server in self._servers)
        self._http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(_SILENCE, connect=_CONNECT),
            limits=httpx2.Limits(max_connections=None),
            headers={CLIENT: secrets.token_hex(8), "content-type": "application/json"},
            trust_env=not direct,
        )
        # A mistake shows before anything loads. The job's own router may still be starting.
        self._facts: Mapping[str, str] = {} if direct else self._first_facts()

    async def run(self, batch: Sequence[Work]) -> AsyncIterator[tuple[int, Result]]:
        """As `Executor.run`."""
        results: asyncio.Queue[tuple[int, Result] | BaseException] = asyncio.Queue()
        asking = asyncio.create_task(self._all(batch, results))
        # An error ends everything: otherwise nobody would look at it.
        asking.add_done_callback(lambda task: results.put_nowait(_error_of(task)))
        try:
            for _ in batch:
                found = await results.get()
                if isinstance(found, BaseException):
                    raise found
                yield found
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def close(self) -> None:
        """As `Executor.close`."""
        await self._http.aclose()

    def facts(self) -> Mapping[str, str]:
        """As `Executor.facts`: those that the first router says that answers."""
        unknown = "unknown: the router does not answer"
        known = {"router": ", ".join(server.endpoint.url for server in self._servers)}
        if not self._facts:
            with suppress(R1Error):
                self._facts = self._first_facts()
        return {"isolation": unknown, "memory limit": unknown, **self._facts, **known}

    def _first_facts(self) -> Mapping[str, str]:
        """What the first router says that answers.

        Raises:
            R1Error: a router refuses the token, or is none, or all of them are silent.
        """
        words, began = "", time.monotonic()
        for number in range(_FIRST_TRIES):
            if time.monotonic() - began > _FIRST_LONGEST:
                break
            time.sleep(_FIRST_PAUSE if number else 0)
            for server in self._servers:
                try:
                    return facts_of(server.endpoint)
                except TryAgain as error:
                    words = str(error)
        raise R1Error(
            words,
            where="code.endpoints",
            fix="start it with `r1 code serve`, or check the address",
            exit_code=1,
        )

    async def _all(self, batch: Sequence[Work], results: "asyncio.Queue[Any]") -> None:
        async with asyncio.TaskGroup() as group:
            for part in _parts(batch, self._programs):
                await self._places.acquire()
                task = group.create_task(self._some(part, results))
                task.add_done_callback(lambda _: self._places.release())

    async def _some(self, left: dict[int, bytes], results: "asyncio.Queue[Any]") -> None:
        """Asks for programs, until all have a result or nothing helps."""
        tries, words = 0, ""
        while left and tries < _TRIES:
            before, wait = len(left), 0.0
            server = self._server()
            server.requests += 1
            try:
                async for number, result in self._ask(server.endpoint, left):
                    del left[number]
                    results.put_nowait((number, result))
            except TryAgain as error:
                words, wait = str(error), error.wait
                server.down_until = time.monotonic() + max(wait, _DOWN)
            finally:
                server.requests -= 1
            tries = tries + 1 if len(left) == before else 1
            if left and tries < _TRIES:
                pause = min(_FIRST_PAUSE * 2 ** (tries - 1), _LONGEST_PAUSE)
                await asyncio.sleep(max(wait, pause * random.uniform(0.5, 1.0)))
        for number in left:
            results.put_nowait((number, ExecutionFault(words)))

    def _server(self) -> _Server:
        """The one with the fewest requests, of those that have not failed lately if there are any."""
        now = time.monotonic()
        return min(self._servers, key=lambda one: (one.down_until > now, one.requests))

    async def _ask(
        self, endpoint: Endpoint, programs: Mapping[int, bytes]
    ) -> AsyncIterator[tuple[int, Result]]:
        """The results that a router gives in one answer; it numbers the programs as they are sent."""
        router, numbers = f"the router at {endpoint.url}", list(programs)
        body = b'{"programs":[' + b",".join(programs.values()) + b"]}"
        url, headers = f"{endpoint.url}{PROGRAMS}", authorization(endpoint)
        try:
            async with self._http.stream("POST", url, content=body, headers=headers) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    fault = refusal_of(answer, endpoint)
                    for number in numbers:
                        yield number, fault
                    return
                missing = set(numbers)
                async for line in answer.aiter_lines():
                    if line.strip():
                        number, result = read_line(line, endpoint, numbers)
                        if number in missing:
                            missing.remove(number)
                            yield number, result
        except httpx2.HTTPError as error:
            raise TryAgain(f"{router} broke off: {type(error).__name__} {error}".strip()) from error
        if missing:
            raise TryAgain(f"{router} ended its answer early")


def _endpoints(section: Code) -> tuple[Endpoint, ...]:
    if asks_job_router(section):
        return (Endpoint(os.environ[JOB_ROUTER], TOKEN, direct=True),)
    found = parse_endpoints(section.endpoints, "code.endpoints", TOKEN)
    if not found:
        raise no_endpoints("router")
    return found


def _parts(batch: Sequence[Work], most: int) -> Iterator[dict[int, bytes]]:
    """The programs, as requests have them."""
    part: dict[int, bytes] = {}
    size = 0
    for number, work in enumerate(batch):
        encoded = json.dumps(tree_of(work), separators=(",", ":")).encode()
        if part and (len(part) == most or size + len(encoded) > _BYTES):
            yield part
            part, size = {}, 0
        part[number] = encoded
        size += len(encoded)
    if part:
        yield part


def _error_of(task: "asyncio.Task[None]") -> BaseException:
    if task.cancelled():
        return asyncio.CancelledError()
    error = task.exception()
    while isinstance(error, BaseExceptionGroup):
        # Requests that fail together fail for the same reason.
        error = error.exceptions[0]
    return error or ExecutionFault("the router gave no result")
