"""The process that starts programs and watches them: ``python -m r1cli.execution.warden CONNECTION``.

It is small, has one thread and a clean environment, and does nothing else: so a busy event loop makes no
program late, and what holds here (mounts, keys, groups) never touches the process of the rewards. It ends,
and everything that it has started with it, when the other side of the connection is closed, however that
came about.

Messages are mappings, by marshal; ``do`` says what is asked:

- ``run``: of a program: ``id``; ``line`` (its command line), ``stdin``, ``files`` (contents by name); ``cpu``
  and ``wall`` (seconds), ``memory``, ``disk`` and ``output`` (bytes), ``processes``; ``collect``, the file
  that is its output; ``artifact``, what is mounted of those stored; ``pipes``, the folder with its pipes.
- ``stop``: the run ``id``. ``store`` and ``forget``: an artifact by its ``key``.
- ``pipes`` and ``remove_pipes``: folders of named pipes for an interaction.
"""

import gc
import marshal
import os
import resource
import selectors
import shutil
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r1cli.children import Channel, connect
from r1cli.execution.cgroups import Groups, find_place
from r1cli.execution.isolation import Isolation, own_folder
from r1cli.execution.single_run import SingleRun
from r1cli.execution.warm import WarmPython, WarmRun

_LOW = 10
#: So often the warmed Python is started; if it keeps ending, programs run without it.
_STARTS = 5
#: What a sandbox is tried with before the first program.
_TRIAL = {
    "id": 0, "stdin": b"", "files": {}, "cpu": 10.0, "wall": 20.0, "processes": 8,
    "memory": 1 << 28, "output": 1 << 16, "disk": 1 << 20, "bare_environment": {},
}  # fmt: skip


class Warden:
    """Does what comes over a connection."""

    def __init__(self, channel: Channel, settings: Mapping[str, Any]) -> None:
        self._channel = channel
        self._selector = selectors.DefaultSelector()
        self._runs: dict[int, SingleRun] = {}
        self._queue: deque[Mapping[str, Any]] = deque()
        #: Programs that have ended, and whose sandboxes have not.
        self._ending: list[SingleRun] = []
        self._at_a_time: int = settings["at_a_time"]
        place = find_place() if settings["groups"] else None
        self._groups = Groups(place) if place else None
        sandboxed = settings["isolation"] == "sandbox"
        self._isolation = Isolation(settings["view"], grouped=place is not None) if sandboxed else None
        self._warm: WarmPython | None = None
        self._cold = 0
        self.folder = self._isolation.folder if self._isolation else _bare_folder()
        memory = str(place) if place else "RLIMIT_AS for each process, and a watcher"
        self.facts = {"isolation": _name(self._isolation), "memory limit": memory}

    def serve(self, connection: int) -> None:
        """Works until the other side ends."""
        self._selector.register(connection, selectors.EVENT_READ, self._receive)
        parent = os.pidfd_open(os.getppid())
        # A process that the parent has forked may hold the connection open.
        self._selector.register(parent, selectors.EVENT_READ, _end)
        try:
            while True:
                self._step()
        except (EOFError, SystemExit):
            pass
        finally:
            # Both would say again that the end has come.
            self._selector.unregister(connection)
            self._selector.unregister(parent)
            self.close()

    def trial(self, python: str) -> dict[str, Any]:
        """The result of a program that does nothing; ``fault`` says why it did not run."""
        self._begin({**_TRIAL, "line": [python, "-c", "pass"]})
        while not self._runs[0].is_over():
            self._wait()
        run = self._runs.pop(0)
        found = run.result()
        run.clean()
        if found.get("verdict", "OK") != "OK":
            return {"fault": found["stderr"].decode(errors="replace").strip() or "Python cannot run in it"}
        return found

    def close(self) -> None:
        """Ends everything."""
        for run in self._runs.values():
            run.stop("ended")
        deadline = time.monotonic() + 5
        while any(not run.is_over() for run in self._runs.values()) and time.monotonic() < deadline:
            self._wait()
        if self._warm is not None:
            self._warm.close()
        for run in (*self._runs.values(), *self._ending):
            run.clean()
        if self._groups is not None:
            self._groups.close()
        if self._isolation is not None:
            self._isolation.close()
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _step(self) -> None:
        self._wait()
        for number in [number for number, run in self._runs.items() if run.is_over()]:
            run = self._runs.pop(number)
            found = run.result()
            self._ending.append(run)
            # The next one begins before anybody has read of this one.
            self._fill()
            self._send({"id": number, **found})
        for run in [run for run in self._ending if run.is_gone()]:
            self._ending.remove(run)
            run.clean()
        self._fill()

    def _wait(self) -> None:
        now = time.monotonic()
        soonest = min((run.next_look for run in (*self._runs.values(), *self._ending)), default=now + 60)
        for key, _ in self._selector.select(max(0.0, soonest - now)):
            key.data()
        now = time.monotonic()
        for run in self._runs.values():
            if run.next_look <= now and not run.is_over():
                run.look(now)
        for run in self._ending:
            if run.next_look <= now and not run.is_gone():
                run.look(now)

    def _receive(self) -> None:
        message = marshal.loads(self._channel.receive_bytes())
        getattr(self, f"_{message.pop('do')}")(message)

    def _run(self, request: dict[str, Any]) -> None:
        if request.get("pipes"):
            # They wait for each other.
            self._try(request)
            return
        self._queue.append(request)
        self._fill()

    def _fill(self) -> None:
        # As many as run may be ending beside them.
        while self._queue and len(self._runs) + max(0, len(self._ending) - self._at_a_time) < self._at_a_time:
            self._try(self._queue.popleft())

    def _try(self, request: Mapping[str, Any]) -> None:
        try:
            self._begin(request)
        except OSError as error:
            self._send({"id": request["id"], "fault": f"the sandbox failed: {error}"})

    def _begin(self, request: Mapping[str, Any]) -> None:
        means = (request, self._isolation, self._groups, self._selector)
        warm = self._warmed(request)
        self._runs[request["id"]] = SingleRun(*means) if warm is None else WarmRun(warm, *means)

    def _warmed(self, request: Mapping[str, Any]) -> WarmPython | None:
        """What runs a program without starting Python for it, where that is possible."""
        if not request.get("warm") or self._isolation is None or self._groups is None:
            return None
        if self._warm is not None and not self._warm.alive:
            self._warm.close()
            self._warm, self._cold = None, self._cold + 1
        if self._warm is None and self._cold < _STARTS:
            self._warm = WarmPython(self._isolation, self._groups, request["line"][0], self._selector)
        return self._warm if self._warm is not None and self._warm.takes(request) else None

    def _stop(self, request: Mapping[str, Any]) -> None:
        if request["id"] in self._runs:
            self._runs[request["id"]].stop("ended")
        for waiting in [waiting for waiting in self._queue if waiting["id"] == request["id"]]:
            self._queue.remove(waiting)
            self._send({"id": request["id"], "fault": "it was stopped"})

    def _store(self, request: Mapping[str, Any]) -> None:
        folder = self.folder / "artifacts" / request["key"]
        folder.mkdir(0o755)
        (folder / "program").write_bytes(request["content"])
        (folder / "program").chmod(0o755)

    def _forget(self, request: Mapping[str, Any]) -> None:
        shutil.rmtree(self.folder / "artifacts" / request["key"], ignore_errors=True)

    def _pipes(self, request: Mapping[str, Any]) -> None:
        place = self.folder / "pipes"
        for folder, names in request["folders"].items():
            (place / folder).mkdir(0o755)
            for name, other in names.items():
                if other:
                    (place / folder / name).hardlink_to(place / other)
                else:
                    os.mkfifo(place / folder / name)
                    (place / folder / name).chmod(0o666)

    def _remove_pipes(self, request: Mapping[str, Any]) -> None:
        for folder in request["folders"]:
            shutil.rmtree(self.folder / "pipes" / folder, ignore_errors=True)

    def _send(self, message: dict[str, Any]) -> None:
        self._channel.send_bytes(marshal.dumps(message))


def _name(isolation: Isolation | None) -> str:
    if isolation is None:
        return "none"
    return "bubblewrap, as nobody" if isolation.drops else "bubblewrap, in this user's name"


def _bare_folder() -> Path:
    """Where compiled programs and pipes lie without a sandbox."""
    folder = own_folder()
    for name in ("artifacts", "pipes"):
        (folder / name).mkdir()
    return folder


def _end() -> None:
    raise EOFError


def _main() -> None:
    channel = connect(orphaned=None)
    settings = marshal.loads(channel.receive_bytes())
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    _fill_low_descriptors()
    try:
        warden = Warden(channel, settings)
        tried = warden.trial(settings["python"])
    except OSError as error:
        channel.send_bytes(marshal.dumps({"fault": str(error)}))
        return
    channel.send_bytes(marshal.dumps({"facts": warden.facts, "folder": str(warden.folder), **tried}))
    if "fault" in tried:
        warden.close()
        return
    # Forked processes copy what the collector touches.
    gc.freeze()
    warden.serve(int(sys.argv[1]))


def _fill_low_descriptors() -> None:
    """What a program is given by a number below 10 never is one that it must not have."""
    descriptor = 0
    while descriptor < _LOW:
        descriptor = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)


if __name__ == "__main__":
    _main()
