"""How a node's services are: probed, and reported to node 0, which tells everybody."""

import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from r1cli.launch.ports import may_listen
from r1cli.launch.processes import Processes
from r1cli.launch.rendezvous import Member
from r1cli.runs.job import Job, Role
from r1cli.runs.services import ENDED, STARTING, services_file, write_services

#: Seconds for a service to become healthy: a large model may come from a slow disk.
PATIENCE = 1800.0
# Seconds between two probes, and for the answer to one: the supervisor does nothing else meanwhile.
_PAUSE, _ANSWER = 0.5, 2.0
_LONGEST_STATUS = 1000  # bytes


class Probes:
    """The roles of this node that say when they are healthy, and are not so yet."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._waiting: list[tuple[Role, float]] = []
        self._next = 0.0

    def began(self, role: Role) -> None:
        """Probes a role from now on, if it says how."""
        # One that is started again may not have been healthy before.
        self._waiting = [entry for entry in self._waiting if entry[0] is not role]
        if role.health:
            self._waiting.append((role, time.monotonic() + PATIENCE))

    def all_healthy(self) -> bool:
        return not self._waiting

    def overdue(self) -> Role | None:
        """A role whose time to become healthy is over."""
        return next((role for role, end in self._waiting if time.monotonic() > end), None)

    def look(self) -> Iterator[Role]:
        """The roles that have become healthy."""
        if time.monotonic() < self._next:
            return
        healthy = [role for role, _ in self._waiting if self._answers(role)]
        self._waiting = [entry for entry in self._waiting if entry[0] not in healthy]
        self._next = time.monotonic() + _PAUSE
        yield from healthy

    def _answers(self, role: Role) -> bool:
        """Whether a role answers, and not somebody else at the same port."""
        url = urlsplit(self._processes.filled(role, role.health))
        host, port = url.hostname or "", url.port or 80
        return _is_ok(host, port, url.path) and may_listen(self._processes.session(role), port)


def _is_ok(host: str, port: int, path: str) -> bool:
    """Whether a server answers with status 200, in `_ANSWER` seconds for all of it, without a proxy."""
    deadline, status = time.monotonic() + _ANSWER, b""
    try:
        with socket.create_connection((host, port), timeout=_ANSWER) as connection:
            connection.sendall(f"GET {path or '/'} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
            while b"\n" not in status and len(status) < _LONGEST_STATUS:
                connection.settimeout(max(0.01, deadline - time.monotonic()))
                received = connection.recv(_LONGEST_STATUS)
                if not received:
                    break
                status += received
    except OSError:
        return False
    return status.startswith(b"HTTP/") and status.split()[1:2] == [b"200"]


class Board:
    """Node 0's view of all servers, which are the roles with a health check; it writes services.json."""

    def __init__(self, job: Job, members: Sequence[Member]) -> None:
        self._run_dir = Path(job.run_dir)
        self._entries: dict[str, dict[int, dict[str, Any]]] = {
            role.name: {
                node: _entry(role, members[node]) for node in range(len(members)) if role.runs_on(node)
            }
            for role in job.roles
            if role.health
        }

    def write(self) -> None:
        if self._entries:
            shown = {name: list(nodes.values()) for name, nodes in self._entries.items()}
            write_services(self._run_dir, shown)

    def set(self, service: str, node: int, state: str) -> None:
        self._entries[service][node]["state"] = state
        self.write()

    def end(self) -> None:
        """Says that all have ended, if the file says anything yet."""
        if services_file(self._run_dir).exists():
            for entry in (entry for nodes in self._entries.values() for entry in nodes.values()):
                entry["state"] = ENDED
            self.write()


def _entry(role: Role, member: Member) -> dict[str, Any]:
    ports = member.ports.get(role.name, {})
    return {"node": member.name, "address": member.address, "ports": ports, "state": STARTING}
