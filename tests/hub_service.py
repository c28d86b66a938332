"""A local server that speaks the part of the Hub's protocol that its clients need to download and to push."""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

_RESOLVE = re.compile(
    r"/(?P<datasets>datasets/)?(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)"
)
_API = re.compile(
    r"/api/(?P<kind>models|datasets)/(?P<id>[^/]+/[^/]+)"
    r"(?:/(?P<what>[a-z-]+)/(?P<revision>[^/]+)(?P<folder>/.+)?)?"
)


@dataclass
class Repository:
    """One commit of files; ``gated`` lets nobody read them, ``main`` is the only branch."""

    files: dict[str, bytes]
    gated: bool = False
    private: bool = False

    @property
    def commit(self) -> str:
        text = b"".join(name.encode() + content for name, content in sorted(self.files.items()))
        return hashlib.sha1(text).hexdigest()


@dataclass
class Hub:
    """What the server has, and which files it was ``asked`` for.

    ``pause`` is in seconds, before each further 64 kB of a file.
    """

    url: str = ""
    repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)
    pause: float = 0.0
    asked: list[str] = field(default_factory=list)

    def add(self, kind: str, name: str, files: dict[str, bytes], gated: bool = False) -> Repository:
        self.repositories[f"{kind}s", name] = Repository(files, gated)
        return self.repositories[f"{kind}s", name]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        lines = self._body().splitlines()
        asked = json.loads(lines[0])
        path = urlsplit(self.path).path
        if path == "/api/repos/create":
            self._create(asked)
            return
        if path == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []})
            return
        found = _API.fullmatch(path)
        repository = self._repository(found["kind"], found["id"]) if found else None
        if repository is None or found is None:
            return
        if found["what"] == "paths-info":
            self._json([entry for entry in _tree(repository) if entry["path"] in asked["paths"]])
        elif found["what"] == "preupload":
            modes = {"uploadMode": "regular", "shouldIgnore": False}
            self._json({"files": [{"path": file["path"], **modes} for file in asked["files"]]})
        elif found["what"] == "commit":
            for operation in map(json.loads, lines[1:]):
                file = operation["value"]
                repository.files[file["path"]] = base64.b64decode(file["content"])
            url = f"{self.server.hub.url}/{found['kind']}/{found['id']}/commit/{repository.commit}"
            self._json({"commitUrl": url, "commitOid": repository.commit, "success": True})

    def _body(self) -> bytes:
        if "content-length" in self.headers:
            return self.rfile.read(int(self.headers["content-length"]))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _create(self, asked: dict[str, Any]) -> None:
        name = f"{asked['organization']}/{asked['name']}" if asked.get("organization") else asked["name"]
        known = self.server.hub.repositories
        created = (f"{asked['type']}s", name) not in known
        if created:
            self.server.hub.add(asked["type"], name, {}).private = asked.get("visibility") == "private"
        body = {"url": f"{self.server.hub.url}/{asked['type']}s/{name}"}
        self._send(200 if created else 409, json.dumps(body).encode(), {"content-type": "application/json"})

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == "/":
            self._json({})
        elif found := _RESOLVE.fullmatch(path):
            kind = "datasets" if found["datasets"] else "models"
            if repository := self._repository(kind, found["id"], found["revision"]):
                self._file(repository, found["file"])
        elif found := _API.fullmatch(path):
            if repository := self._repository(found["kind"], found["id"], found["revision"] or "main"):
                self._api(repository, found)
        else:
            self._error(404, "EntryNotFound")

    def _repository(self, kind: str, name: str, revision: str = "main") -> Repository | None:
        repository = self.server.hub.repositories.get((kind, name))
        if repository is None:
            self._error(401, "RepoNotFound")
        elif revision not in ("main", repository.commit):
            self._error(404, "RevisionNotFound")
            return None
        return repository

    def _api(self, repository: Repository, found: re.Match[str]) -> None:
        if found["what"] == "tree":
            folder = (found["folder"] or "/")[1:]
            deep = "recursive=true" in self.path.lower()
            below = [entry for entry in _tree(repository) if _is_below(str(entry["path"]), folder, deep)]
            self._json(below) if below else self._error(404, "EntryNotFound")
            return
        siblings = [{"rfilename": name, "size": len(data)} for name, data in repository.files.items()]
        self._json({"id": found["id"], "sha": repository.commit, "siblings": siblings, "tags": []})

    def _file(self, repository: Repository, name: str) -> None:
        if repository.gated:
            self._error(403, "GatedRepo")
        elif name not in repository.files:
            self._error(404, "EntryNotFound")
        else:
            self.server.hub.asked.append(f"{self.command} {name}")
            self._send(200, repository.files[name], {"ETag": f'"{_id(repository.files[name])}"'}, repository)

    def _json(self, tree: object) -> None:
        self._send(200, json.dumps(tree).encode(), {"content-type": "application/json"})

    def _error(self, status: int, code: str) -> None:
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code})

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], repository: Repository | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        if repository:
            self.send_header("X-Repo-Commit", repository.commit)
        self.end_headers()
        if self.command == "HEAD":
            return
        for start in range(0, len(body), 65536):
            time.sleep(self.server.hub.pause if repository and start else 0)
            self.wfile.write(body[start : start + 65536])

    def log_message(self, *arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: Hub

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that was killed has hung up


def _id(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def _tree(repository: Repository) -> list[dict[str, object]]:
    """All files and folders."""
    folders = {str(folder) for name in repository.files for folder in PurePosixPath(name).parents} - {"."}
    return [
        *({"type": "directory", "path": name, "size": 0, "oid": _id(name.encode())} for name in folders),
        *(
            {"type": "file", "path": name, "size": len(content), "oid": _id(content)}
            for name, content in repository.files.items()
        ),
    ]


def _is_below(path: str, folder: str, deep: bool) -> bool:
    parents = [str(parent).removeprefix(".") for parent in PurePosixPath(path).parents]
    return folder in parents if deep else parents[0] == folder


@contextmanager
def serving() -> Iterator[Hub]:
    """The server, in its own thread."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.hub = Hub(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.hub
        finally:
            server.shutdown()
            thread.join()
