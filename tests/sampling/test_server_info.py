"""Which server it is, by what it says of itself."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from r1cli.endpoint import Endpoint
from r1cli.sampling.backend import Server
from r1cli.sampling.server_info import is_transformers


class Described(BaseHTTPRequestHandler):
    paths: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/openapi.json" else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"paths": dict.fromkeys(self.paths)}).encode())

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
    [(["/load_model", "/v1/responses", "/health"], True), (["/v1/responses", "/version"], False)],
)
def test_a_running_server_of_transformers_is_told_to_sample(
    url: str, paths: list[str], found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Described, "paths", paths)
    endpoint = Endpoint(url, direct=True)
    assert is_transformers(endpoint) is found
    body = Server([endpoint], "m", 1).body({"temperature": 1.0})
    assert ("do_sample" in str(body)) is found


def test_a_server_that_says_nothing_is_another() -> None:
    assert not is_transformers(Endpoint("http://127.0.0.1:9/v1"))
