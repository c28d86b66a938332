"""Sampling from a server that speaks OpenAI's protocol, many requests at a time."""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from r1cli.errors import R1Error
from r1cli.sampling.store import Ask, Take

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

#: Tries for one completion, and the seconds before the second; each further wait is twice the last.
TRIES, FIRST_WAIT = 6, 1.0
#: The variable that holds the key, as OpenAI's own clients have it.
API_KEY = "OPENAI_API_KEY"
#: Seconds for a server of the job's own to come up: a large model may come from a slow disk.
HEALTHY = 1800.0
#: Seconds to connect to a server.
CONNECT = 10.0
_BUSY = (408, 409, 425, 429)
# A call of a tool is the model's own end, too.
_FINISHED = ("stop", "length", "tool_calls", "function_call")

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Endpoint:
    """Where the server is, and how it is asked.

    Args:
        url: up to ``/v1``.
        model: the model's name there.
        concurrency: requests under way at once.
        timeout: seconds for one completion.
        direct: it is of this job, and no proxy stands between.
    """

    url: str
    model: str = ""
    concurrency: int = 64
    timeout: float = 3600.0
    direct: bool = False


class _TryAgain(Exception):
    """The server may answer yet."""


def sample_all(endpoint: Endpoint, asks: Sequence[Ask], sampling: dict[str, Any], take: Take) -> None:
    """Asks for each completion, and hands each over as it comes.

    Args:
        endpoint: the server.
        asks: what is wanted; chats, or texts for a model without a chat template.
        sampling: ``temperature``, ``top_p``, ``max_tokens`` and what else the server takes; of ``seed``, each
            completion has one of its own made.
        take: told of each.

    Raises:
        R1Error: the server cannot be reached or refuses a request. What had come until then was handed over.
    """
    try:
        asyncio.run(_sample_all(endpoint, asks, sampling, take))
    except ExceptionGroup as several:
        # Requests that fail together fail for one reason.
        raise several.exceptions[0] from None


def first_model(url: str) -> str:
    """The first model that a server lists.

    Raises:
        R1Error: the server cannot be reached, or lists none.
    """
    return asyncio.run(_first_model(url))


def server_version(endpoint: Endpoint) -> str:
    """The version that a server says it has, as vLLM does; empty when it says none."""
    from httpx2 import Client, HTTPError

    url = endpoint.url.removesuffix("/v1") + "/version"
    try:
        with Client(timeout=CONNECT, trust_env=not endpoint.direct) as client:
            return str(client.get(url).json()["version"])
    except (HTTPError, ValueError, LookupError, TypeError):
        return ""


def wait_for(url: str) -> None:
    """Waits until a server that is starting answers: whoever started it ends this process if it fails."""
    from httpx2 import Client, HTTPError

    deadline = time.monotonic() + HEALTHY
    with Client(trust_env=False, timeout=5.0) as client:
        while True:
            with suppress(HTTPError):
                if client.get(url).status_code == 200:
                    return
            if time.monotonic() > deadline:
                what = f"the server did not become healthy in {HEALTHY:g} s"
                raise R1Error(what, where=url, fix="its log says why: serve.log", exit_code=1)
            time.sleep(0.5)


async def _sample_all(endpoint: Endpoint, asks: Sequence[Ask], sampling: dict[str, Any], take: Take) -> None:
    from httpx2 import AsyncClient, Limits, Timeout

    limits = Limits(max_connections=endpoint.concurrency)
    patience = Timeout(endpoint.timeout, connect=CONNECT)
    async with AsyncClient(
        headers=_headers(), timeout=patience, limits=limits, trust_env=not endpoint.direct
    ) as client:
        waiting = iter(asks)

        async def work() -> None:
            # Shared by all workers: each takes the next ask that nobody has.
            for ask in waiting:
                body = {"model": endpoint.model, **sampling}
                if "seed" in sampling:
                    body["seed"] = ask.seed(sampling["seed"])
                take(ask, *await _complete(client, endpoint.url, ask.prompt, body))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(endpoint.concurrency, len(asks))):
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
    """The text, why it ended, and its number of tokens."""
    chat = not isinstance(prompt, str)
    path, said = ("chat/completions", {"messages": prompt}) if chat else ("completions", {"prompt": prompt})

    async def attempt() -> tuple[str, str, int]:
        answer = await _try(client.post(f"{url}/{path}", json={**body, **said}), url)
        try:
            tree = answer.json()
            choice = tree["choices"][0]
            text = _text(choice["message"]) if chat else choice["text"]
            tokens = int((tree.get("usage") or {}).get("completion_tokens", 0))
            reason = choice["finish_reason"]
        except (ValueError, LookupError, TypeError):
            raise _unusable(url, "sends no completion", "is it a server of OpenAI's protocol?") from None
        if reason not in _FINISHED:
            # A server that is going down, or a filter, ended it: the text is not all that the model says.
            raise _TryAgain(f"breaks completions off: finish_reason {reason}")
        return text, reason, tokens

    return await _patiently(attempt, url)


def _headers() -> dict[str, str]:
    key = os.environ.get(API_KEY, "")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _text(message: dict[str, Any]) -> str:
    """The whole completion: a reasoning parser sends the thoughts apart, without their tags."""
    thoughts = message.get("reasoning_content") or message.get("reasoning")
    answer = message.get("content") or ""
    return f"<think>\n{thoughts}\n</think>\n{answer}" if thoughts else answer


async def _patiently(attempt: Callable[[], Awaitable[_Answer]], url: str) -> _Answer:
    """What an attempt gives, tried again while the server is busy or away."""
    for number in range(TRIES):
        try:
            return await attempt()
        except _TryAgain as error:
            if number == TRIES - 1:
                raise _unusable(
                    url, str(error), "what has come is kept: start again once it is well"
                ) from error
            await asyncio.sleep(FIRST_WAIT * 2**number * random.uniform(0.5, 1))
    raise AssertionError("unreachable")


async def _try(asked: "Awaitable[Response]", url: str) -> "Response":
    from httpx2 import HTTPError

    try:
        answer = await asked
    except HTTPError as error:
        raise _TryAgain(f"does not answer: {type(error).__name__}") from error
    if answer.status_code in _BUSY or answer.status_code >= 500:
        raise _TryAgain(f"answers {answer.status_code}")
    if answer.status_code != 200:
        # A service may repeat the key in what it says.
        key = os.environ.get(API_KEY)
        said = (answer.text.replace(key, "***") if key else answer.text)[:300]
        fix = "check the model and its limits"
        if answer.status_code == 404 and not url.endswith("/v1"):
            fix = f"the address of most servers ends with /v1: {url}/v1"
        raise _unusable(url, f"answers {answer.status_code} {said}".strip(), fix)
    return answer


def _unusable(url: str, what: str, fix: str) -> R1Error:
    return R1Error(f"the server at {url} {what}", where="evaluate.endpoint", fix=fix, exit_code=1)
