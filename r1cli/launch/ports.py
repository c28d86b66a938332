"""TCP ports of this machine: a free one, and whether a session listens at one."""

import os
import random
import socket
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from r1cli.errors import R1Error
from r1cli.launch.sessions import processes_of

#: Below the ports that systems give out by themselves (on Linux from 32768), and above the well-known ones.
FIRST, LAST = 12000, 32000
# As /proc/net/tcp writes the state of a socket that listens.
_LISTENS = "0A"


def free_port(taken: Collection[int] = ()) -> int:
    """A port at which nobody listens now.

    Args:
        taken: ports that are promised to others.

    Raises:
        R1Error: none was found.
    """
    for port in random.sample(range(FIRST, LAST), 100):
        if port not in taken:
            with suppress(OSError), socket.create_server(("", port)):
                return port
    raise R1Error("100 ports were tried, and all are in use", where=socket.gethostname(), exit_code=1)


def may_listen(session: int, port: int) -> bool:
    """Whether a process of a session listens at a port, or the system does not show who does (Linux only)."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not sockets:
        return True
    return any(_holds(process, sockets) for process in processes_of(session))


def _inodes(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            rows = [line.split() for line in Path("/proc/net", table).read_text().splitlines()[1:]]
            found |= {
                row[9] for row in rows if row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port
            }
    return found


def _holds(process: Path, sockets: set[str]) -> bool:
    """Whether a process has one of some sockets open."""
    with suppress(OSError):  # it is gone since
        return any(_target(entry.path) in sockets for entry in os.scandir(process / "fd"))
    return False


def _target(link: str) -> str:
    try:
        return str(Path(link).readlink())
    except OSError:
        return ""
