"""Where a server listens, and whether it asks for a key."""

from dataclasses import dataclass

from r1cli.config.config import Config
from r1cli.launch.place import Place
from r1cli.runs.job import NODE_ADDRESS, port_of
from r1cli.services.server_section import Serve

HOST = "serve.host"
#: The role of a server, and its port there.
ROLE, PORT_NAME = "serve", "http"

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
# What reaches a server that listens at all addresses: the second means those of IPv6 alone.
_EVERYWHERE = {"0.0.0.0": NODE_ADDRESS, "::": "::1"}
_USUAL_PORT = 8000


@dataclass(frozen=True)
class Door:
    """Where a server listens.

    Args:
        host: an address, or the variable with the node's.
        port: a number, or the variable with a free port of the node.
        has_key: requests need the run's key.
    """

    host: str
    port: int | str
    has_key: bool

    @property
    def url(self) -> str:
        """What requests are sent to."""
        host = _EVERYWHERE.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def listens(self) -> tuple[str, int] | None:
        """The address and the port that must be free; None if the node finds a port."""
        if not isinstance(self.port, int):
            return None
        return ("0.0.0.0" if self.host == NODE_ADDRESS else self.host), self.port

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in _LOOPBACK


def inner_door(engine: str) -> Door:
    """For the other roles on the same node."""
    return Door(_LOOPBACK[0], port_of(ROLE, PORT_NAME), engine == "vllm")


def outer_door(config: Config, place: Place, engine: str) -> Door:
    """For any client: at ``serve.host`` and ``serve.port``.

    By default it listens where its user works: at the loopback address, or at that of a cluster's node. There
    vLLM asks for a key; transformers knows none, so it stays at the loopback address.
    """
    host = NODE_ADDRESS if place.on_cluster and engine == "vllm" else _LOOPBACK[0]
    port = port_of(ROLE, PORT_NAME) if place.on_cluster else _USUAL_PORT
    serve = config.section(Serve)
    host, port = serve.host or host, serve.port or port
    return Door(host, port, engine == "vllm" and host not in _LOOPBACK)
