"""A local server of OpenAI's protocol that completes chats and texts, at once or as scripted.

``python -m tests.completion_service`` serves until it is killed, and prints its address first.
"""

import json
import random
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    """How the service answers a request.

    Args:
        status: of HTTP.
        text: the body.
        headers: in addition to the length.
        seconds: waited before the answer.
        part: the share of the body after which the connection is dropped; 0 drops it without an answer.
    """

    status: int = 200
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    part: float = 1.0


def choice(finish_reason: str, **message: Any) -> str:
    """A body with one completion of a chat."""
    return json.dumps({"choices": [{"message": message, "finish_reason": finish_reason}]})


def error(message: str, **more: Any) -> str:
    """A body with an error, as OpenAI writes it."""
    return json.dumps({"error": {"message": message, **more}})


BUSY = Answer(429, error("Rate limit reached"))
OVERLOADED = Answer(503, error("overloaded"))
BROKEN = Answer(500, error("CUDA error"))
RUBBISH = Answer(200, "<html>it works!</html>")
HALF = Answer(200, choice("stop", content="it is half of this"), part=0.5)
ABORTED = Answer(200, choice("abort", content="it"))
EMPTY = Answer(200, choice("stop", content=None))
FILTERED = Answer(200, choice("content_filter", content="it"))
TOO_LONG = Answer(400, error("This model's maximum context length is 8 tokens. However, you requested 9"))
REFUSED = Answer(400, error("temperature must be 2 or less"))
DROPPED = Answer(part=0)


class Service:
    """Answers each request with its last message; ``fail`` may say how another is answered instead.

    ``answer`` may make the text of a chat's completion, and its finish reason.

    ``fail`` gets the request's number, from 1, and returns an `Answer`, a status and a text, or None.
    ``bodies`` holds what came in, ``keys`` the keys, ``times`` when each came, ``most`` how many ran at the
    same time. ``log`` is a file that gets each of the bodies,
    ``spread`` the share by which the seconds of an answer differ from ``seconds``.
    """

    def __init__(
        self, seconds: float = 0.02, port: int = 0, log: Path | None = None, spread: float = 0.0
    ) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.times: list[float] = []
        self.fail: Callable[[int], Answer | tuple[int, str] | None] = lambda number: None
        self.answer: Callable[[dict[str, Any]], str | tuple[str, str]] | None = None
        self.under_way = self.most = 0
        lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet for each answer: a second one would wait for the client's acknowledgement.
            wbufsize = -1

            def do_GET(self) -> None:
                self.answer(Answer(text=json.dumps({"data": [{"id": "the-model"}]})))

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["content-length"]))
                if len(data) < int(self.headers["content-length"]):
                    return  # the client has gone
                body = json.loads(data)
                with lock:
                    service.bodies.append(body)
                    if log:
                        with log.open("a", encoding="utf-8") as file:
                            file.write(json.dumps(body) + "\n")
                    service.keys.append(self.headers["authorization"])
                    service.times.append(time.monotonic())
                    number = len(service.bodies)
                    service.under_way += 1
                    service.most = max(service.most, service.under_way)
                failed = service.fail(number)
                answer = failed if isinstance(failed, Answer) else Answer(*(failed or ()))
                time.sleep(seconds * random.uniform(1 - spread, 1 + spread) + answer.seconds)
                with lock:
                    service.under_way -= 1
                self.answer(answer if failed else Answer(text=service.completion(body)))

            def answer(self, answer: Answer) -> None:
                data = answer.text.encode()
                if answer.part:
                    self.send_response(answer.status)
                    for name, value in {**answer.headers, "content-length": str(len(data))}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(data[: int(len(data) * answer.part)])
                self.close_connection = self.close_connection or answer.part < 1

            def log_message(self, *words: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

        self.server = Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def completion(self, body: dict[str, Any]) -> str:
        if "prompt" in body:
            found: dict[str, Any] = {"text": f"it is {body['prompt']}", "finish_reason": "stop"}
        else:
            said = body["messages"][-1]["content"]
            message = {"content": f"it is {said}", "reasoning_content": "hm" if said == "7" else None}
            found = {"message": message, "finish_reason": "length" if said == "3" else "stop"}
            if self.answer:
                made = self.answer(body)
                text, reason = (made, "stop") if isinstance(made, str) else made
                found = {"message": {"content": text}, "finish_reason": reason}
        return json.dumps({"choices": [found], "usage": {"completion_tokens": 5, "prompt_tokens": 3}})


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0, help="before each answer, on average")
    parser.add_argument("--log", type=Path, help="a file that gets each request")
    given = parser.parse_args()
    print(Service(given.seconds, given.port, given.log, spread=0.5).url, flush=True)  # noqa: T201
    threading.Event().wait()
