"""What an answer of a router means: results, another try, or the end of everything."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import httpx2

from r1cli.endpoint import Endpoint
from r1cli.errors import R1Error
from r1cli.execution.executor import Result
from r1cli.execution.program import ExecutionFault
from r1cli.execution.wire import FACTS, result_of

if TYPE_CHECKING:
    from httpx2 import Response

_BUSY = (408, 425, 429, 502, 503, 504)
_LONGEST_WAIT = 600.0  # seconds that a router may ask for
_SHOWN = 300  # characters
_SECONDS, _CONNECT = 10.0, 5.0  # for facts


class TryAgain(Exception):
    """There are not all results, but another try may bring them; ``wait`` is what the router asks for."""

    def __init__(self, words: str, wait: float = 0.0) -> None:
        super().__init__(words)
        self.wait = wait


def authorization(endpoint: Endpoint) -> dict[str, str]:
    """The header with the token, if there is one."""
    key = endpoint.key()
    return {"authorization": f"Bearer {key}"} if key else {}


def facts_of(endpoint: Endpoint) -> Mapping[str, str]:
    """What a router says of its programs.

    Raises:
        TryAgain: it does not answer now.
        R1Error: it refuses every request, or is not a router.
    """
    url, direct = f"{endpoint.url}{FACTS}", endpoint.direct
    limits = httpx2.Timeout(_SECONDS, connect=_CONNECT)
    try:
        answer = httpx2.get(url, headers=authorization(endpoint), timeout=limits, trust_env=not direct)
    except httpx2.HTTPError as error:
        words = f"no answer from the router at {endpoint.url}: {type(error).__name__} {error}".strip()
        raise TryAgain(words) from error
    if answer.status_code != 200:
        refusal_of(answer, endpoint)
    try:
        return {str(name): str(value) for name, value in answer.json()["facts"].items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        raise R1Error(
            f"what answers at {endpoint.url} is not a router",
            where="code.endpoints",
            fix="name the address of `r1 code serve`",
            exit_code=1,
        ) from None


def read_line(line: str, endpoint: Endpoint, numbers: Sequence[int]) -> tuple[int, Result]:
    """The result in a line of an answer, with the number of its program.

    Raises:
        TryAgain: there is not one in it.
        R1Error: the router says what the user must fix.
    """
    try:
        place, result = result_of(json.loads(line))
        if not 0 <= place < len(numbers):
            raise ValueError("a number that was not asked for")
        return numbers[place], result
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise TryAgain(f"the router at {endpoint.url} sent what is not a result: {error}") from None


def refusal_of(answer: "Response", endpoint: Endpoint) -> ExecutionFault:
    """Why a router does not run the programs of this request.

    Raises:
        TryAgain: it is busy, or has failed.
        R1Error: it refuses every request like this.
    """
    status = answer.status_code
    words = f"the router at {endpoint.url} answered {status} {_detail(answer)}".strip()
    if status in _BUSY or status >= 500:
        raise TryAgain(words, _seconds(answer.headers.get("retry-after", "")))
    if status == 413:
        return ExecutionFault(words)
    fixes = {
        401: f"set {endpoint.key_env} to the token of the router, which it printed at its start",
        404: "name the address of `r1 code serve`, without a path",
        421: "start the router with --allowed-host and the name that is in the address",
    }
    fix = fixes.get(status, "use the same version of r1 for the router and its clients")
    raise R1Error(words, where="code.endpoints", fix=fix, exit_code=1)


def _detail(answer: "Response") -> str:
    try:
        text = answer.json()["detail"]
    except (ValueError, LookupError, TypeError):
        text = answer.text
    return " ".join(str(text).split())[:_SHOWN]


def _seconds(value: str) -> float:
    return min(float(value), _LONGEST_WAIT) if value.isdecimal() else 0.0
