"""Which server it is, by what it says of itself."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from r1cli.endpoint import API_KEY, Endpoint
from r1cli.sampling.backend import Server
from r1cli.sampling.server_info import is_transformers
from r1cli.sampling.settings import ENDPOINT


class Described(BaseHTTPRequestHandler):
    """Busy at first; then it asks for a key, and says what it has."""

    paths: ClassVar[Any] = []
    asked: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        self.asked.append(1)
        allowed = self.headers["Authorization"] == "Bearer secret"
        status = 503 if len(self.asked) == 1 else 200 if allowed and self.path == "/openapi.json" else 404
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"paths": self.paths} if status == 200 else {}).encode())

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Described) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ({"/load_model": {}, "/v1/responses": {}, "/health": {}}, True),
        ({"/v1/responses": {}, "/version": {}}, False),
        (None, False),
        ([["/load_model"]], False),
    ],
)
def test_a_running_server_of_transformers_is_told_to_sample(
    url: str, paths: Any, found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Described, "paths", paths)
    monkeypatch.setattr(Described, "asked", [])
    monkeypatch.setenv(API_KEY, "secret")
    endpoint = Endpoint(url, direct=True)
    assert is_transformers(endpoint) is found
    server = Server([endpoint], "m", 1)
    assert ("do_sample" in str(server.body({"temperature": 1.0}))) is found
    # Completions that were decoded greedily are not those of this request.
    assert (server.identity != ENDPOINT) is found


def test_a_server_that_says_nothing_is_another() -> None:
    assert not is_transformers(Endpoint("http://127.0.0.1:9/v1"))
