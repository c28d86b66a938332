"""The roles of one node: started, watched, started again if they may be, and their failures explained."""

from collections import Counter
from pathlib import Path

from r1cli.launch.board import Board
from r1cli.launch.endings import Failed
from r1cli.launch.health import PATIENCE, Probes
from r1cli.launch.processes import Processes
from r1cli.launch.rendezvous import Peers
from r1cli.launch.reporter import Reporter
from r1cli.launch.slurm.node import Node
from r1cli.launch.stop_signals import StopSignals
from r1cli.launch.variables import variables_of
from r1cli.runs.failure import failure, write_error
from r1cli.runs.job import Job, Role
from r1cli.runs.services import HEALTHY, RESTARTING


class RoleWatch:
    """What runs of a job on this node.

    Args:
        job: the plan.
        node: this one.
        peers: all nodes.
        reporter: what is said of the run.
        signals: what stops it.
    """

    def __init__(self, job: Job, node: Node, peers: Peers, reporter: Reporter, signals: StopSignals) -> None:
        self.run_dir = Path(job.run_dir)
        self.node = node
        self.peers = peers
        self.reporter = reporter
        self.signals = signals
        suffix = f"-node{node.rank}" if node.count > 1 else ""
        self.processes = Processes(
            self.run_dir / "logs",
            lambda role: variables_of(job, peers.members, node.rank, role),
            peers.key,
            suffix,
        )
        self.probes = Probes(self.processes)
        self.board = Board(job, peers.members)
        self._restarts: Counter[str] = Counter()

    def start(self, roles: list[Role]) -> None:
        for role in roles:
            self.processes.start(role)
            self.probes.began(role)

    def look(self) -> None:
        """Looks after the roles.

        Raises:
            Failed, Stopped: one cannot be used any more, and may not be started again.
        """
        ended = self.processes.failed()
        if ended and not self._restart(*ended[:2]):
            raise self._failure(*ended)
        for role in self.probes.look():
            self._is_healthy(role)
        hung = self.probes.hung()
        if hung and not self._restart(*hung):
            raise self._failure(*hung, 1)
        overdue = self.probes.overdue()
        if overdue:
            how = f"{overdue.name} did not become healthy in {PATIENCE:g} s"
            raise self._failure(overdue, how, 1)

    def report(self, service: str, rank: int, state: str, reason: str = "") -> None:
        """Lets all who need a service know its state on a node: node 0 writes it down."""
        if self.node.rank:
            self.peers.send({"service": service, "state": state, "reason": reason})
            return
        self.board.set(service, rank, state, reason)
        if reason:
            # For whoever asks for the state of the run.
            self.reporter.record("running", reason)

    def _is_healthy(self, role: Role) -> None:
        self.reporter.say(f"{role.name} is healthy")
        self.report(role.name, self.node.rank, HEALTHY)
        if role.ready:
            ready = self.processes.filled(role, role.ready)
            self.reporter.say(ready)
            self.reporter.record("running", ready)

    def _restart(self, role: Role, how: str) -> bool:
        """Starts a service again that has ended or hangs, if it may be."""
        if not role.service or self._restarts[role.name] >= role.restarts:
            return False
        if not self.signals.came_late():
            self._restarts[role.name] += 1
            note = f"{how}, and is started again ({self._restarts[role.name]} of {role.restarts})"
            self.reporter.say(note)
            self.report(role.name, self.node.rank, RESTARTING, note)
            self.processes.restart(role, note)
            self.probes.began(role)
        return True

    def _failure(self, role: Role, how: str, code: int) -> Exception:
        """Says which role has failed, and where, with the end of its log."""
        found = self.signals.in_hindsight(Failed(how, code))
        if isinstance(found, Failed):
            first = (self.node.rank - role.first_node) * role.processes
            ranks = range(first, first + role.processes)
            logs = [self.run_dir / "logs" / f"{role.name}-rank{rank}.log" for rank in ranks]
            words = failure(self.run_dir, [*logs, self.processes.log(role)], how)
            write_error(self.run_dir, words)
            if self.node.job_id:
                found.reason = f"{how} on {self.node.name} (node {self.node.rank})"
                self.reporter.say(str(words))
        return found
