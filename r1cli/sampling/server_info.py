"""What a server says of itself: its version, its first model."""

import asyncio

from httpx2 import Client as HttpClient
from httpx2 import HTTPError

from r1cli.endpoint import Endpoint
from r1cli.sampling.client import CONNECT, Client

# Seconds for a list of models, and how often it is asked for: a server that has one answers at once.
_ANSWER, _TRIES = 15.0, 2


def first_model(endpoint: Endpoint) -> str:
    """The first model that a server lists.

    Raises:
        R1Error: the server cannot be reached, or lists none.
    """

    async def ask() -> str:
        async with Client([endpoint], timeout=_ANSWER, tries=_TRIES) as client:
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
