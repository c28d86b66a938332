"""``services.json``: what the supervisors say of a run's services, for the roles that need them.

Node 0 writes it: for each server a list with one entry for each of its nodes, with the node's name, its
address, its ports by name, and the state: "starting", "healthy", "restarting" after it ended too early or
hung, or "ended"; "reason" says why it was started again, if it was.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r1cli.files import write_text

STARTING, HEALTHY, RESTARTING, ENDED = "starting", "healthy", "restarting", "ended"

#: By service: what is known of it on each of its nodes.
Services = Mapping[str, list[dict[str, Any]]]

_POLL = 0.2


def services_file(run_dir: Path) -> Path:
    return run_dir / "services.json"


def write_services(run_dir: Path, services: Services) -> None:
    write_text(services_file(run_dir), json.dumps(services, indent=2) + "\n")


def read_services(run_dir: Path) -> Services:
    """What is known so far; empty before node 0 has written anything."""
    try:
        services: Services = json.loads(services_file(run_dir).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return services


def is_healthy(run_dir: Path, service: str) -> bool:
    """Whether a service can be used, on all its nodes."""
    nodes = read_services(run_dir).get(service, [])
    return bool(nodes) and all(node["state"] == HEALTHY for node in nodes)


def wait_for_service(run_dir: Path, service: str) -> None:
    """Waits until a service can be used: if it never can, the supervisor ends the run, and this process."""
    while not is_healthy(run_dir, service):
        time.sleep(_POLL)
