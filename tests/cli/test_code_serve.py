"""`r1 code serve`: what it refuses, and which token it asks for."""

import socket
from typing import Any

import pytest

from r1cli.execution import router_server
from tests.conftest import RunR1


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command would serve."""
    found: dict[str, Any] = {}

    def serve(section: Any, host: str, port: int, token: str | None, hosts: Any, ready: Any) -> None:
        found.update(section=section, host=host, port=port, token=token, hosts=list(hosts))
        ready(router_server.Listening(f"http://{host}:{port}", 2, {}))

    monkeypatch.setattr(router_server, "serve_router", serve)
    return found


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--isolation", "none", "--allow-unauthenticated"), "without isolation need a token"),
        (("--host", "0.0.0.0", "--allow-unauthenticated"), "loopback address only, not at 0.0.0.0"),
        (("--host", "::", "--allow-unauthenticated"), "loopback address only"),
        (("--isolation", "jail"), "unknown isolation 'jail'"),
    ],
)
def test_what_is_refused(main: RunR1, served: dict[str, Any], words: tuple[str, ...], what: str) -> None:
    result = main("code", "serve", *words)
    assert result.returncode == 2 and what in " ".join(result.stderr.split())
    assert not served


def test_a_token_is_made_once_and_shown(main: RunR1, served: dict[str, Any]) -> None:
    first = main("code", "serve", "--provider", "piston", "--endpoint", "http://a:1", "--max-sandboxes", "64")
    token = served["token"]
    assert len(token) >= 32 and f"R1_CODE_TOKEN={token}" in first.stderr and not first.stdout
    assert served["section"].max_sandboxes == 64 and served["section"].endpoints == ["http://a:1"]
    assert (served["host"], served["port"]) == ("127.0.0.1", 8001)
    main("code", "serve")
    assert served["token"] != token
    given = main("code", "serve", "--allowed-host", "router.example", env={"R1_CODE_TOKEN": "the-token"})
    assert served["token"] == "the-token" and served["hosts"] == ["router.example"]
    assert "the-token" not in given.stdout + given.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_that_no_token_is_required_is_said_at_every_start(
    main: RunR1, served: dict[str, Any], host: str
) -> None:
    for _ in range(2):
        result = main("code", "serve", "--host", host, "--allow-unauthenticated", env={"R1_CODE_TOKEN": "x"})
        assert result.returncode == 0 and "warning: no token is required" in result.stderr
        assert served["token"] is None


def test_that_there_is_no_isolation_is_said(main: RunR1, served: dict[str, Any]) -> None:
    assert "warning: programs run as you" in main("code", "serve", "--isolation", "none").stderr
    assert served["token"]


def test_a_token_that_no_header_can_have(main: RunR1, served: dict[str, Any]) -> None:
    result = main("code", "serve", env={"R1_CODE_TOKEN": "sécret"})
    assert result.returncode == 2 and "not allowed in a token" in result.stderr
    assert "cret" not in result.stderr and not served


def test_a_port_that_is_taken(main: RunR1) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        result = main("code", "serve", "--port", str(other.getsockname()[1]))
    assert result.returncode == 1 and "cannot listen at 127.0.0.1" in result.stderr
