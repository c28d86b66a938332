"""The client: completions from servers of OpenAI's protocol, many at a time."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, TypeVar

from httpx2 import (
    AsyncClient,
    ConnectError,
    ConnectTimeout,
    HTTPError,
    Limits,
    ProxyError,
    Response,
    Timeout,
    TimeoutException,
)
from stamina import retry_context

from r1cli.endpoint import Endpoint, parse_endpoints
from r1cli.errors import R1Error
from r1cli.sampling.limiter import Limiter, Pool
from r1cli.sampling.response import (
    DROPPED,
    NO_CONNECTION,
    REFUSED,
    TIMED_OUT,
    UNUSABLE,
    NoSuchModel,
    TryAgain,
    Unresumable,
    completion_of,
    overflow,
    refusal_in,
    what_helps,
)
from r1cli.sampling.sampling_request import SamplingRequest, requests_for
from r1cli.sampling.store import Completion, Failure, OnOutcome, Outcome

#: Seconds to connect to a server.
CONNECT = 10.0
# If nothing has succeeded, this number of failures ends everything, or as many as run at the same time.
_HOPELESS = 8

# How often a server that was started again is waited for, for one completion: it may answer to nobody.
_RECONNECTS = 3

_Result = TypeVar("_Result")

# Without a handler, Python would print a line for each retry.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class _Unreachable(R1Error):
    """No server can be reached."""


class Client:
    """Asks servers of OpenAI's protocol that have the same model. Open it with ``async with``.

    Args:
        endpoints: the servers; requests are spread over them by free capacity.
        model: the model's name there.
        concurrency: number of concurrent requests to each server. While a server is busy, fewer are sent.
        timeout: seconds for one completion.
        tries: for one completion.
        first_wait: seconds before the second try; the wait doubles each time.
        longest_wait: seconds between two tries at most, also if a server asks for more.
        reconnect: called in a thread if all tries found no server; returns when there may be one again.
            Without it, that ends everything.
        context: tokens of a prompt and its completion together, where the servers complete longer ones too.
        on_lost: called with what is wrong when a server can no longer be reached.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        model: str = "",
        concurrency: int = 64,
        timeout: float = 3600.0,
        tries: int = 6,
        first_wait: float = 1.0,
        longest_wait: float = 3600.0,
        reconnect: Callable[[], None] | None = None,
        context: int | None = None,
        on_lost: Callable[[str], None] | None = None,
    ) -> None:
        if not endpoints or concurrency < 1 or tries < 1:
            raise ValueError("a client needs an endpoint, and concurrency and tries of 1 or more")
        self.endpoints = tuple(endpoints)
        self.model = model
        self.concurrency = concurrency
        self.timeout = timeout
        self.tries = tries
        self.first_wait = first_wait
        self.longest_wait = longest_wait
        self.reconnect = reconnect
        self.context = context
        self.on_lost = on_lost
        self._pool = Pool([Limiter(endpoint, concurrency, first_wait) for endpoint in self.endpoints])
        self._connections: dict[Endpoint, AsyncClient] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> "Client":
        for endpoint in self.endpoints:
            key = endpoint.key()
            connection = AsyncClient(
                headers={"content-type": "application/json"}
                | ({"authorization": f"Bearer {key}"} if key else {}),
                timeout=Timeout(self.timeout, connect=CONNECT),
                limits=Limits(max_connections=self.concurrency),
                trust_env=not endpoint.direct,
            )
            self._connections[endpoint] = await self._open.enter_async_context(connection)
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._open.aclose()

    async def complete(
        self, prompt: Any, *, check: Callable[[Completion], object] | None = None, **sampling: Any
    ) -> Outcome:
        """One completion, or why there is none.

        Args:
            prompt: a chat, which is a list of messages, or a text.
            check: raises a ValueError for a completion that is of no use, so that another one is sampled.
            sampling: parameters of the server, such as ``temperature``, ``max_tokens`` and ``seed``.

        Raises:
            R1Error: no server can be reached, or one refuses the key, or does not know the model.
        """
        chat = not isinstance(prompt, str)
        path, field = ("chat/completions", "messages") if chat else ("completions", "prompt")
        # As ASCII, because half a surrogate pair has no other encoding.
        body = json.dumps({"model": self.model, **sampling, field: prompt}).encode()

        async def attempt(limiter: Limiter) -> Outcome:
            endpoint, sent = limiter.endpoint, time.monotonic()
            response = await self._send(endpoint, "POST", path, body)
            outcome = refusal_in(response, endpoint) or completion_of(response, chat, endpoint)
            if isinstance(outcome, Completion):
                outcome = replace(outcome, seconds=round(time.monotonic() - sent, 3))
                most = int(sampling.get("max_tokens") or 0)
                outcome = overflow(outcome.prompt_tokens, most, self.context) or outcome
            if check and isinstance(outcome, Completion):
                try:
                    check(outcome)
                except ValueError as error:
                    raise TryAgain(UNUSABLE, f"{endpoint.url} {error}") from error
            return outcome

        return await self._patiently(attempt)

    async def first_model(self) -> str:
        """The first model that a server lists.

        Raises:
            R1Error: the server cannot be reached, or lists none.
        """

        async def attempt(limiter: Limiter) -> str | Failure:
            response = await self._send(limiter.endpoint, "GET", "models", b"")
            try:
                refused = refusal_in(response, limiter.endpoint)
            except NoSuchModel as error:
                return Failure(REFUSED, error.what)  # it is the list that is not there
            if refused:
                return refused
            try:
                return str(response.json()["data"][0]["id"])
            except (ValueError, LookupError, TypeError):
                return Failure(UNUSABLE, f"{limiter.endpoint.url} lists no model")

        found = await self._patiently(attempt)
        if isinstance(found, Failure):
            # The list of transformers' server is of the Hub's cache: it fails where there is none.
            what = f"no model is named, and the server does not say which it has: {found.message}"
            fix = "name the model with --model, as the server calls it: `r1 serve` prints that in its example"
            where = ", ".join(endpoint.url for endpoint in self.endpoints)
            raise R1Error(what, where=where, fix=fix, exit_code=1)
        return found

    async def _patiently(self, attempt: Callable[[Limiter], Awaitable[_Result]]) -> _Result | Failure:
        """The result of an attempt, or why the last one failed."""
        for _ in range(_RECONNECTS if self.reconnect else 0):
            try:
                return await self._in_some_tries(attempt)
            except _Unreachable:
                assert self.reconnect
                await asyncio.to_thread(self.reconnect)
        return await self._in_some_tries(attempt)

    async def _in_some_tries(self, attempt: Callable[[Limiter], Awaitable[_Result]]) -> _Result | Failure:
        last = TryAgain(NO_CONNECTION, "")
        try:
            async for retry in retry_context(
                self._wait,
                attempts=self.tries,
                timeout=None,
                wait_initial=self.first_wait,
                wait_jitter=self.first_wait,
                wait_max=self.longest_wait,
            ):
                with retry:
                    return await self._try(attempt)
        except TryAgain as error:
            last = error
        if last.failure.reason == NO_CONNECTION and not self._is_any_reachable:
            tries = f"in {self.tries} tries" if self.tries > 1 else "in one try"
            fix = "start the server, or check the address"
            raise _Unreachable(f"{last}, {tries}", fix=fix, exit_code=1) from last
        return last.failure

    def _wait(self, error: Exception) -> bool | float:
        """Whether another try is worth it; if a server has said when, the seconds until then."""
        if not isinstance(error, TryAgain):
            return False
        return True if error.wait is None else min(error.wait, self.longest_wait)

    async def _try(self, attempt: Callable[[Limiter], Awaitable[_Result]]) -> _Result:
        while True:
            async with self._pool.slot() as limiter:
                sent = time.monotonic()
                try:
                    result = await attempt(limiter)
                except TryAgain as error:
                    if error.failure.reason == NO_CONNECTION:
                        if limiter.is_reachable and self.on_lost:
                            self.on_lost(str(error))
                        limiter.lost(sent)
                        if self._is_any_reachable:
                            continue  # a dead server costs no try while another one answers
                    elif error.is_busy:
                        limiter.busy(sent, min(error.wait or 0.0, self.longest_wait))
                    raise
                limiter.answered()
                return result

    @property
    def _is_any_reachable(self) -> bool:
        return any(one.is_reachable for one in self._pool.limiters)

    async def _send(self, endpoint: Endpoint, method: str, path: str, body: bytes) -> Response:
        server = f"the server at {endpoint.url}"
        try:
            return await self._connections[endpoint].request(method, f"{endpoint.url}/{path}", content=body)
        except (ConnectError, ConnectTimeout, ProxyError) as error:
            what = f"no answer from {server}: {type(error).__name__} {error}".strip()
            raise TryAgain(NO_CONNECTION, what) from error
        except TimeoutException as error:
            raise TryAgain(TIMED_OUT, f"no answer from {server} in {self.timeout:g} s") from error
        except HTTPError as error:
            raise TryAgain(DROPPED, f"{server} dropped the connection: {type(error).__name__}") from error


def complete(
    prompts: Sequence[Any],
    *,
    endpoint: str | Sequence[str],
    model: str = "",
    concurrency: int = 64,
    **sampling: Any,
) -> list[Outcome]:
    """Completions of prompts, from servers of OpenAI's protocol.

    Not for a running event loop, such as a notebook's: there, use `Client`.

    Args:
        prompts: chats (lists of messages with ``role`` and ``content``), or texts for a model without a
            chat template.
        endpoint: ``URL``, up to ``/v1``, with the key in OPENAI_API_KEY if it requires one, or
            ``URL,key_env=NAME`` with the key in another variable; or a list of them.
        model: the model's name there; the first one that the server lists if it is not given.
        concurrency: number of concurrent requests to each server.
        sampling: parameters of the server, such as ``temperature``, ``top_p``, ``max_tokens`` (in tokens) and
            ``stop``. Of a ``seed``, each prompt gets its own.

    Returns:
        One for each prompt, in their order: a `Completion` with ``text``, ``finish_reason`` ("stop", or
        "length" if ``max_tokens`` cut it off) and ``tokens``; or a `Failure` with its ``reason`` and
        ``message``, ``passing`` if a later call may succeed.

    Raises:
        R1Error: an address or its variable is wrong, no server can be reached, one refuses the key or does
            not know the model, or nothing succeeds at all.
    """
    client = Client(parse_endpoints(endpoint), model=model, concurrency=concurrency)
    requests = requests_for([(str(number), prompt) for number, prompt in enumerate(prompts)], 1, {})
    found: dict[int, Outcome] = {}
    sample_all(
        client, requests, sampling, lambda request, outcome: found.update({int(request.problem): outcome})
    )
    return [found[number] for number in range(len(prompts))]


def sample_all(
    client: Client,
    requests: Iterable[SamplingRequest],
    sampling: Mapping[str, Any],
    on_outcome: OnOutcome,
) -> None:
    """Requests all completions, and reports the result of each as it arrives.

    Args:
        client: not yet open; without a model it gets the first one that a server lists.
        requests: chats, or texts for a model without a chat template; each is taken when there is room.
        sampling: ``temperature``, ``top_p``, ``max_tokens`` and other parameters of the server; each
            completion gets its own seed, derived from ``seed``.
        on_outcome: called with each request, and its completion or failure.

    Raises:
        R1Error: no server can be reached, one refuses the key or does not know the model, or nothing succeeds
            at all. Earlier outcomes were reported.
    """
    try:
        asyncio.run(_sample_all(client, requests, sampling, on_outcome))
    except ExceptionGroup as several:
        # Requests that fail together fail for the same reason.
        raise several.exceptions[0] from None


async def _sample_all(
    client: Client, requests: Iterable[SamplingRequest], sampling: Mapping[str, Any], on_outcome: OnOutcome
) -> None:
    waiting, report = iter(requests), _Report(client, on_outcome)

    async def work() -> None:
        # All workers share the iterator: each takes the next request.
        for request in waiting:
            own = {**sampling, "seed": request.seed(sampling["seed"])} if "seed" in sampling else sampling
            report(request, await client.complete(request.prompt, **own))

    async with client:
        client.model = client.model or await client.first_model()
        async with asyncio.TaskGroup() as group:
            for _ in range(client.concurrency * len(client.endpoints)):
                group.create_task(work())


class _Report:
    """Hands outcomes over, and ends everything when only failures come."""

    def __init__(self, client: Client, on_outcome: OnOutcome) -> None:
        self._client = client
        self._on_outcome = on_outcome
        self._succeeded, self._failed = False, 0

    def __call__(self, request: SamplingRequest, outcome: Outcome) -> None:
        self._on_outcome(request, outcome)
        if not isinstance(outcome, Failure):
            self._succeeded = True
            return
        self._failed += 1
        if self._succeeded or self._failed < max(_HOPELESS, self._client.concurrency):
            return
        what = f"all of the first {self._failed} requests failed, {outcome.reason}: {outcome.message}"
        if outcome.passing:
            raise R1Error(what, fix="check the server", exit_code=1)
        raise Unresumable(what, fix=what_helps(outcome.reason, passing=False), exit_code=1)
