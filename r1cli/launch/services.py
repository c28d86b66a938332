"""How a node's services are: probed, and reported to node 0, which tells everybody."""

import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from r1cli.launch.ports import listening_sessions
from r1cli.launch.processes import Processes
from r1cli.launch.rendezvous import Member
from r1cli.runs.job import Job, Role
from r1cli.runs.services import STARTING, write_services

#: Seconds for a service to become healthy: a large model may come from a slow disk.
PATIENCE = 1800.0
# Seconds between two probes, and for the answer to one: the supervisor does nothing else meanwhile.
_PAUSE, _ANSWER = 0.5, 2.0


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
        url = self._processes.filled(role, role.health)
        # A site's proxy has no business between two nodes.
        directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with directly.open(url, timeout=_ANSWER) as answer:
                healthy = answer.status == 200
        except OSError:
            return False
        sessions = listening_sessions(urlsplit(url).port or 80) if healthy else set()
        return healthy and (not sessions or self._processes.session(role) in sessions)


class Board:
    """Node 0's view of all services, which it writes to services.json."""

    def __init__(self, job: Job, members: Sequence[Member]) -> None:
        self._run_dir = Path(job.run_dir)
        self._entries: dict[str, dict[int, dict[str, Any]]] = {
            role.name: {
                node: _entry(role, members[node]) for node in range(len(members)) if role.runs_on(node)
            }
            for role in job.roles
            if role.service
        }

    def write(self) -> None:
        if self._entries:
            shown = {name: list(nodes.values()) for name, nodes in self._entries.items()}
            write_services(self._run_dir, shown)

    def set(self, service: str, node: int, state: str) -> None:
        self._entries[service][node]["state"] = state
        self.write()


def _entry(role: Role, member: Member) -> dict[str, Any]:
    ports = member.ports.get(role.name, {})
    return {"node": member.name, "address": member.address, "ports": ports, "state": STARTING}
