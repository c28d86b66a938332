"""Who may use the router: a token, and protection from web pages that a browser on its machine shows."""

import hmac
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: These run no program, and need no token.
OPEN_PATHS = ("/health", "/metrics")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered: an HTTP status, and words for it."""

    status: int
    words: str


@dataclass(frozen=True)
class Access:
    """What a request must have.

    Args:
        token: the bearer token; None where clients send none.
        hosts: what the header Host may name.
    """

    token: str | None
    hosts: frozenset[str]

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> Refusal | None:
        """Why a request is not answered; None if it is."""
        if _host(headers.get("host", "")) not in self.hosts:
            return Refusal(421, "the router does not answer under this Host; --allowed-host adds one")
        if path in OPEN_PATHS:
            return None
        if "origin" in headers:
            return Refusal(403, "requests of web pages are not answered")
        if not self._has_token(headers.get("authorization", "")):
            return Refusal(401, "the router needs the header `Authorization: Bearer TOKEN`")
        # A web page can send other types without asking first.
        if method == "POST" and headers.get("content-type", "").partition(";")[0].strip() != _JSON:
            return Refusal(415, f"the body must be {_JSON}")
        return None

    def _has_token(self, header: str) -> bool:
        if self.token is None:
            return True
        scheme, _, given = header.partition(" ")
        # Compared first, so that the time does not depend on how much of it is right.
        equal = hmac.compare_digest(given.strip().encode(), self.token.encode())
        return equal and scheme.lower() == "bearer"


_JSON = "application/json"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def hosts_of(host: str, others: Iterable[str] = ()) -> frozenset[str]:
    """The names under which a router that listens at ``host`` is reached."""
    names = {host, *_LOOPBACK, *others}
    if host in _EVERYWHERE:
        names |= _own_names()
    return frozenset(name.lower().rstrip(".") for name in names)


def _own_names() -> set[str]:
    """This machine's names and addresses, as far as it knows them itself."""
    name = socket.gethostname()
    try:
        found = socket.getaddrinfo(name, None)
    except OSError:
        found = []
    return {name, socket.getfqdn(), *(str(address[4][0]) for address in found)}


def _host(header: str) -> str:
    """The name in a header Host, without its port."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower().rstrip(".")
