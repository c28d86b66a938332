"""One run of a program: its processes, its output, and what it used."""

import json
import os
import resource
import selectors
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from r1cli.execution import watch
from r1cli.execution.cgroups import Group, Groups
from r1cli.execution.isolation import Isolation, end_with_parent, enter, memory_file, wrapped

#: Processes that a sandbox needs for itself: bubblewrap's two, and the shell's.
_OWN_PROCESSES = 3
#: Seconds within which a sandbox is ready.
_PATIENCE = 20.0
#: Seconds between two looks at what a program uses: at least, and at most.
_SHORTEST, _LONGEST = 0.005, 0.05
#: Looks at how long a program has waited for a core, within its wall time.
_LOOKS = 20
#: How many times its wall time a program may take that gets no core; then nothing is known of it.
_MOST_WALLS, _STARVED = 4.0, "starved"
_PIECE = 1 << 16
#: Of its report and its messages, more than this is not read.
_REPORT = 1 << 16
_MESSAGES = 4096

_LIMITS = (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_STACK,
           resource.RLIMIT_CPU, resource.RLIMIT_MEMLOCK)  # fmt: skip


class SingleRun:
    """A program that runs, in a sandbox or without one.

    Args:
        request: of `r1cli.execution.warden`.
        isolation: None where it runs without a sandbox.
        groups: None where its processes cannot be limited together.
        selector: that says when there is something to do: its data is what does it.
    """

    def __init__(
        self,
        request: Mapping[str, Any],
        isolation: Isolation | None,
        groups: Groups | None,
        selector: selectors.BaseSelector,
    ) -> None:
        self.request = request
        self._isolation = isolation
        self._selector = selector
        self._groups = groups
        self._group: Group | None = None
        self._read: dict[str, bytearray] = {}
        self._pipes: dict[str, int] = {}
        self._folder: Path | None = None
        self._pidfd = -1
        self._began = time.monotonic()
        self._started: float | None = None
        self._cpu_before = 0.0
        self._starvation = watch.Starvation(self._began)
        self._peak = 0
        self._stopped = ""
        self.status: int | None = None
        self._whole = False
        self._used = 0.0
        self._ended = 0.0
        if groups is not None:
            self._group = groups.make(request["memory"], request["processes"] + _OWN_PROCESSES)
        try:
            if self._group is not None:
                self._cpu_before = self._group.cpu_seconds() or 0.0
            self._start()
        except BaseException:
            self.clean()
            raise
        self.next_look = self._began + _PATIENCE

    def look(self, now: float) -> None:
        """Stops the program if it has used more than it may, and says when to look again."""
        if self._stopped:
            # It may just have begun when it was stopped for the first time.
            self._kill()
            self.next_look = now + _LONGEST
            return
        if self._started is None:
            if now - self._began > _PATIENCE:
                self.stop("late")
            self.next_look = now + _PATIENCE
            return
        used, elapsed = self.cpu(), now - self._started
        # Often enough before the end, so that what ends meanwhile counts; and at the end, to be exact.
        is_late = elapsed > self.request["wall"]
        every = watch.TICKS if is_late else max(_LONGEST, self.request["wall"] / _LOOKS)
        if now - self._starvation.looked >= every:
            self._starvation.look(self._processes(), now)
        if self._met_memory_limit():
            self.stop("MLE")
        elif used > self.request["cpu"]:
            self.stop("TLE")
        elif elapsed > self.request["wall"]:
            self._end_of_wall(elapsed)
        left = min(self.request["cpu"] - used, abs(self.request["wall"] - elapsed))
        # With several cores it may use up what is left in less time.
        self.next_look = now + min(_LONGEST, max(_SHORTEST, left / 2))

    def _end_of_wall(self, elapsed: float) -> None:
        """Stops a program whose wall time is over, unless the machine kept it from running for so long."""
        wall = self.request["wall"]
        if self._starvation.served > wall:
            self.stop("TLE")
        elif elapsed > _MOST_WALLS * wall:
            self.stop(_STARVED)

    def _processes(self) -> list[int]:
        return self._group.processes() if self._group is not None else [self.pid, *watch.tree(self.pid)]

    def cpu(self) -> float:
        """Seconds of CPU time of all its processes so far."""
        if self._group is not None and (used := self._group.cpu_seconds()) is not None:
            return used - self._cpu_before
        if self.status is None:
            self._used = max(self._used, watch.cpu_seconds(self.pid))
        return self._used

    def stop(self, why: str) -> None:
        """Ends all its processes."""
        self._stopped = self._stopped or why
        if self.status is not None:
            return
        self._kill()
        self.next_look = time.monotonic() + _LONGEST

    def is_over(self) -> bool:
        """Whether it has ended, and all its output is read."""
        return self.status is not None and not self._pipes

    def is_gone(self) -> bool:
        """Whether all its processes have ended, so that its traces can be removed."""
        return self.status is not None

    def result(self) -> dict[str, Any]:
        """Its result."""
        cpu = self.cpu()
        memory = self._met_memory_limit()
        peak = (self._group.peak() if self._group else None) or self._peak
        lost_memory = self._group is not None and self._group.lost_memory()
        found: dict[str, Any] = {
            "stdout": bytes(self._read["collect" if self.request.get("collect") else "stdout"]),
            "stderr": bytes(self._read["stderr"]),
            "cpu": cpu, "wall": self._ended - (self._started or self._began), "peak": peak,
        }  # fmt: skip
        if (self._started is None or self._is_lost()) and not memory:
            why = found["stderr"][:_MESSAGES].decode(errors="replace").strip() or "it did not start"
            return {"fault": f"the sandbox failed: {why} (status {self.status})"}
        if self._stopped == _STARVED:
            return {"fault": f"the machine is overloaded: {cpu:.1f} s of CPU time in {found['wall']:.0f} s"}
        if lost_memory:
            return {"fault": "the machine, or the job, ran out of memory: the program had not met its limit"}
        code = self._exit_code()
        stopped = "MLE" if memory else self._stopped
        if not stopped and (cpu > self.request["cpu"] or code == -signal.SIGXCPU):
            stopped = "TLE"
        if not stopped and code == -signal.SIGXFSZ:
            stopped = "OLE"
        if not stopped and code and self._group is None and watch.says_memory(found["stderr"]):
            stopped = "MLE"
        verdict = stopped or ("RE" if code else "OK")
        return found | {"verdict": verdict, "exit_code": None if stopped else code}

    def _start(self) -> None:
        theirs = self.open_pipes("stdout", "stderr", "ready", "collect", "info")
        opened = list(theirs.values())
        try:
            groups = self._group.enter_files() if self._group else []
            opened += groups
            command, environment, inherited = self._command(theirs)
            opened += inherited
            self.pid = os.fork()
            if self.pid == 0:
                self._become(command, environment, theirs, groups)
            self._pidfd = os.pidfd_open(self.pid)
        finally:
            for descriptor in opened:
                os.close(descriptor)
        self._selector.register(self._pidfd, selectors.EVENT_READ, self._reap)
        self.watch_pipes()

    def open_pipes(self, *names: str) -> dict[str, int]:
        """The program's ends of its pipes by name, and its standard input."""
        theirs: dict[str, int] = {}
        for name in names:
            self._pipes[name], theirs[name] = os.pipe()
            self._read[name] = bytearray()
        written = memory_file(self.request["stdin"])
        # Opened again for reading alone.
        theirs["stdin"] = os.open(f"/proc/self/fd/{written}", os.O_RDONLY)
        os.close(written)
        return theirs

    def watch_pipes(self) -> None:
        """Reads what comes from now on."""
        for name, descriptor in self._pipes.items():
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, _reader(self, name))

    def _command(self, theirs: dict[str, int]) -> tuple[list[str], dict[str, str], list[int]]:
        request = self.request
        line = wrapped(request, self._group is not None)
        if self._isolation is None:
            return line, self._bare(), []
        contents = {**self._isolation.more_files(), **request["files"]}
        files = {name: memory_file(content) for name, content in contents.items()}
        # Numbers that the shell's own cannot collide with.
        passed = dict(theirs)
        more = self._isolation.filter_file()
        if more is not None:
            passed["filter"] = more
        inherited = [*files.values(), *([more] if more is not None else [])]
        words = self._isolation.command(request, files, passed)
        arguments = memory_file(b"".join(word.encode() + b"\0" for word in words))
        inherited.append(arguments)
        for descriptor in (*inherited, theirs["info"]):
            os.set_inheritable(descriptor, True)
        return [self._isolation.program, "--args", str(arguments), "--", *line], {}, inherited

    def _bare(self) -> dict[str, str]:
        """The folder and the environment of a program that runs without a sandbox."""
        import tempfile

        self._folder = Path(tempfile.mkdtemp(prefix=f"r1-code-{os.getpid()}-"))
        for name, content in self.request["files"].items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return {**self.request["bare_environment"], **self.request.get("environment", {}),
                "HOME": str(self._folder), "TMPDIR": str(self._folder)}  # fmt: skip

    def _become(
        self, command: list[str], environment: dict[str, str], theirs: dict[str, int], groups: list[int]
    ) -> None:
        """The child's side of the fork: never returns."""
        try:
            # The five that the shell knows by number; what is passed beside them has higher numbers.
            wanted = [theirs[name] for name in ("stdin", "stdout", "stderr", "ready", "stderr", "collect")]
            moved = [_above(descriptor) for descriptor in wanted]
            limits = self._limits()
            enter(groups, limits, drop=self._isolation is not None and self._isolation.drops)
            end_with_parent()
            if self._folder is not None:
                os.chdir(self._folder)
            for number, descriptor in enumerate(moved):
                os.dup2(descriptor, number, inheritable=True)
            os.execve(command[0], command, environment)
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(125)

    def _limits(self) -> dict[int, int]:
        request = self.request
        stack = resource.RLIM_INFINITY if self._group is None else request["memory"]
        values = (0, request["disk"] + request["output"], 512, stack, int(request["cpu"]) + 2, 1 << 16)
        return {
            which: min(most, hard) if (hard := resource.getrlimit(which)[1]) >= 0 else most
            for which, most in zip(_LIMITS, values, strict=True)
            if most >= 0
        }

    def _met_memory_limit(self) -> bool:
        if self._group is not None:
            return self._group.met_memory_limit()
        if self.status is None:
            self._peak = max(self._peak, watch.memory(self.pid))
        return bool(self._peak > self.request["memory"])

    def receive(self, name: str) -> None:
        """Reads what there is of one of its pipes."""
        if name not in self._pipes:  # closed since there was something to read
            return
        try:
            piece = os.read(self._pipes[name], _PIECE)
        except BlockingIOError:
            return
        if not piece:
            self._close(name)
            return
        if name == "ready" and self._started is None:
            self._started = time.monotonic()
            self._starvation = watch.Starvation(self._started)
            self._cpu_before += self.cpu()
            self.next_look = self._started + min(_LONGEST, self.request["cpu"], self.request["wall"])
        read = self._read[name]
        most = self.request["output"]
        if name in ("ready", "info", "report"):
            most = _REPORT
            taken = len(read)
        else:
            taken = sum(len(self._read.get(each, b"")) for each in ("stdout", "stderr", "collect"))
        read += piece[: max(0, most - taken)]
        if taken + len(piece) > most:
            self.stop("OLE")

    def _reap(self) -> None:
        """Takes note that the process itself has ended: all others of a sandbox have ended with it."""
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid == 0:
            return
        self._selector.unregister(self._pidfd)
        os.close(self._pidfd)
        self._pidfd = -1
        self.finish(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10)

    def finish(self, status: int, used: float, peak: int) -> None:
        """Takes note of the end: of the exit status, seconds of CPU time, and bytes of memory."""
        self._ended = time.monotonic()
        self.status = status
        self._whole = True
        # Processes that were killed inside do not count in what the kernel says of it.
        self._used = max(self._used, used)
        if peak > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10:
            self._peak = max(self._peak, peak)
        self._end_rest()
        # What is written is in the pipes; whoever holds their other ends has nothing more to say.
        for name in list(self._pipes):
            while name in self._pipes:
                before = len(self._read[name])
                self.receive(name)
                if name in self._pipes and len(self._read[name]) == before:
                    self._close(name)

    def _end_rest(self) -> None:
        """Ends what the program has left."""
        if self._group is not None:
            self._group.kill()
        elif self._isolation is None:
            self._kill_session()

    def _is_lost(self) -> bool:
        """Whether something from outside has ended it, so that nothing is known of the program."""
        if self._isolation is None or self._stopped or self.status is None:
            return False
        return os.WIFSIGNALED(self.status)

    def _exit_code(self) -> int:
        assert self.status is not None
        code = os.waitstatus_to_exitcode(self.status)
        # Both the shell and bubblewrap say so of a signal.
        return 128 - code if 128 < code <= 128 + signal.SIGRTMAX else code

    def _kill(self) -> None:
        """Ends process 1 of the sandbox, and with it everything inside; else the session of the program."""
        if self._isolation is None:
            self._kill_session()
            for child in watch.tree(self.pid):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(child, signal.SIGKILL)
        first = self._first_process()
        if first is not None:
            with suppress(ProcessLookupError):
                os.kill(first, signal.SIGKILL)
        elif self._group is not None or self._isolation is None or time.monotonic() - self._began > _PATIENCE:
            # All that it starts is in the group. Without one, bubblewrap must first say what to end.
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        if self._group is not None:
            self._group.kill()

    def _kill_session(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _first_process(self) -> int | None:
        """Process 1 of the sandbox, if bubblewrap has reported it and it is still its child."""
        with suppress(ValueError, KeyError, OSError):
            pid = int(json.loads(self._read["info"])["child-pid"])
            if watch.parent(pid) == self.pid:
                return pid
        return None

    def _close(self, name: str) -> None:
        descriptor = self._pipes.pop(name)
        with suppress(KeyError):
            self._selector.unregister(descriptor)
        os.close(descriptor)

    def clean(self) -> None:
        """Removes its traces."""
        for name in list(self._pipes):
            self._close(name)
        if self._group is not None and self._groups is not None:
            self._groups.take_back(self._group, whole=self._whole)
            self._group = None
        if self._folder is not None:
            import shutil

            shutil.rmtree(self._folder, ignore_errors=True)


def _reader(run: SingleRun, name: str) -> Callable[[], None]:
    return lambda: run.receive(name)


def _above(descriptor: int) -> int:
    """A copy of a descriptor whose number the shell does not use."""
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
