"""Sampling from an OpenAI-compatible server, with many concurrent requests."""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from r1cli.errors import R1Error
from r1cli.sampling.store import OnCompletion, SamplingRequest

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

#: Tries for one completion, and the seconds before the second; the wait doubles each time.
TRIES, FIRST_WAIT = 6, 1.0
#: The variable with the key, the one that OpenAI's own clients read.
API_KEY = "OPENAI_API_KEY"
#: Seconds for the job's own server to start: it may load a large model from a slow disk.
HEALTHY = 1800.0
#: Seconds to connect to a server.
CONNECT = 10.0
_BUSY = (408, 409, 425, 429)
# A tool call also means that the model ended the completion itself.
_FINISHED = ("stop", "length", "tool_calls", "function_call")

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Endpoint:
    """The server's address, and how to send requests to it.

    Args:
        url: up to ``/v1``.
        model: the model's name there.
        concurrency: number of concurrent requests.
        timeout: seconds for one completion.
        direct: it belongs to this job, so proxies are ignored.
    """

    url: str
    model: str = ""
    concurrency: int = 64
    timeout: float = 3600.0
    direct: bool = False


class _TryAgain(Exception):
    """The server failed, but may answer a retry."""


def sample_all(
    endpoint: Endpoint,
    requests: Sequence[SamplingRequest],
    sampling: dict[str, Any],
    on_completion: OnCompletion,
) -> None:
    """Requests all completions, and reports each one as it arrives.

    Args:
        endpoint: the server.
        requests: chats, or texts for a model without a chat template.
        sampling: ``temperature``, ``top_p``, ``max_tokens`` and other parameters of the server; each
            completion gets its own seed, derived from ``seed``.
        on_completion: called with each completion.

    Raises:
        R1Error: the server cannot be reached or rejects a request. Earlier completions were reported.
    """
    try:
        asyncio.run(_sample_all(endpoint, requests, sampling, on_completion))
    except ExceptionGroup as several:
        # Requests that fail together fail for the same reason.
        raise several.exceptions[0] from None


def first_model(url: str) -> str:
    """The first model that a server lists.

    Raises:
        R1Error: the server cannot be reached, or lists none.
    """
    return asyncio.run(_first_model(url))


def server_version(endpoint: Endpoint) -> str:
    """The version that a server such as vLLM reports; empty if it reports none."""
    from httpx2 import Client, HTTPError

    url = endpoint.url.removesuffix("/v1") + "/version"
    try:
        with Client(timeout=CONNECT, trust_env=not endpoint.direct) as client:
            return str(client.get(url).json()["version"])
    except (HTTPError, ValueError, LookupError, TypeError):
        return ""


def wait_for(url: str) -> None:
    """Waits until a starting server answers: the process that started it ends this one if it fails."""
    from httpx2 import Client, HTTPError

    deadline = time.monotonic() + HEALTHY
    with Client(trust_env=False, timeout=5.0) as client:
        while True:
            with suppress(HTTPError):
                if client.get(url).status_code == 200:
                    return
            if time.monotonic() > deadline:
                what = f"the server did not become healthy in {HEALTHY:g} s"
                raise R1Error(what, where=url, fix="see its log, serve.log", exit_code=1)
            time.sleep(0.5)


async def _sample_all(
    endpoint: Endpoint,
    requests: Sequence[SamplingRequest],
    sampling: dict[str, Any],
    on_completion: OnCompletion,
) -> None:
    from httpx2 import AsyncClient, Limits, Timeout

    limits = Limits(max_connections=endpoint.concurrency)
    patience = Timeout(endpoint.timeout, connect=CONNECT)
    async with AsyncClient(
        headers=_headers(), timeout=patience, limits=limits, trust_env=not endpoint.direct
    ) as client:
        waiting = iter(requests)

        async def work() -> None:
            # All workers share the iterator: each takes the next request.
            for request in waiting:
                body = {"model": endpoint.model, **sampling}
                if "seed" in sampling:
                    body["seed"] = request.seed(sampling["seed"])
                on_completion(request, *await _complete(client, endpoint.url, request.prompt, body))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(endpoint.concurrency, len(requests))):
                group.create_task(work())


async def _first_model(url: str) -> str:
    from httpx2 import AsyncClient, Timeout

    async with AsyncClient(headers=_headers(), timeout=Timeout(30.0, connect=CONNECT)) as client:
        answer = await _patiently(lambda: _try(client.get(f"{url}/models"), url), url)
    try:
        return str(answer.json()["data"][0]["id"])
    except (ValueError, LookupError, TypeError):
        raise _unusable(url, "lists no model", "name it with --model") from None


async def _complete(
    client: "AsyncClient", url: str, prompt: Any, body: dict[str, Any]
) -> tuple[str, str, int]:
    """The text, the reason why it ended, and its number of tokens."""
    chat = not isinstance(prompt, str)
    path, text_field = ("chat/completions", "messages") if chat else ("completions", "prompt")

    async def attempt() -> tuple[str, str, int]:
        answer = await _try(client.post(f"{url}/{path}", json={**body, text_field: prompt}), url)
        try:
            tree = answer.json()
            choice = tree["choices"][0]
            text = _text(choice["message"]) if chat else choice["text"]
            tokens = int((tree.get("usage") or {}).get("completion_tokens", 0))
            reason = choice["finish_reason"]
        except (ValueError, LookupError, TypeError):
            raise _unusable(url, "sends no completion", "is the server OpenAI-compatible?") from None
        if reason not in _FINISHED:
            # The server shut down, or a filter cut the text: the completion is not complete.
            raise _TryAgain(f"sends incomplete completions: finish_reason {reason}")
        return text, reason, tokens

    return await _patiently(attempt, url)


def _headers() -> dict[str, str]:
    key = os.environ.get(API_KEY, "")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _text(message: dict[str, Any]) -> str:
    """The whole completion: a reasoning parser sends the thoughts separately, without their tags."""
    thoughts = message.get("reasoning_content") or message.get("reasoning")
    answer = message.get("content") or ""
    return f"<think>\n{thoughts}\n</think>\n{answer}" if thoughts else answer


async def _patiently(attempt: Callable[[], Awaitable[_Answer]], url: str) -> _Answer:
    """Returns the result of an attempt, with retries while the server is busy or unreachable."""
    for number in range(TRIES):
        try:
            return await attempt()
        except _TryAgain as error:
            if number == TRIES - 1:
                fix = "run the same command again once it works: received completions are stored"
                raise _unusable(url, str(error), fix) from error
            await asyncio.sleep(FIRST_WAIT * 2**number * random.uniform(0.5, 1))
    raise AssertionError("unreachable")


async def _try(response: "Awaitable[Response]", url: str) -> "Response":
    from httpx2 import HTTPError

    try:
        answer = await response
    except HTTPError as error:
        raise _TryAgain(f"does not answer: {type(error).__name__}") from error
    if answer.status_code in _BUSY or answer.status_code >= 500:
        raise _TryAgain(f"answers {answer.status_code}")
    if answer.status_code != 200:
        # A service may repeat the key in its answer.
        key = os.environ.get(API_KEY)
        text = (answer.text.replace(key, "***") if key else answer.text)[:300]
        fix = "check the model and its limits"
        if answer.status_code == 404 and not url.endswith("/v1"):
            fix = f"the address of most servers ends in /v1: {url}/v1"
        raise _unusable(url, f"answers {answer.status_code} {text}".strip(), fix)
    return answer


def _unusable(url: str, what: str, fix: str) -> R1Error:
    return R1Error(f"the server at {url} {what}", where="evaluate.endpoint", fix=fix, exit_code=1)
