"""What ``r1 code serve`` runs: the router, listening."""

import asyncio
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import uvicorn

from r1cli.config.groups.code import Code
from r1cli.errors import R1Error
from r1cli.execution.executor import open_executor
from r1cli.execution.router import Router
from r1cli.execution.router_access import Access, hosts_of
from r1cli.execution.router_app import make_app
from r1cli.plugins.registry import find_code_provider
from r1cli.system import cores

# Seconds for answers to end by themselves at SIGTERM: clients keep what they have, and ask again.
_GRACE = 3
_REMOTE_SANDBOXES = 64


@dataclass(frozen=True)
class Listening:
    """Where a router listens, and what holds for its programs."""

    url: str
    limit: int
    facts: Mapping[str, str]


def serve_router(
    section: Code,
    host: str,
    port: int,
    token: str | None,
    allowed_hosts: Iterable[str],
    on_ready: Callable[[Listening], None],
) -> None:
    """Serves until a signal ends it.

    Args:
        section: the provider, and how it runs programs.
        host: the address to listen at.
        port: 0 takes a free one.
        token: that every request must have; None where clients send none.
        allowed_hosts: names under which it is reached, beside those that it knows.
        on_ready: called once it listens.

    Raises:
        R1Error: the provider cannot run programs here, or the address cannot be used.
    """
    asyncio.run(_serve(section, host, port, Access(token, hosts_of(host, allowed_hosts)), on_ready))


class Server(uvicorn.Server):
    """A server that ends its answers at a signal, and does not wait for their programs."""

    def __init__(self, config: uvicorn.Config, router: Router) -> None:
        super().__init__(config)
        self._router = router

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._router.stop()
        await super().shutdown(sockets)


async def _serve(
    section: Code, host: str, port: int, access: Access, on_ready: Callable[[Listening], None]
) -> None:
    # Its own default is that of one client; here programs wait in the router, where clients take turns.
    limit = section.max_sandboxes or (cores() if section.provider == "local" else _REMOTE_SANDBOXES)
    by_submission = find_code_provider(section.provider, "flag --provider").by_submission
    with listen(host, port) as listener:
        executor = open_executor(type(section)(**{**vars(section), "max_sandboxes": limit}))
        try:
            facts = executor.facts()
            if access.token is None:
                _check_isolation(section, facts)
            router = Router(executor, limit, by_submission)
            app = make_app(router, access, facts)
            config = uvicorn.Config(
                app, http="h11", ws="none", log_level="warning", access_log=False, server_header=False,
                proxy_headers=False, timeout_graceful_shutdown=_GRACE,
            )  # fmt: skip
            shown = f"[{host}]" if ":" in host else host
            on_ready(Listening(f"http://{shown}:{listener.getsockname()[1]}", limit, facts))
            # The app ends the executor too: a signal ends this process before the line below.
            await Server(config, router).serve(sockets=[listener])
        finally:
            await executor.close()


def _check_isolation(section: Code, facts: Mapping[str, str]) -> None:
    if section.isolation == "none" or facts["isolation"].startswith("none"):
        raise R1Error(
            "programs that run without isolation need a token",
            where="flag --allow-unauthenticated",
            fix="leave it out, or use a provider with isolation",
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        R1Error: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once only where it knows that the protocol is TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise R1Error(
            f"the router cannot listen at {host}:{port}: {error.strerror or error}",
            where="flags --host, --port",
            fix="use another address or port, or end the program that has it",
            exit_code=1,
        ) from None
    listener.setblocking(False)
    return listener
