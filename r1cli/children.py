"""Child processes: how r1 talks to what it starts, and how they end with it.

There are three ways, each for one kind of program:

- A *child*, here: a module of r1 in r1's own interpreter, which gets requests and sends their results,
  over a socket pair that carries whole messages: JSON, or bytes where Python's own objects have to travel.
  What a child prints is for people. It ends with its parent.
- A *role* of a job (`r1cli.launch.worker`): reads all that it needs from its run directory, leaves files
  there, an error among them, and ends with the supervisor that started it (`r1cli.launch.processes`).
- A *program in an engine's interpreter*, where r1 is not installed (`r1cli.evaluate.lighteval`,
  `r1cli.engines.locate`): gets words and files, leaves files, and prints what went wrong.
"""

import ctypes
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from math import inf
from typing import IO, Any

from r1cli.errors import R1Error

_SET_DEATH_SIGNAL = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_STDERR = 2
#: What each message begins with: its length.
_LENGTH = struct.Struct("!Q")
#: The most bytes that are received at once, about as many as a connection holds.
_PIECE = 1 << 18
#: Progress bars of libraries are for terminals.
_WITHOUT_BARS = {"HF_DATASETS_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
#: Seconds between two checks that a child is alive.
_GLANCE = 0.5
#: A program that kills its process group once the other end of its standard input is closed.
_GUARD = "import os, signal; os.read(0, 1); os.killpg(0, signal.SIGKILL)"


def end_with_parent(number: int) -> None:
    """Has the kernel send this process a signal when the thread that started it ends, however it ends.

    Only Linux can: elsewhere nothing happens.
    """
    if _LIBC:
        _LIBC.prctl(_SET_DEATH_SIGNAL, number)


class Channel:
    """One end of the connection between a process and its child. Any thread may send; one receives."""

    def __init__(self, connection: socket.socket) -> None:
        # The program may have set a default time limit for its sockets.
        connection.setblocking(True)
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, message: Any) -> None:
        """Sends what JSON can hold.

        Raises:
            EOFError: the other side has ended.
        """
        self.send_bytes(json.dumps(message).encode())

    def send_bytes(self, message: bytes) -> None:
        """Sends bytes, as `send` does."""
        length = _LENGTH.pack(len(message))
        # A short one wakes the other side once; a long one is not copied.
        parts = (length + message,) if len(message) < _PIECE else (length, message)
        try:
            with self._sending:
                for part in parts:
                    self._connection.sendall(part)
        except OSError as error:
            raise EOFError from error

    def receive(self) -> Any:
        """The next message.

        Raises:
            EOFError: the other side has ended, be it in the middle of a message.
        """
        return json.loads(self.receive_bytes())

    def receive_bytes(self) -> bytes:
        """The next message that was sent as bytes, as `receive` gets it."""
        return self._message(lambda: None)

    def _message(self, wait: Callable[[], None]) -> bytes:
        """The next message; waits for each piece of it with ``wait``, and then for as long as it takes."""
        (size,) = _LENGTH.unpack(self._read(_LENGTH.size, wait))
        return self._read(size, wait)

    def _read(self, size: int, wait: Callable[[], None]) -> bytes:
        read = BytesIO()
        while missing := size - read.tell():
            wait()
            try:
                piece = self._connection.recv(min(missing, _PIECE))
            except OSError as error:
                raise EOFError from error
            if not piece:
                raise EOFError
            read.write(piece)
        return read.getvalue()

    def messages(self) -> Iterator[Any]:
        """What comes, until the other side ends."""
        with suppress(EOFError):
            while True:
                yield self.receive()


class Child(Channel):
    """A module of r1 that runs in a separate process: ``python -m MODULE CONNECTION ARGUMENTS``.

    Its own side is `connect`. It has its own session: Ctrl-C in a terminal is for the parent alone.

    Args:
        module: the module's name.
        arguments: more words for its command line.
        env: its environment; this process's own when None.
        output: where that goes which it prints; standard error, since standard output is for data.
        guarded: it ends, with all that it has started itself, even in the middle of a long computation, and
            not before the whole of this process does. Otherwise see `connect`.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        output: IO[bytes] | int = _STDERR,
        guarded: bool = False,
    ) -> None:
        self._guard = _start_guard() if guarded else None
        ours, theirs = socket.socketpair()
        super().__init__(ours)
        self._incoming = select.poll()
        self._incoming.register(ours.fileno(), select.POLLIN)
        self._process = subprocess.Popen(
            # With -P no file of the current directory stands in for an installed package.
            [sys.executable, "-P", "-m", module, str(theirs.fileno()), *arguments],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(theirs.fileno(),),
            start_new_session=self._guard is None,
            process_group=self._guard.pid if self._guard else None,
        )
        theirs.close()

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def hang_up(self) -> None:
        """Closes this side of the connection for sending: the child finds that its parent has ended."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def terminate(self) -> None:
        """Asks the process to end."""
        self._process.terminate()

    def kill(self) -> None:
        """Ends the process at once, and with a guard all that it has started. Any thread may do so."""
        if self._guard:
            with suppress(ProcessLookupError, PermissionError):  # they have ended already
                os.killpg(self._guard.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def wait(self, seconds: float | None = None) -> int:
        """Waits until the process has ended, and gives up the connection to it.

        Args:
            seconds: the time after which it is killed.

        Returns:
            The exit status, negative for a signal.
        """
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            status = self._process.wait()
        if self._guard:
            self._guard.communicate()
        self._connection.close()
        return status

    def close(self) -> int:
        """Ends the process at once; its exit status is its own where it had ended before."""
        self.kill()
        return self.wait()

    def receive_bytes(self, seconds: float = inf) -> bytes:
        """The next message that was sent as bytes, as `receive` gets it.

        Raises:
            EOFError: the child has ended, though what it has started may hold the connection open.
            TimeoutError: no whole message has arrived in time; if a part has, nothing more can be received.
        """
        deadline = time.monotonic() + seconds
        return self._message(lambda: self._wait_until(deadline))

    def _wait_until(self, deadline: float) -> None:
        while not self._has_more(max(0.0, min(_GLANCE, deadline - time.monotonic()))):
            if not self.is_running() and not self._has_more():
                raise EOFError
            if time.monotonic() >= deadline:
                raise TimeoutError

    def _has_more(self, seconds: float = 0.0) -> bool:
        return bool(self._incoming.poll(seconds * 1000))


def _start_guard() -> "subprocess.Popen[bytes]":
    """The leader of a group of processes, which ends them all when this process ends, however it does."""
    # With -I -S Python starts quickly and needs little memory.
    program = [sys.executable, "-I", "-S", "-c", _GUARD]
    return subprocess.Popen(program, stdin=subprocess.PIPE, stdout=_STDERR, process_group=0)


def connect(orphaned: int | None = signal.SIGKILL) -> Channel:
    """The child's own side: its end of the connection, which its command line names.

    Args:
        orphaned: the signal that it gets when the thread that started it ends, where the kernel can do that;
            elsewhere it finds out when it next sends or receives. None for a child with a guard.
    """
    if orphaned is not None:
        end_with_parent(orphaned)
    number = int(sys.argv[1])
    # The processes that it starts must not inherit it.
    os.set_inheritable(number, False)
    return Channel(socket.socket(fileno=number))


def ask(module: str, request: Mapping[str, Any]) -> Any:
    """Has a child do one piece of work: its module calls `answer`.

    Raises:
        R1Error: what the work raised, or that the child ended without an answer.
    """
    env = {**_WITHOUT_BARS, **os.environ} if not sys.stderr.isatty() else None
    with Child(module, env=env) as child:
        try:
            child.send(request)
            reply = child.receive()
            child.wait()  # it may have more to print
        except EOFError:
            raise R1Error(
                f"the worker ended with exit code {child.wait()} and no result",
                where=module,
                fix="see its output above",
                exit_code=1,
            ) from None
    if "error" in reply:
        raise R1Error.from_fields(reply["error"])
    return reply["result"]


def answer(work: Callable[[dict[str, Any]], Any]) -> None:
    """The child's side of `ask`: sends what ``work`` makes of the request."""
    parent = connect()
    try:
        reply = {"result": work(parent.receive())}
    except R1Error as error:
        reply = {"error": error.fields()}
    parent.send_bytes(json.dumps(reply, default=str).encode())
