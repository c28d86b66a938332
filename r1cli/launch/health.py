"""Whether the servers of this node can be used: asked until they are healthy, and seldom from then on."""

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from r1cli.launch.ports import may_listen
from r1cli.launch.processes import Processes
from r1cli.launch.sessions import computing_time
from r1cli.runs.job import Role

#: Seconds for a server to become healthy, and to answer again: a large model may come from a slow disk.
PATIENCE = 1800.0
# Until it is healthy: seconds between two probes, and for the answer to one.
_PAUSE, _ANSWER = 0.5, 2.0
# From then on. A healthy server may be too busy to answer: transformers' loads its model at the first request
# and answers nobody until then. So it hangs only if it does not compute either: for a number of seconds it
# used less than this share of a core. One that spins, or whose use is not known, gets `PATIENCE`.
_SELDOM, _LONG_ANSWER = 10.0, 20.0
_SILENCE, _IDLE = 60.0, 0.001
# For the connection, while the supervisor does nothing else: a server of this machine is reached at once.
_CONNECT = 1.0
_LONGEST_STATUS = 1000  # bytes


@dataclass
class _Silence:
    """The time for which a server that was healthy has not answered, and has not computed either, in seconds.

    ``last`` is when the last probe failed, ``computed`` how long the server had used a core by then.
    """

    last: float
    computed: float | None
    silent: float = 0.0
    idle: float = 0.0

    def extend(self, now: float, computed: float | None) -> None:
        """Another probe has failed."""
        passed = now - self.last
        if computed is None or self.computed is None:
            idle = False
        else:
            idle = computed - self.computed < _IDLE * passed
        # Longer than a probe takes: the whole job was suspended.
        seconds = min(passed, _SELDOM + _LONG_ANSWER)
        self.silent += seconds
        self.idle = self.idle + seconds if idle else 0.0
        self.last, self.computed = now, computed

    @property
    def is_final(self) -> bool:
        return self.idle >= _SILENCE or self.silent >= PATIENCE


@dataclass
class _Server:
    """A role that says how it is healthy, and what is known of it."""

    role: Role
    began: float
    healthy: bool = False
    next: float = 0.0
    probe: "HealthProbe | None" = None
    silence: _Silence | None = None


class Probes:
    """The roles of this node that say how they are healthy."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._servers: dict[str, _Server] = {}

    def began(self, role: Role) -> None:
        """Probes a role from now on, if it says how. One that is started again is not healthy yet."""
        if role.health:
            self._servers[role.name] = _Server(role, time.monotonic())

    def all_healthy(self) -> bool:
        return all(server.healthy for server in self._servers.values())

    def overdue(self) -> Role | None:
        """A role whose time to become healthy is over."""
        now = time.monotonic()
        late = (one for one in self._servers.values() if not one.healthy and now > one.began + PATIENCE)
        return next((server.role for server in late), None)

    def hung(self) -> tuple[Role, str] | None:
        """A role that was healthy and answers no more, though it runs, with the words for it."""
        for server in self._servers.values():
            silence = server.silence
            if silence and silence.is_final and self._processes.is_running(server.role):
                return server.role, f"{server.role.name} did not answer for {silence.silent:.0f} s"
        return None

    def look(self) -> Iterator[Role]:
        """The roles that have become healthy since the last look. Waits for no answer."""
        for server in self._servers.values():
            answered = self._answered(server)
            if answered is None:
                continue
            server.next = time.monotonic() + (_SELDOM if answered or server.healthy else _PAUSE)
            if answered and not server.healthy:
                server.healthy = True
                yield server.role
            elif server.healthy:
                server.silence = None if answered else self._silent(server)

    def _silent(self, server: _Server) -> _Silence:
        now, computed = time.monotonic(), computing_time(self._processes.session(server.role))
        if server.silence is None:
            return _Silence(now, computed)
        server.silence.extend(now, computed)
        return server.silence

    def _answered(self, server: _Server) -> bool | None:
        """Whether a server itself, and nobody else at its port, says that it can be used; None: not yet."""
        url = urlsplit(self._processes.filled(server.role, server.role.health))
        host, port = url.hostname or "", url.port or 80
        if server.probe is None:
            if time.monotonic() < server.next:
                return None
            server.probe = HealthProbe(host, port, url.path, _LONG_ANSWER if server.healthy else _ANSWER)
        ok = server.probe.result()
        if ok is None:
            return None
        server.probe = None
        return ok and may_listen(self._processes.session(server.role), port)


class HealthProbe:
    """One request to a server, without a proxy; its answer is read as it comes.

    Args:
        host: of the server, on this machine.
        port: of the server.
        path: to ask for.
        seconds: for all of the answer.
    """

    def __init__(self, host: str, port: int, path: str, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._received = b""
        self._connection: socket.socket | None = None
        try:
            self._connection = socket.create_connection((host, port), timeout=_CONNECT)
            self._connection.sendall(f"GET {path or '/'} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
            self._connection.setblocking(False)
        except OSError:
            self._close()

    def result(self) -> bool | None:
        """Whether the server answers with status 200; None while the answer may still come."""
        while self._connection and b"\n" not in self._received and len(self._received) < _LONGEST_STATUS:
            try:
                received = self._connection.recv(_LONGEST_STATUS)
            except BlockingIOError:
                if time.monotonic() < self._deadline:
                    return None
                received = b""
            except OSError:
                received = b""
            self._received += received
            if not received:
                self._close()
        self._close()
        return self._received.startswith(b"HTTP/") and self._received.split()[1:2] == [b"200"]

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None
