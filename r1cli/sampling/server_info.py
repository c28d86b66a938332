"""What a server says of itself: whether it is up, its version, its first model."""

import asyncio
import time
from contextlib import suppress

from httpx2 import Client as HttpClient
from httpx2 import HTTPError

from r1cli.errors import R1Error
from r1cli.sampling.client import CONNECT, Client
from r1cli.sampling.endpoint import Endpoint

#: Seconds for the job's own server to start: it may load a large model from a slow disk.
HEALTHY = 1800.0


def first_model(endpoint: Endpoint) -> str:
    """The first model that a server lists.

    Raises:
        R1Error: the server cannot be reached, or lists none.
    """

    async def ask() -> str:
        async with Client([endpoint], timeout=30.0) as client:
            return await client.first_model()

    return asyncio.run(ask())


def server_version(endpoint: Endpoint) -> str:
    """The version that a server such as vLLM reports; empty if it reports none."""
    url = endpoint.url.removesuffix("/v1") + "/version"
    try:
        with HttpClient(timeout=CONNECT, trust_env=not endpoint.direct) as client:
            return str(client.get(url).json()["version"])
    except (HTTPError, ValueError, LookupError, TypeError):
        return ""


def wait_for(url: str) -> None:
    """Waits until a starting server answers: the process that started it ends this one if it fails."""
    deadline = time.monotonic() + HEALTHY
    with HttpClient(trust_env=False, timeout=5.0) as client:
        while True:
            with suppress(HTTPError):
                if client.get(url).status_code == 200:
                    return
            if time.monotonic() > deadline:
                what = f"the server did not become healthy in {HEALTHY:g} s"
                raise R1Error(what, where=url, fix="see its log, serve.log", exit_code=1)
            time.sleep(0.5)
