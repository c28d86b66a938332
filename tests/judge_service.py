"""A local server that grades as a judge's endpoint does."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Service(ThreadingHTTPServer):
    """Answers with the statuses and texts of its script, and then with grades.

    ``grade`` makes a grade of the message to grade. ``requests`` holds what came in, and ``keys`` the keys.
    ``retry_after`` is sent with a 429.
    """

    def __init__(self, grade: Callable[[str], int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.grade = grade
        self.script: list[tuple[int, str]] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.retry_after = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def next_answer(self, request: dict[str, Any]) -> tuple[int, str]:
        if self.script:
            return self.script.pop(0)
        score = self.grade(request["messages"][-1]["content"])
        return 200, json.dumps({"reason": "so", "score": score})


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.requests.append(request)
        self.server.keys.append(self.headers["authorization"])
        assert self.path == "/v1/chat/completions"
        status, content = self.server.next_answer(request)
        message = {"role": "assistant", "content": content}
        body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
        self.send_response(status)
        if status == 429 and self.server.retry_after:
            self.send_header("retry-after", self.server.retry_after)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def serving(grade: Callable[[str], int]) -> Iterator[Service]:
    """The service, in its own thread."""
    with Service(grade) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
