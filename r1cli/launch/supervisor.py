"""The course of a run on one node, from meeting the others to the end."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error
from r1cli.launch.agreement import Agreement
from r1cli.launch.endings import RESUMABLE, Failed, Stopped
from r1cli.launch.machine import check_machine
from r1cli.launch.meeting import meet
from r1cli.launch.processes import GRACE
from r1cli.launch.rendezvous import Peers
from r1cli.launch.reporter import Reporter
from r1cli.launch.role_watch import RoleWatch
from r1cli.launch.slurm.node import Node
from r1cli.launch.stop_signals import StopSignals
from r1cli.runs.failure import error_file, write_error
from r1cli.runs.job import Job
from r1cli.runs.run_dir import STOP, STOPPED, claim, put_logs_aside, read_status
from r1cli.runs.services import services_file

_POLL = 0.1


class Supervisor:
    """Runs the roles of a job on this node until all nodes have done theirs, or something has failed."""

    def __init__(self, job: Job, node: Node) -> None:
        self.job = job
        self.node = node
        self.run_dir = Path(job.run_dir)
        self.roles = [role for role in job.roles if role.runs_on(node.rank)]
        self.reporter = Reporter(self.run_dir, node)
        self.signals = StopSignals(self.run_dir, leads=node.rank == 0)
        self.agreement = Agreement(node.rank, node.count)
        self.peers = Peers([], {})
        self.watch = self._watch()
        self.held = ExitStack()

    def run(self) -> int:
        """The exit code: 0, a failing role's own, 75 with a checkpoint, 128 + the signal that stopped it."""
        self.signals.listen()
        try:
            self._meet()
            code = self._together("start", self._prepare)
            if code is None:
                self._run_roles()
                code = self._together("done", self._result)
            code = self._leave(code)
        except Stopped:
            assert self.signals.received is not None
            self.peers.send({"stopped": self.signals.received.name})
            self.reporter.record("interrupted", self.signals.reason)
            code = 128 + self.signals.received
        except Failed as failed:
            self.reporter.say(failed.reason)
            self.peers.send({"failed": failed.reason})
            self.reporter.record("failed", failed.reason)
            code = failed.code
        except R1Error as error:
            if self.reporter.records or self.node.rank:
                write_error(self.run_dir, error)
            self.reporter.say(str(error))
            self.peers.send({"failed": error.what})
            self.reporter.record("failed", error.what)
            code = error.exit_code
        except BaseException as error:
            with suppress(OSError):  # a full disk may be the reason
                self.reporter.record("failed", f"supervisor: {error!r}")
            raise
        finally:
            self.watch.processes.stop()
            if self.reporter.records:
                with suppress(OSError):
                    self.watch.board.end()
            self.peers.close()
            self.held.close()
        return code

    def _watch(self) -> RoleWatch:
        return RoleWatch(self.job, self.node, self.peers, self.reporter, self.signals)

    def _meet(self) -> None:
        """Finds the other nodes, and what the roles are to know of them."""
        self.peers = meet(self.job, self.node, self._look)
        mine = self.peers.members[self.node.rank]
        self.reporter.say(
            f"host {mine.name}, rank {self.node.rank} of {self.node.count}, address {mine.address}"
        )
        self.watch = self._watch()

    def _prepare(self) -> int | None:
        """Node 0 clears away what an earlier attempt has left; an exit code when nothing is left to do."""
        if self.node.job_id:
            self._hold()
        if read_status(self.run_dir).get("state") == "finished":
            self.reporter.say("this run is finished already")
            return 0
        own = (services_file(self.run_dir), self.run_dir / STOP, self.run_dir / STOPPED)
        for left in (error_file(self.run_dir), *own):
            left.unlink(missing_ok=True)
        self.watch.board.write()
        if self.node.job_id:
            # Requeued by Slurm, nobody else has done it.
            put_logs_aside(self.run_dir)
        self.reporter.record("running")
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
            self.reporter.records = False
            raise

    def _run_roles(self) -> None:
        """Starts the services and what waits for them by itself, then, once they are healthy, the others."""
        if self.roles and self.node.job_id:
            check_machine(self.job, any_gpus=True)
        self.watch.start([role for role in self.roles if role.service or role.beside])
        if any(not (role.service or role.beside) for role in self.job.roles):
            self._until(self.watch.probes.all_healthy)
            self._together("ready")
            self.watch.start([role for role in self.roles if not (role.service or role.beside)])
        self._until(self.watch.processes.are_done)

    def _result(self) -> int:
        """Node 0 says how the run has ended, once all roles have."""
        if (self.run_dir / STOPPED).exists():
            stopped = json.loads((self.run_dir / STOPPED).read_text(encoding="utf-8"))
            resumes = f", with {stopped['checkpoint']} to resume from" if stopped["checkpoint"] else ""
            reason = f"{self.signals.why_asked()}{resumes}"
            self.reporter.say(reason)
            self.reporter.record("interrupted", reason)
            return RESUMABLE
        self.reporter.record("finished")
        return 0

    def _leave(self, code: int | None) -> int:
        """Node 0 leaves last, alone with the code: with any but 0, srun ends those that are still there."""
        if self.node.rank:
            return 0
        deadline = time.monotonic() + GRACE
        while self.peers.lines and time.monotonic() < deadline:
            self.peers.receive()
            time.sleep(_POLL)
        return code or 0

    def _together(self, point: str, lead: Callable[[], int | None] = lambda: None) -> int | None:
        return self.agreement.pass_together(point, self.peers, self._until, lead)

    def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._look()
            time.sleep(_POLL)
        self._look()

    def _look(self) -> None:
        """Looks for a reason to stop.

        Raises:
            Stopped, Failed: there is one.
        """
        self.signals.look_for_parent()
        # First: srun stops the other nodes as soon as one has failed, and here the reason is known.
        for rank, message in self.peers.receive():
            self._receive(rank, message)
        if self.signals.received is not None:
            raise Stopped
        self.watch.look()

    def _receive(self, rank: int, message: dict[str, Any]) -> None:
        if self.agreement.receive(message):
            return
        if "service" in message:
            self.watch.report(message["service"], rank, message["state"], message["reason"])
        elif "failed" in message:
            raise Failed(message["failed"])
        elif "stopped" in message:
            # Who stops one node may be about to stop this one, too.
            raise self.signals.in_hindsight(
                Failed(f"{self._called(rank)} was stopped by {message['stopped']}")
            )
        elif not self.agreement.is_over():
            raise Failed(f"{self._called(rank)} is lost")

    def _called(self, rank: int) -> str:
        return f"{self.peers.members[rank].name} (node {rank})"
