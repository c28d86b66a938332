"""Local servers that speak the protocols of E2B, Morph and Piston, as their clients call them.

They run what they are sent in processes of this machine, without any isolation: for the programs of tests.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

# Long enough for any deadline of a test; a server that stops ends it.
HANG = 30.0


@dataclass(frozen=True)
class Trouble:
    """What a server does with one request instead of answering it.

    Args:
        path: what the request's path contains.
        status: of HTTP; 0 drops the connection.
        text: the body.
        headers: in addition to the length.
        hangs: it never answers.
    """

    path: str
    status: int = 0
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False


def troubles(path: str) -> list[Trouble]:
    """One of each kind."""
    return [
        Trouble(path, 429, '{"message": "too many requests"}', {"Retry-After": "0"}),
        Trouble(path, 500, '{"message": "internal error"}'),
        Trouble(path),
        Trouble(path, 200, "<html>it works!</html>"),
        Trouble(path, hangs=True),
    ]


class Service:
    """A server, with the requests that it got and the sandboxes that exist there."""

    def __init__(self) -> None:
        self.requests: list[tuple[float, str, Any]] = []
        self.troubles: list[Trouble] = []
        self.sandboxes: dict[str, dict[str, Any]] = {}
        self.most = 0
        self.folder = Path(tempfile.mkdtemp(prefix="r1-service-"))
        self.folder.chmod(0o755)
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """Status, and JSON or text."""
        raise NotImplementedError

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.requests]

    def start_sandbox(self, **facts: Any) -> str:
        with self._lock:
            name = f"sandbox{len(self.requests)}x{len(self.sandboxes)}"
            self.sandboxes[name] = facts
            self.most = max(self.most, len(self.sandboxes))
        return name

    def run(self, argv: Sequence[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv, input=stdin, capture_output=True, text=True, check=False, timeout=HANG,
            env={**os.environ, "TMPDIR": str(self.folder)},
        )  # fmt: skip

    def _trouble(self, path: str) -> Trouble | None:
        with self._lock:
            found = next((one for one in self.troubles if one.path in path), None)
            if found:
                self.troubles.remove(found)
            return found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                text = self.rfile.read(int(self.headers.get("content-length") or 0))
                body = json.loads(text) if text else None
                path = f"{self.command} {unquote(parts.path)}"
                service.requests.append((time.monotonic(), path, body))
                trouble = service._trouble(path)
                if trouble and trouble.hangs:
                    service._ended.wait(HANG)
                if trouble and not trouble.status:
                    self.close_connection = True
                    self.connection.close()
                    return
                if trouble:
                    self._send(trouble.status, trouble.text, trouble.headers)
                    return
                status, answer = service.answer(
                    self.command, unquote(parts.path), dict(parse_qsl(parts.query)), body
                )
                self._send(status, answer if isinstance(answer, str) else json.dumps(answer), {})

            def _send(self, status: int, text: str, headers: Mapping[str, str]) -> None:
                data = b"" if status == 204 else text.encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_DELETE = _serve

        return Handler


class E2BService(Service):
    """E2B's control API, and in the same place the server for code in each sandbox."""

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if (method, path) == ("POST", "/v2/sandboxes"):
            return 201, _e2b_sandbox(self.start_sandbox(**body))
        if (method, path) == ("GET", "/v2/sandboxes"):
            wanted = {key: unquote(value) for key, (value,) in parse_qs(query.get("metadata", "")).items()}
            return 200, [
                _e2b_sandbox(name) | _LISTED | {"metadata": facts["metadata"]}
                for name, facts in self.sandboxes.items()
                if wanted.items() <= facts["metadata"].items()
            ]
        if method == "DELETE":
            return (204, "") if self.sandboxes.pop(path.rsplit("/", 1)[1], None) else (404, {"message": "?"})
        if (method, path) == ("POST", "/execute"):
            done = self.run([sys.executable, "-c", body["code"]])
            lines = [
                {"type": "number_of_executions", "execution_count": 1},
                {"type": "stdout", "text": done.stdout, "timestamp": "0"},
            ]
            return 200, "".join(f"{json.dumps(line)}\n" for line in lines)
        return (204, "") if path == "/health" else (404, {"message": f"{method} {path}"})


_LISTED = {
    "startedAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-01T01:00:00Z", "state": "running",
    "cpuCount": 2, "memoryMB": 512, "diskSizeMB": 1024, "volumeMounts": [],
}  # fmt: skip


def _e2b_sandbox(name: str) -> dict[str, Any]:
    return {"templateID": "t", "sandboxID": name, "clientID": "c", "envdVersion": "0.4.0",
            "envdAccessToken": "token", "domain": None}  # fmt: skip


class MorphService(Service):
    """Morph's API; the commands of its instances run here."""

    def __init__(self) -> None:
        super().__init__()
        self.snapshots: list[dict[str, Any]] = []

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        parts = path.strip("/").split("/")
        if parts[0] == "snapshot":
            return self._snapshot(method, parts, query, body)
        if len(parts) == 1 and method == "POST":
            return 200, self._instance(self.start_sandbox(**body))
        if len(parts) == 1:
            wanted = {key[9:-1]: value for key, value in query.items()}
            found = [
                name for name, facts in self.sandboxes.items() if wanted.items() <= facts["metadata"].items()
            ]
            return 200, {"data": [self._instance(name) for name in found]}
        if parts[1] not in self.sandboxes:
            return 404, {"detail": "no such instance"}
        return self._of_instance(method, parts, query, body)

    def _of_instance(
        self, method: str, parts: list[str], query: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        if method == "DELETE":
            del self.sandboxes[parts[1]]
            return 200, {}
        if parts[2:] == ["snapshot"]:
            return 200, self._made(query["digest"])
        if parts[2:] == ["exec"]:
            (command,) = body["command"]
            if "apt-get" in command:
                return 200, {"exit_code": 0, "stdout": "", "stderr": ""}
            done = self.run(["bash", "-c", command])
            return 200, {"exit_code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
        return 200, self._instance(parts[1])

    def _snapshot(self, method: str, parts: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        if method == "POST":
            return 200, self._made(body.get("digest"))
        if len(parts) == 2:
            return 200, next(one for one in self.snapshots if one["id"] == parts[1])
        return 200, {"data": [one for one in self.snapshots if one["digest"] == query.get("digest")]}

    def _made(self, digest: str | None) -> dict[str, Any]:
        self.snapshots.append({"id": f"snapshot{len(self.snapshots)}", "created": 0, "status": "ready",
                               "spec": _SPEC, "refs": {"image_id": "i"}, "digest": digest})  # fmt: skip
        return self.snapshots[-1]

    def _instance(self, name: str) -> dict[str, Any]:
        return {"id": name, "created": 0, "status": "ready", "spec": _SPEC, "networking": {},
                "refs": {"snapshot_id": "s", "image_id": "i"},
                "metadata": self.sandboxes[name]["metadata"] or {}}  # fmt: skip


_SPEC = {"vcpus": 1, "memory": 1024, "disk_size": 1024}


class PistonService(Service):
    """Piston's API, with Python, and with C++ from its package for gcc, which is listed only."""

    def __init__(self) -> None:
        super().__init__()
        self.running = self.most_running = 0
        self.settings = {"run_timeout": 120_000, "run_cpu_time": 60_000, "compile_timeout": 60_000}

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if path == "/api/v2/runtimes":
            return 200, [
                {"language": "python", "version": "3.12.0", "aliases": ["py", "python3"]},
                {"language": "c++", "version": "10.2.0", "aliases": ["cpp", "g++"], "runtime": "gcc"},
            ]
        if path != "/api/v2/execute":
            return 404, {"message": "Not Found"}
        for name, most in self.settings.items():
            if body.get(name, 0) > most:
                return 400, {"message": f"{name} cannot exceed the configured limit of {most}"}
        with self._lock:
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        try:
            return 200, {"language": body["language"], "version": "3.12.0", "run": self._run(body)}
        finally:
            with self._lock:
                self.running -= 1

    def _run(self, body: Any) -> dict[str, Any]:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        for file in body["files"]:
            (folder / file["name"]).parent.mkdir(parents=True, exist_ok=True)
            (folder / file["name"]).write_text(file["content"])
        command = [sys.executable, body["files"][0]["name"], *body["args"]]
        seconds = body["run_timeout"] / 1000
        try:
            done = subprocess.run(command, input=body["stdin"], capture_output=True, text=True, check=False,
                                  cwd=folder, timeout=seconds)  # fmt: skip
        except subprocess.TimeoutExpired:
            return _STOPPED
        return {"stdout": done.stdout, "stderr": done.stderr, "code": done.returncode, "signal": None,
                "message": None, "status": "RE" if done.returncode else None, "cpu_time": 20,
                "wall_time": 30, "memory": 8 << 20}  # fmt: skip


_STOPPED = {
    "stdout": "", "stderr": "", "code": None, "signal": "SIGKILL", "message": "Time limit exceeded",
    "status": "TO", "cpu_time": 10, "wall_time": 900, "memory": 8 << 20,
}  # fmt: skip


@contextmanager
def serving(service: Service) -> Iterator[Any]:
    """The service until the end of the block."""
    try:
        yield service
    finally:
        service.close()
