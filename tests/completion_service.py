"""A local server of OpenAI's protocol that completes chats."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Service:
    """Answers each chat with its last message; ``fail`` may say how a request goes wrong instead."""

    def __init__(self, seconds: float = 0.02) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.fail: Callable[[int], tuple[int, str] | None] = lambda number: None
        self.under_way = self.most = 0
        lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.answer(200, json.dumps({"data": [{"id": "the-model"}]}))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    service.bodies.append(body)
                    number = len(service.bodies)
                    service.under_way += 1
                    service.most = max(service.most, service.under_way)
                time.sleep(seconds)
                with lock:
                    service.under_way -= 1
                failed = service.fail(number)
                self.answer(*(failed or (200, service.completion(body))))

            def answer(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def completion(self, body: dict[str, Any]) -> str:
        said = body["messages"][-1]["content"]
        message = {"content": f"it is {said}", "reasoning_content": "hm" if said == "7" else None}
        choice = {"message": message, "finish_reason": "length" if said == "3" else "stop"}
        return json.dumps({"choices": [choice], "usage": {"completion_tokens": 5}})
