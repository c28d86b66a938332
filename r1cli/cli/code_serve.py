"""``r1 code serve``."""

import os
import secrets
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from r1cli.cli.output import say

if TYPE_CHECKING:
    from r1cli.execution.router_server import Listening

# The port of open-r1's routers.
_PORT = 8001


def serve(
    provider: Annotated[str, typer.Option(help="The code provider that runs the programs.")] = "local",
    max_sandboxes: Annotated[
        int | None,
        typer.Option(min=1, help="Sandboxes at a time; by default one for each core, or 64 of a service."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = _PORT,
    isolation: Annotated[str, typer.Option(help="As code.isolation: sandbox, or none.")] = "sandbox",
    python_packages: Annotated[
        str, typer.Option(help="As code.python_packages: what Python programs may import, as a,b.")
    ] = "numpy",
    endpoint: Annotated[
        list[str] | None, typer.Option(help="A server of the provider; may be repeated.")
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="Another name by which clients reach the router; may be repeated."),
    ] = None,
    allow_unauthenticated: Annotated[
        bool, typer.Option("--allow-unauthenticated", help="Ask for no token: at a loopback address only.")
    ] = False,
) -> None:
    """Serve a code provider to ranks and jobs: one queue, fair between clients, and one limit.

    Its clients use `--code.provider router --code.endpoints URL` and R1_CODE_TOKEN. Those that send no token,
    as open-r1's do, need --allow-unauthenticated.
    """
    from r1cli.config.groups.code import Code
    from r1cli.errors import R1Error

    if isolation not in ("sandbox", "none"):
        raise R1Error(f"unknown isolation '{isolation}'", where="flag --isolation", fix="sandbox, or none")
    if allow_unauthenticated:
        _check_unauthenticated(host, isolation)
    try:
        from r1cli.execution.router_server import serve_router
    except ModuleNotFoundError as error:
        raise R1Error(
            f"{error.name} is not installed, and `r1 code serve` needs it", fix="pip install 'r1cli[code]'"
        ) from None
    section = Code(
        provider=provider,
        isolation=isolation,
        max_sandboxes=max_sandboxes,
        python_packages=[name for name in python_packages.split(",") if name],
        endpoints=endpoint or [],
    )

    if isolation == "none":
        say("warning: programs run as you, without any isolation")
    given = None if allow_unauthenticated else _given_token()
    token = None if allow_unauthenticated else given or secrets.token_urlsafe(32)
    made = None if given else token
    serve_router(section, host, port, token, allowed_host or (), partial(_say_ready, provider, made))


def _say_ready(provider: str, made: str | None, listening: "Listening") -> None:
    if made:
        say(f"the token for clients of this router: export R1_CODE_TOKEN={made}")
    facts = "".join(f", {name}: {value}" for name, value in listening.facts.items())
    say(f"the router listens at {listening.url}: {provider}, {listening.limit} sandboxes at a time{facts}")


def _check_unauthenticated(host: str, isolation: str) -> None:
    from r1cli.errors import R1Error
    from r1cli.execution.router_access import is_loopback

    where = "flag --allow-unauthenticated"
    if isolation == "none":
        raise R1Error("programs that run without isolation need a token", where=where, fix="leave it out")
    if not is_loopback(host):
        raise R1Error(
            f"without a token the router may listen at a loopback address only, not at {host}",
            where=where,
            fix="leave it out, or leave --host out",
        )
    say("warning: no token is required: every user and program of this machine can run programs here")


def _given_token() -> str:
    """The token of R1_CODE_TOKEN; empty if there is none."""
    from r1cli.errors import R1Error

    token = os.environ.get("R1_CODE_TOKEN", "").strip()
    if token and not (token.isascii() and token.isprintable()):
        what = "R1_CODE_TOKEN contains characters that are not allowed in a token"
        raise R1Error(what, fix="set it again, to the token alone")
    return token
