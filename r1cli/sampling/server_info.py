"""What a server says of itself: its version, its first model."""

import asyncio
from collections.abc import Sequence

from httpx2 import Client as HttpClient
from httpx2 import ConnectError, ConnectTimeout, HTTPError

from r1cli.endpoint import Endpoint
from r1cli.errors import R1Error
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


def require_connection(endpoints: Sequence[Endpoint]) -> None:
    """Whether any of some servers takes connections: with a model that is named, none is asked for its list.

    Raises:
        R1Error: none does.
    """
    reasons = []
    for endpoint in endpoints:
        try:
            with HttpClient(timeout=CONNECT, trust_env=not endpoint.direct) as client:
                client.get(f"{endpoint.url}/models")
        except (ConnectError, ConnectTimeout) as error:
            reasons.append(f"{endpoint.url}: {type(error).__name__}: {error}")
            continue
        except HTTPError:
            pass  # it is busy, or has another answer: requests will show
        return
    raise R1Error(
        f"no answer from the server at {'; '.join(reasons)}",
        where="sampling.endpoint",
        fix="start the server, or correct --endpoint",
        exit_code=1,
    )


def listed_models(endpoint: Endpoint) -> list[str]:
    """The models that a server lists; none if it does not answer with a list."""
    try:
        with _asking(endpoint) as client:
            return [str(one["id"]) for one in client.get(f"{endpoint.url}/models").json()["data"]]
    except (HTTPError, ValueError, LookupError, TypeError):
        return []


def server_version(endpoint: Endpoint) -> str:
    """The version that a server such as vLLM reports; empty if it reports none."""
    url = endpoint.url.removesuffix("/v1") + "/version"
    try:
        with HttpClient(timeout=CONNECT, trust_env=not endpoint.direct) as client:
            return str(client.get(url).json()["version"])
    except (HTTPError, ValueError, LookupError, TypeError):
        return ""


def is_transformers(endpoint: Endpoint) -> bool:
    """Whether a server is that of transformers, by its routes: it has no version to ask for."""
    url = endpoint.url.removesuffix("/v1") + "/openapi.json"
    with _asking(endpoint) as client:
        for _ in range(_TRIES):
            try:
                response = client.get(url)
                if response.status_code < 500:
                    return {"/load_model", "/v1/responses"} <= {*response.json()["paths"]}
            except HTTPError:
                continue  # it may be busy
            except (ValueError, LookupError, TypeError):
                return False
    return False


def _asking(endpoint: Endpoint) -> HttpClient:
    """A client that has the server's key."""
    key = endpoint.key()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return HttpClient(timeout=_ANSWER, trust_env=not endpoint.direct, headers=headers)
