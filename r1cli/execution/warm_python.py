"""Runs inside a sandbox: a Python that has started already, and forks for each program.

The text of this module is what runs there; it imports nothing of r1. Each fork gets its own namespaces,
fresh folders and a fresh /proc, and loses every right and every descriptor before the program runs.
"""

# What programs often import is imported once.
import array  # noqa: F401
import atexit
import bisect  # noqa: F401
import collections  # noqa: F401
import copy  # noqa: F401
import ctypes
import datetime  # noqa: F401
import decimal  # noqa: F401
import fractions  # noqa: F401
import functools  # noqa: F401
import gc
import heapq  # noqa: F401
import io
import itertools  # noqa: F401
import json  # noqa: F401
import marshal
import math  # noqa: F401
import operator  # noqa: F401
import os
import queue  # noqa: F401
import random  # noqa: F401
import re  # noqa: F401
import resource
import select
import signal
import socket
import string  # noqa: F401
import struct
import sys
import time  # noqa: F401
import typing

_NEW = 0x10000000 | 0x00020000 | 0x20000000 | 0x08000000 | 0x04000000 | 0x40000000
_MOST = 1 << 16
_DESCRIPTORS = 16
_LIBC = ctypes.CDLL(None, use_errno=True)
# The interpreter's lock must be held on both sides of the fork.
_LOCKED = ctypes.PyDLL(None, use_errno=True)
_NOSUID_NODEV = 2 | 4
_NOEXEC = 8
_PRIVATE = 0x4000 | 0x40000
_DUMPABLE, _SECCOMP, _DROP_BOUND, _NO_NEW_PRIVILEGES, _AMBIENT = 4, 22, 24, 38, 47
_FILTER, _CLEAR_ALL = 2, 4
_CAPABILITIES_3 = 0x20080522
_JOIN_SESSION_KEYRING = 1


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


class Server:
    """Takes requests from a socket, and forks for each.

    Args:
        connection: the socket's descriptor.
        settings: ``clone`` and ``keyctl``, numbers of system calls; ``filter``, of system calls.
    """

    def __init__(self, connection: int, settings: dict[str, typing.Any]) -> None:
        self._connection = socket.socket(fileno=connection)
        self._settings = settings
        self._running: dict[int, tuple[int, int]] = {}
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def serve(self) -> tuple[bytes, list[str]]:
        """Never returns in this process: in a fork, with the program that it is to run, and its words."""
        gc.collect()
        gc.freeze()
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._running:
                    self._ended(descriptor)
                    continue
                try:
                    message, descriptors, _, _ = socket.recv_fds(self._connection, _MOST, _DESCRIPTORS)
                except OSError:  # the warden has ended
                    os._exit(0)
                if not message:
                    os._exit(0)
                program = self._begin(marshal.loads(message), descriptors)
                if program is not None:
                    return program

    def _begin(
        self, request: dict[str, typing.Any], descriptors: list[int]
    ) -> tuple[bytes, list[str]] | None:
        pid = _LOCKED.syscall(self._settings["clone"], _NEW | signal.SIGCHLD, 0, 0, 0, 0)
        if pid == 0:
            try:
                return self._become(request, descriptors)
            except BaseException as error:  # whatever it is, nothing of the program has run
                os.write(2, f"{type(error).__name__}: {error}".encode())
                os._exit(125)
        why = os.strerror(ctypes.get_errno()) if pid < 0 else ""
        for descriptor in descriptors:
            os.close(descriptor)
        if pid < 0:
            self._tell({"id": request["id"], "error": why})
            return None
        pidfd = os.pidfd_open(pid)
        self._running[pidfd] = (request["id"], pid)
        self._poll.register(pidfd, select.POLLIN)
        return None

    def _ended(self, pidfd: int) -> None:
        number, pid = self._running.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        self._tell({"id": number, "status": status})

    def _tell(self, message: dict[str, typing.Any]) -> None:
        try:
            self._connection.send(marshal.dumps(message))
        except OSError:
            os._exit(0)

    def _become(self, request: dict[str, typing.Any], descriptors: list[int]) -> tuple[bytes, list[str]]:
        """In the fork, which is process 1: forks for the program, which makes the sandbox and enters it."""
        stdin, stdout, stderr, ready, report, source_file, *groups = descriptors
        os.dup2(stderr, 2)
        for group in groups:
            os.write(group, b"0")
        # At once: each page that is written before is copied twice.
        pid = os.fork()
        if pid:
            _watch(pid, report)
        _map_user()
        _mount_fresh(request["disk"])
        os.setsid()
        if self._settings["keyctl"]:
            _LIBC.syscall(self._settings["keyctl"], _JOIN_SESSION_KEYRING, None)
        with open(source_file, "rb", closefd=False) as file:
            source = file.read()
        os.chdir("/work")
        written = os.open("program.py", os.O_WRONLY | os.O_CREAT, 0o644)
        os.write(written, source)
        os.close(written)
        os.dup2(stdin, 0)
        os.dup2(stdout, 1)
        ready = os.dup2(ready, 3)
        os.closerange(4, 4096)
        for which, most in request["limits"]:
            resource.setrlimit(which, (most, most))
        self._drop()
        os.write(ready, b"x")
        os.close(ready)
        _renew_streams()
        return source, ["program.py", *request["argv"]]

    def _drop(self) -> None:
        """Gives up every right, for good."""
        _LIBC.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0)
        for capability in range(64):
            if _LIBC.prctl(_DROP_BOUND, capability, 0, 0, 0) != 0:
                break
        _drop_capabilities()
        steps = self._settings["filter"]
        if steps:
            program = _Filter(len(steps) // 8, steps)
            _check(_LIBC.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0), "the filter")


def run(server: Server, space: dict[str, typing.Any]) -> None:
    """Serves; in a fork, runs the program as if it were the main module."""
    source, words = server.serve()
    sys.argv[:] = words
    sys.path[0] = "/work"
    del sys.modules["r1_warm"]
    for name in set(space) - {"__builtins__", "__doc__", "__loader__", "__name__", "__package__", "__spec__"}:
        del space[name]
    space["__file__"] = "/work/program.py"
    code = _exit_code(source, space)
    # What a normal end does; tearing down the interpreter itself would take longer than most programs.
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    atexit._run_exitfuncs()
    code = _flush() or code
    space.clear()
    _flush()
    os._exit(code)


def _exit_code(source: bytes, space: dict[str, typing.Any]) -> int:
    try:
        exec(compile(source, "/work/program.py", "exec", dont_inherit=True), space)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return (ended.code or 0) & 0xFF
        sys.stderr.write(f"{ended.code}\n")
        return 1
    except BaseException as error:
        trace = error.__traceback__
        sys.excepthook(type(error), error.with_traceback(trace and trace.tb_next), trace and trace.tb_next)
        return 1
    return 0


def _flush() -> int:
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except (OSError, ValueError, AttributeError):
        return 120
    return 0


def _map_user() -> None:
    for name, content in (("setgroups", "deny"), ("gid_map", "65534 65534 1"), ("uid_map", "65534 65534 1")):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, content.encode())
        os.close(descriptor)


def _mount_fresh(size: int) -> None:
    _mount(b"none", b"/", None, _PRIVATE, None)
    # The last one first: once /proc is new, this process knows itself by another number.
    for place, mode in ((b"/tmp", 1777), (b"/work", 755), (b"/dev/shm", 1777)):
        _mount(b"tmpfs", place, b"tmpfs", _NOSUID_NODEV, f"size={size},mode={mode}".encode())
    _mount(b"proc", b"/proc", b"proc", _NOSUID_NODEV | _NOEXEC, None)


def _mount(source: bytes, target: bytes, kind: bytes | None, flags: int, options: bytes | None) -> None:
    _check(_LIBC.mount(source, target, kind, flags, options), target.decode())


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _drop_capabilities() -> None:
    header, data = struct.pack("Ii", _CAPABILITIES_3, 0), bytes(24)
    _check(_LIBC.capset(header, data), "capabilities")
    _check(_LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "privileges")


def _watch(pid: int, report: int) -> typing.NoReturn:
    """Process 1: waits for the program and for what it leaves; ends with it, and ends all."""
    # The program must not read or change it, nor interrupt it.
    _LIBC.prctl(_DUMPABLE, 0, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _drop_capabilities()
    os.closerange(0, report)
    os.closerange(report + 1, 4096)
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            code = 128 - code if code < 0 else code
            # The end of a sandbox takes the kernel longer than most programs.
            os.write(report, bytes([code]))
            os._exit(code)


def _renew_streams() -> None:
    """Fresh standard streams, as a start of Python makes them."""
    for name, descriptor, mode, errors in (
        ("stdin", 0, "r", "surrogateescape"),
        ("stdout", 1, "w", "surrogateescape"),
        ("stderr", 2, "w", "backslashreplace"),
    ):
        raw = io.FileIO(descriptor, mode, closefd=False)
        buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
        stream = io.TextIOWrapper(buffer, "utf-8", errors, line_buffering=name == "stderr")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
