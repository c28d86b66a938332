"""The warmed Python of a warden: a sandbox with a process that forks for each program."""

import marshal
import os
import resource
import selectors
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from r1cli.execution import seccomp
from r1cli.execution.cgroups import Group, Groups
from r1cli.execution.isolation import Isolation, end_with_parent, enter, memory_file
from r1cli.execution.single_run import SingleRun

#: Bytes of memory, and processes, of the process that forks.
_MEMORY, _PROCESSES = 1 << 29, 1024
#: Read at once: where r1 is installed below /tmp, the mounts of the warden hide it later.
_MODULE = Path(__file__).with_name("warm_python.py").read_bytes()
_START = (
    "import sys; sys.path.insert(0, '/work'); import r1_warm as warm, marshal; "
    "warm.run(warm.Server(int(sys.argv[1]), marshal.loads(open('/work/settings', 'rb').read())), globals())"
)
_MESSAGE = 1 << 16
#: Seconds within which a sandbox ends after its program.
_ENDING = 1.0
#: Words of a program's command line that fit into a message.
_WORDS = 1 << 14


class WarmPython:
    """The sandbox, and the connection to the process in it.

    Args:
        isolation: of the warden.
        groups: of the warden.
        python: the interpreter.
        selector: of the warden.
    """

    def __init__(
        self, isolation: Isolation, groups: Groups, python: str, selector: selectors.BaseSelector
    ) -> None:
        self._selector = selector
        self._runs: dict[int, WarmRun] = {}
        self._group: Group = groups.make(_MEMORY, _PROCESSES)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection = ours
        self.alive = True
        with theirs:
            self._pid = self._fork(isolation, python, theirs.fileno())
        selector.register(ours, selectors.EVENT_READ, self._receive)

    def takes(self, request: Mapping[str, Any]) -> bool:
        """Whether it can run a program."""
        return self.alive and bool(request.get("warm")) and sum(map(len, request["words"])) < _WORDS

    def begin(self, run: "WarmRun", message: Mapping[str, Any], descriptors: list[int]) -> None:
        """Has a program run.

        Raises:
            OSError: the process has ended.
        """
        socket.send_fds(self._connection, [marshal.dumps(dict(message))], descriptors)
        self._runs[message["id"]] = run

    def close(self) -> None:
        """Ends it."""
        if self.alive:
            self._selector.unregister(self._connection)
        self.alive = False
        self._connection.close()
        self._group.kill()
        with suppress(ChildProcessError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        self._group.remove()

    def _receive(self) -> None:
        try:
            message = self._connection.recv(_MESSAGE)
        except OSError:
            message = b""
        if not message:
            # It has ended, and with it all that it has forked.
            self._selector.unregister(self._connection)
            self.alive = False
            for run in self._runs.values():
                run.end(None)
            self._runs.clear()
            return
        told = marshal.loads(message)
        run = self._runs.pop(told["id"])
        run.end(told.get("status"))

    def _fork(self, isolation: Isolation, python: str, connection: int) -> int:
        settings = {
            "clone": seccomp.clone_number(), "keyctl": seccomp.keyctl_number(), "filter": seccomp.program(),
        }  # fmt: skip
        contents = {"r1_warm.py": _MODULE, "settings": marshal.dumps(settings)}
        every = {**isolation.more_files(), **contents}
        files = {name: memory_file(content, inherit=True) for name, content in every.items()}
        info = os.open(os.devnull, os.O_WRONLY)
        request = {"disk": 1 << 20, "files": contents}
        words = isolation.command(request, files, {"info": info})
        arguments = memory_file(b"".join(word.encode() + b"\0" for word in words), inherit=True)
        groups = self._group.enter_files()
        os.set_inheritable(info, True)
        command = [isolation.program, "--args", str(arguments), "--", python, "-c", _START, str(connection)]
        pid = os.fork()
        if pid == 0:
            try:
                enter(groups, {resource.RLIMIT_CORE: 0}, drop=isolation.drops)
                end_with_parent()
                null = os.open(os.devnull, os.O_RDWR)
                for number in range(2):
                    os.dup2(null, number, inheritable=True)
                os.set_inheritable(connection, True)
                os.execve(command[0], command, {})
            finally:
                os._exit(125)
        for descriptor in (*files.values(), info, arguments, *groups):
            os.close(descriptor)
        return pid


class WarmRun(SingleRun):
    """A program that runs in a fork of the warmed Python."""

    def __init__(self, warm: WarmPython, *arguments: Any) -> None:
        self._warm = warm
        self._gone = False
        super().__init__(*arguments)

    def end(self, status: int | None) -> None:
        """Takes note that its sandbox has ended; None: it was never started, or its end is not known."""
        self._gone = True
        if self.status is None:
            self.finish(signal.SIGKILL if status is None else status, 0.0, 0)
        else:
            self._end_rest()
        self._whole = status is not None

    def is_gone(self) -> bool:
        return self._gone

    def receive(self, name: str) -> None:
        super().receive(name)
        report = self._read["report"]
        if report and self.status is None:
            super().receive("ready")
            if self._started is not None:
                # The program has ended; its sandbox soon will.
                self.finish(report[0] << 8, 0.0, 0)
                self.next_look = self._ended + _ENDING

    def look(self, now: float) -> None:
        if self.status is None:
            super().look(now)
        else:
            self._kill()
            self.next_look = now + _ENDING

    def _start(self) -> None:
        request = self.request
        theirs = self.open_pipes("stdout", "stderr", "ready", "report")
        (source,) = request["files"].values()
        theirs["source"] = memory_file(source)
        names = ("stdin", "stdout", "stderr", "ready", "report", "source")
        opened = [theirs[name] for name in names]
        try:
            assert self._group is not None
            opened += self._group.enter_files()
            limits = sorted(self._limits().items())
            message = {"id": request["id"], "disk": request["disk"] + len(source), "limits": limits,
                       "argv": request["words"]}  # fmt: skip
            self._warm.begin(self, message, opened)
        finally:
            for descriptor in opened:
                os.close(descriptor)
        self.watch_pipes()

    def _end_rest(self) -> None:
        # Before, process 1 ends it.
        if self._gone:
            super()._end_rest()

    def _kill(self) -> None:
        if self._group is not None:
            self._group.kill()
