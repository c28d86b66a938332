"""The supervisor of one node: ``python -m r1cli.launch.node RUN_DIR/job.json``.

It starts this node's roles, passes signals on, and leaves no process behind. Under Slurm there is one on each
node: they meet, go from one point to the next together, and end together; node 0 writes the run's state. It
imports nothing heavy, so that it is up, and can be stopped, at once.
"""

import hashlib
import json
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from r1cli import environment
from r1cli.errors import R1Error
from r1cli.files import write_text
from r1cli.launch.machine import check_machine
from r1cli.launch.ports import free_port
from r1cli.launch.processes import GRACE, Processes
from r1cli.launch.rendezvous import Member, Peers, host, join
from r1cli.launch.run_key import run_key
from r1cli.launch.services import PATIENCE, Board, Probes
from r1cli.launch.slurm.node import Node, interface_address, this_node
from r1cli.launch.variables import variables_of
from r1cli.runs.failure import error_file, failure, write_error
from r1cli.runs.job import Job, Role
from r1cli.runs.run_dir import STOP, STOPPED, claim, put_logs_aside, read_status, write_status
from r1cli.runs.services import HEALTHY, RESTARTING, services_file

#: The exit code of a run that was stopped with a checkpoint to resume from.
RESUMABLE = 75
# Seconds in which a signal may come that explains why a process has ended.
_HINDSIGHT = 0.5
_POLL = 0.1
# What r1 before 0.3 wrote in place of a node's rank, address or port.
_OLD_VARIABLE = re.compile(r"\$R1_(?:NODE_RANK|[A-Z_]+_(?:ADDRESS|PORT))\b")
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stopped(Exception):
    """A signal came."""


class _Failed(Exception):
    """The run cannot continue: why, and with which exit code."""

    def __init__(self, reason: str, code: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Supervisor:
    """Runs the roles of a job on this node until all nodes have done theirs, or something has failed."""

    def __init__(self, job: Job, node: Node) -> None:
        self.job = job
        self.node = node
        self.run_dir = Path(job.run_dir)
        self.roles = [role for role in job.roles if role.runs_on(node.rank)]
        self.peers = Peers([], {})
        self.processes = Processes(self.run_dir / "logs", lambda role: {})
        self.probes = Probes(self.processes)
        self.board = Board(job, [])
        self.restarts: Counter[str] = Counter()
        self.held = ExitStack()
        self.records = node.rank == 0
        self.stopped_by: signal.Signals | None = None
        self.parent = os.getppid()
        self.arrived: Counter[str] = Counter()
        self.words: dict[str, int | None] = {}

    def run(self) -> int:
        """The exit code: 0, a failing role's own, 75 with a checkpoint, 128 + the signal that stopped it."""
        for number in _STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGUSR1, self._on_warning)
        try:
            self._meet()
            code = self._together("start", self._prepare)
            if code is None:
                self._run_roles()
                code = self._together("done", self._result)
            code = self._leave(code)
        except _Stopped:
            assert self.stopped_by is not None
            self.peers.send({"stopped": self.stopped_by.name})
            self._record("interrupted", self.stopped_by.name)
            code = 128 + self.stopped_by
        except _Failed as failed:
            self._tell(failed.reason)
            self._record("failed", failed.reason)
            code = failed.code
        except R1Error as error:
            if self.records or self.node.rank:
                write_error(self.run_dir, error)
            self._say(str(error))
            self.peers.send({"failed": error.what})
            self._record("failed", error.what)
            code = error.exit_code
        except BaseException as error:
            with suppress(OSError):  # a full disk may be the reason
                self._record("failed", f"supervisor: {error!r}")
            raise
        finally:
            self.processes.stop()
            if self.records:
                with suppress(OSError):
                    self.board.end()
            self.peers.close()
            self.held.close()
        return code

    def _meet(self) -> None:
        """Finds the other nodes, and what the roles are to know of them.

        Raises:
            R1Error: they do not come, or do not agree on the job.
        """
        node, text = self.node, self.job.to_json()
        if node.count != self.job.nodes:
            raise R1Error(
                f"the job is planned for {self.job.nodes} nodes, and runs on {node.count}",
                where=f"Slurm job {node.job_id}" if node.job_id else "this machine",
                fix="submit it with `r1 slurm submit`",
                exit_code=1,
            )
        address = node.head if node.count == 1 else ""
        if node.interface:
            address = interface_address(node.interface)
        digest = hashlib.sha256(text.encode()).hexdigest()
        me = Member(node.rank, node.name, address, digest, self._ports())
        self.peers = Peers([me], {}, "" if node.rank else run_key(self.job))
        if node.count > 1:
            find = self._host if node.rank == 0 else self._join
            self.peers = find(me)
        members, key = self.peers.members, self.peers.key
        mine = members[node.rank]
        suffix = f"-node{node.rank}" if node.count > 1 else ""
        self._say(f"host {mine.name}, rank {node.rank} of {node.count}, address {mine.address}")
        variables = partial(variables_of, self.job, members, node.rank)
        self.processes = Processes(self.run_dir / "logs", variables, key, suffix)
        self.probes = Probes(self.processes)
        self.board = Board(self.job, members)

    def _ports(self) -> dict[str, dict[str, int]]:
        """Free ports of this node, for each port of its roles."""
        taken = {self.node.port}
        found: dict[str, dict[str, int]] = {}
        for role in self.roles:
            for name in role.ports:
                port = free_port(taken)
                taken.add(port)
                found.setdefault(role.name, {})[name] = port
        return found

    def _host(self, me: Member) -> Peers:
        return host(self.node.port, self.node.count, me, self._look, self.peers.key)

    def _join(self, me: Member) -> Peers:
        return join(self.node.head, self.node.port, me, self._look)

    def _prepare(self) -> int | None:
        """Node 0 clears away what an earlier attempt has left; an exit code when nothing is left to do."""
        if self.node.job_id:
            self._hold()
        if read_status(self.run_dir).get("state") == "finished":
            self._say("this run is finished already")
            return 0
        own = (services_file(self.run_dir), self.run_dir / STOP, self.run_dir / STOPPED)
        for left in (error_file(self.run_dir), *own):
            left.unlink(missing_ok=True)
        self.board.write()
        if self.node.job_id:
            # Requeued by Slurm, nobody else has done it.
            put_logs_aside(self.run_dir)
        self._record("running")
        return None

    def _hold(self) -> None:
        """Keeps a second job from the run directory, where the file system knows locks.

        Raises:
            R1Error: another job has it, and not for a moment only, as who submits has.
        """
        try:
            with suppress(OSError):
                self.held.enter_context(claim(self.run_dir, GRACE))
        except R1Error:
            # The record is that job's.
            self.records = False
            raise

    def _run_roles(self) -> None:
        """Starts the services and what waits for them by itself, then, once they are healthy, the others."""
        if self.roles and self.node.job_id:
            check_machine(self.job, any_gpus=True)
        self._start([role for role in self.roles if role.service or role.beside])
        if any(not (role.service or role.beside) for role in self.job.roles):
            self._until(self.probes.all_healthy)
            self._together("ready")
            self._start([role for role in self.roles if not (role.service or role.beside)])
        self._until(self.processes.are_done)

    def _start(self, roles: list[Role]) -> None:
        for role in roles:
            self.processes.start(role)
            self.probes.began(role)

    def _is_healthy(self, role: Role) -> None:
        """Lets all who need a role know that it can be used."""
        self._say(f"{role.name} is healthy")
        self._report(role, HEALTHY)
        if role.ready:
            ready = self.processes.filled(role, role.ready)
            self._say(ready)
            # For whoever asks for the state of the run.
            self._record("running", ready)

    def _report(self, role: Role, state: str) -> None:
        if self.node.rank == 0:
            self.board.set(role.name, 0, state)
        else:
            self.peers.send({"service": role.name, "state": state})

    def _restart(self, role: Role, how: str) -> bool:
        """Starts a service that has ended again, if it may be."""
        if not role.service or self.restarts[role.name] >= role.restarts:
            return False
        time.sleep(_HINDSIGHT)
        if self.stopped_by is None:
            self.restarts[role.name] += 1
            note = f"{how}, and is started again ({self.restarts[role.name]} of {role.restarts})"
            self._say(note)
            self._report(role, RESTARTING)
            self.processes.restart(role, note)
            self.probes.began(role)
        return True

    def _result(self) -> int:
        """Node 0 says how the run has ended, once all roles have."""
        if (self.run_dir / STOPPED).exists():
            stopped = json.loads((self.run_dir / STOPPED).read_text(encoding="utf-8"))
            resumes = f", with {stopped['checkpoint']} to resume from" if stopped["checkpoint"] else ""
            reason = f"stopped before the time limit{resumes}"
            self._say(reason)
            self._record("interrupted", reason)
            return RESUMABLE
        self._record("finished")
        return 0

    def _together(self, point: str, lead: Callable[[], int | None] = lambda: None) -> int | None:
        """Waits until all nodes have come to a point, and returns what node 0 makes of it."""
        if self.node.rank == 0:
            self._until(lambda: self.arrived[point] == self.node.count - 1)
            code = lead()
            self.peers.send({"go": point, "code": code})
            return code
        self.peers.send({"at": point})
        self._until(lambda: point in self.words)
        return self.words[point]

    def _leave(self, code: int | None) -> int:
        """Node 0 leaves last, alone with the code: with any but 0, srun ends those that are still there."""
        if self.node.rank:
            return 0
        deadline = time.monotonic() + GRACE
        while self.peers.lines and time.monotonic() < deadline:
            self.peers.receive()
            time.sleep(_POLL)
        return code or 0

    def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._look()
            time.sleep(_POLL)
        self._look()

    def _look(self) -> None:
        """Looks for a reason to stop.

        Raises:
            _Stopped, _Failed: there is one.
        """
        if os.getppid() != self.parent and self.stopped_by is None:
            # Who started this is gone, and nobody would ever stop it.
            self.stopped_by = signal.SIGHUP
        # First: srun stops the other nodes as soon as one has failed, and here the reason is known.
        for rank, message in self.peers.receive():
            self._hear(rank, message)
        if self.stopped_by is not None:
            raise _Stopped
        found = self.processes.failed()
        if found and not self._restart(*found[:2]):
            raise self._failure(*found)
        for role in self.probes.look():
            self._is_healthy(role)
        overdue = self.probes.overdue()
        if overdue:
            how = f"{overdue.name} did not become healthy in {PATIENCE:g} s"
            raise self._failure(overdue, how, 1)

    def _hear(self, rank: int, message: dict[str, Any]) -> None:
        if "at" in message:
            self.arrived[message["at"]] += 1
        elif "service" in message:
            self.board.set(message["service"], rank, message["state"])
        elif "go" in message:
            self.words[message["go"]] = message["code"]
        elif "failed" in message:
            raise _Failed(message["failed"])
        elif "stopped" in message:
            # Who stops one node may be about to stop this one, too.
            raise self._in_hindsight(_Failed(f"{self._called(rank)} was stopped by {message['stopped']}"))
        elif not self._is_over():
            raise _Failed(f"{self._called(rank)} is lost")

    def _called(self, rank: int) -> str:
        return f"{self.peers.members[rank].name} (node {rank})"

    def _is_over(self) -> bool:
        """Whether node 0 has said how the run has ended: it may be gone since."""
        return any(code is not None for code in self.words.values())

    def _failure(self, role: Role, how: str, code: int) -> Exception:
        """Says which role has failed, and where, with the end of its log."""
        found = self._in_hindsight(_Failed(how, code))
        if isinstance(found, _Failed):
            first = (self.node.rank - role.first_node) * role.processes
            ranks = range(first, first + role.processes)
            logs = [self.run_dir / "logs" / f"{role.name}-rank{rank}.log" for rank in ranks]
            words = failure(self.run_dir, [*logs, self.processes.log(role)], how)
            write_error(self.run_dir, words)
            if self.node.job_id:
                found.reason = f"{how} on {self.node.name} (node {self.node.rank})"
                self._say(str(words))
        return found

    def _in_hindsight(self, failed: _Failed) -> Exception:
        """A signal that stops the job may reach others before this process."""
        time.sleep(_HINDSIGHT)
        return _Stopped() if self.stopped_by is not None else failed

    def _tell(self, reason: str) -> None:
        """Lets the other nodes know that it is over."""
        self._say(reason)
        self.peers.send({"failed": reason})

    def _record(self, state: str, reason: str = "") -> None:
        if self.records:
            write_status(self.run_dir, state, reason, self.node.job_id)

    def _say(self, text: str) -> None:
        """Writes to the output of a Slurm job; elsewhere the launcher talks."""
        if self.node.job_id:
            sys.stderr.write(f"node {self.node.rank}: {text}\n")
            sys.stderr.flush()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopped_by = signal.Signals(number)

    def _on_warning(self, number: int, frame: FrameType | None) -> None:
        """The time limit is near: asks the ranks for a checkpoint. Rank 0 of the training is on node 0."""
        if self.node.rank == 0:
            write_text(self.run_dir / STOP, "")


def _read_job(path: Path) -> Job:
    try:
        job = Job.from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise R1Error(
            f"this node does not see the run directory: {error.strerror}",
            where=str(path),
            fix="put it on a file system that all nodes share: --output-dir",
            exit_code=1,
        ) from None
    if any(_OLD_VARIABLE.search(text) for role in job.roles for text in (*role.argv, *role.env.values())):
        raise R1Error(
            "the job was planned by an older r1, whose variables this one does not fill in",
            where=str(path),
            fix="start the run again with the same command",
            exit_code=1,
        )
    return job


def main() -> int:
    job_file = Path(sys.argv[1])
    try:
        node = this_node()
        # An outer run's would reach the roles, and what a role or a reward runs itself is for this machine.
        for name in environment.set_by_r1():
            del os.environ[name]
        return Supervisor(_read_job(job_file), node).run()
    except R1Error as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
