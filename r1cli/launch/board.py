"""Node 0's view of a job's servers, which it writes to services.json."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from r1cli.launch.rendezvous import Member
from r1cli.runs.job import Job, Role
from r1cli.runs.services import ENDED, STARTING, services_file, write_services


class Board:
    """The state of all servers, which are the roles with a health check."""

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

    def set(self, service: str, node: int, state: str, reason: str = "") -> None:
        """Writes a new state; a reason stays until the next one."""
        self._entries[service][node] |= {"state": state, **({"reason": reason} if reason else {})}
        self.write()

    def end(self) -> None:
        """Says that all have ended, if the file says anything yet."""
        if services_file(self._run_dir).exists():
            for entry in (entry for nodes in self._entries.values() for entry in nodes.values()):
                entry["state"] = ENDED
            self.write()


def _entry(role: Role, member: Member) -> dict[str, Any]:
    ports = member.ports.get(role.name) or _given_port(role)
    return {"node": member.name, "address": member.address, "ports": ports, "state": STARTING}


def _given_port(role: Role) -> dict[str, int]:
    """The port of a server that did not leave the choice to its node: its health is asked for there."""
    found = re.match(r"http://[^/]*:(\d+)/", role.health)
    return {"http": int(found[1])} if found else {}
