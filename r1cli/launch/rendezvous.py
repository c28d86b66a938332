"""The nodes of one job find each other, and keep in touch until its end.

Node 0 listens, the others call it: lines of JSON over TCP. Each says who it is; when all are there and agree
on the job, node 0 tells everybody the roster. What follows are short messages, from a node to node 0 or from
node 0 to all. A connection that ends before the job does is a node that is lost.
"""

import json
import selectors
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from r1cli.errors import R1Error

#: Seconds that node 0 waits for another node to show up, counted again with each that does.
PATIENCE = 300.0
# Seconds for a connection to be made, and for who has made it to say something.
CALL = 5.0
_POLL = 0.2


@dataclass(frozen=True)
class Member:
    """What a node says of itself.

    Args:
        rank: its number among the nodes of the job.
        name: what Slurm calls it.
        address: where the others reach it.
        job: a digest of the job that it has read.
        ports: by role, the ports that its process here may listen at, by name.
    """

    rank: int
    name: str
    address: str
    job: str
    ports: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class Peers:
    """The open connections of a node: node 0 has one to each other node, the others one to node 0.

    Args:
        members: all nodes, in the order of their ranks.
        lines: the connections, by the rank at the other end.
        key: that of the run, which node 0 has made.
    """

    def __init__(self, members: list[Member], lines: dict[int, "Line"], key: str = "") -> None:
        self.members = members
        self.lines = lines
        self.key = key

    def send(self, message: dict[str, Any]) -> None:
        """Says something to node 0, or as node 0 to all. Who is gone does not hear it."""
        for line in self.lines.values():
            line.send(message)

    def receive(self) -> list[tuple[int, dict[str, Any]]]:
        """What has come in, each with the rank that said it; ``{"lost": True}`` once for one that is gone."""
        found = []
        for rank, line in list(self.lines.items()):
            found += [(rank, message) for message in line.receive()]
            if line.closed:
                del self.lines[rank]
                found.append((rank, {"lost": True}))
        return found

    def close(self) -> None:
        for line in self.lines.values():
            line.close()


class Line:
    """One connection, read without waiting."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.closed = False
        self._rest = b""

    def send(self, message: dict[str, Any]) -> None:
        try:
            self.connection.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            self.closed = True

    def receive(self, seconds: float = 0.0) -> list[dict[str, Any]]:
        """The messages that are there, or come within some seconds."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            while not self.closed and selector.select(seconds):
                try:
                    read = self.connection.recv(65536)
                except OSError:
                    read = b""
                self.closed = not read
                self._rest += read
                if b"\n" in self._rest:
                    break
        *whole, self._rest = self._rest.split(b"\n")
        return [json.loads(line) for line in whole]

    def close(self) -> None:
        self.connection.close()


def host(
    port: int, count: int, me: Member, meanwhile: Callable[[], None] = lambda: None, key: str = ""
) -> Peers:
    """Node 0's part: waits for all the others, and tells them the roster and the run's key.

    Args:
        port: where to listen.
        count: how many nodes there are.
        me: node 0 itself; without an address it gets the one at which it was called.
        meanwhile: called now and then while waiting; it may raise.
        key: that of the run.

    Raises:
        R1Error: the port is taken, a node does not come, or what it says does not fit.
    """
    found, lines = {me.rank: me}, list[Line]()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("", port))
        except OSError as error:
            raise R1Error(
                f"port {port} cannot be used on {me.name}: {error.strerror}",
                where="node 0",
                fix="submit again: the port comes from the job's number",
                exit_code=1,
            ) from None
        listening.listen(count)
        listening.settimeout(_POLL)
        deadline = time.monotonic() + PATIENCE
        while len(found) < count:
            meanwhile()
            if time.monotonic() > deadline:
                raise _refuse(lines, _missing(found, count))
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            line = Line(connection)
            try:
                other = Member(**line.receive(CALL)[0])
            except (IndexError, TypeError, ValueError):  # an unknown peer, such as a port scanner
                line.close()
                continue
            lines.append(line)
            problem = _mismatch(found, other, count, me)
            if problem:
                raise _refuse(lines, problem)
            found[other.rank] = other
            deadline = time.monotonic() + PATIENCE
    # Its own name may mean another address on node 0 itself: the one that was called is right for all.
    address = me.address or lines[0].connection.getsockname()[0]
    members = [replace(me, address=address), *(found[rank] for rank in range(1, count))]
    callers = list(found)[1:]
    peers = Peers(members, dict(zip(callers, lines, strict=True)), key)
    peers.send({"roster": [asdict(member) for member in members], "key": key})
    return peers


def join(head: str, port: int, me: Member, meanwhile: Callable[[], None] = lambda: None) -> Peers:
    """Another node's part: calls node 0 until it answers.

    ``me.address`` may be empty: then it is the one that the connection has.

    Raises:
        R1Error: node 0 cannot be reached, or says that something does not fit.
    """
    line = Line(_call(head, port, meanwhile))
    address = me.address or line.connection.getsockname()[0]
    line.send({**asdict(me), "address": address})
    answers: list[dict[str, Any]] = []
    while not answers and not line.closed:
        meanwhile()
        answers = line.receive(_POLL)
    if not answers:
        raise _lost_head(head, port, "it hung up")
    if "error" in answers[0]:
        raise R1Error.from_fields(answers[0]["error"])
    members = [Member(**member) for member in answers[0]["roster"]]
    return Peers(members, {0: line}, answers[0]["key"])


def _call(head: str, port: int, meanwhile: Callable[[], None]) -> socket.socket:
    deadline = time.monotonic() + PATIENCE
    while True:
        meanwhile()
        try:
            connection = socket.create_connection((head, port), timeout=CALL)
        except OSError as error:
            if time.monotonic() > deadline:
                raise _lost_head(head, port, error.strerror or str(error)) from None
            time.sleep(_POLL)
            continue
        connection.settimeout(None)
        return connection


def _mismatch(found: dict[int, Member], other: Member, count: int, me: Member) -> str:
    if not 0 <= other.rank < count:
        return f"{other.name} says that it is node {other.rank}, and the job has {count}"
    if other.rank in found:
        return f"{other.name} and {found[other.rank].name} both say that they are node {other.rank}"
    if other.job != me.job:
        return f"{other.name} reads another job.json than {me.name}"
    return ""


def _missing(found: dict[int, Member], count: int) -> str:
    absent = ", ".join(str(rank) for rank in range(count) if rank not in found)
    there = ", ".join(member.name for member in found.values())
    return f"no word from node {absent} in {PATIENCE:g} s; here are {there}"


def _refuse(lines: list[Line], problem: str) -> R1Error:
    """The error for all who have called, and for node 0."""
    error = R1Error(
        problem,
        where="the nodes of the job",
        fix="see the job's output; all nodes must see the same run directory, and reach each other",
        exit_code=1,
    )
    for line in lines:
        line.send({"error": error.fields()})
        line.close()
    return error


def _lost_head(head: str, port: int, reason: str) -> R1Error:
    return R1Error(
        f"node 0 cannot be reached at {head}:{port}: {reason}",
        where="the nodes of the job",
        fix="name the interface that the nodes share with --network-interface; a firewall may be in the way",
        exit_code=1,
    )
