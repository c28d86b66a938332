"""What a tree of processes uses, read from /proc: where no control group counts it."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_MEMORY_ERRORS = (
    b"memoryerror",
    b"bad_alloc",
    b"out of memory",
    b"outofmemoryerror",
    b"cannot allocate",
)
#: Of messages, so much of the end is searched.
_END = 4096


def tree(root: int) -> list[int]:
    """The processes below a process."""
    found: list[int] = []
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        with suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                words = (thread / "children").read_text().split()
                waiting += map(int, words)
                found += map(int, words)
    return found


def memory(root: int) -> int:
    """Bytes of memory of all processes below a process; what they share counts once."""
    total = 0
    for pid in tree(root):
        with suppress(OSError, ValueError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) << 10
    return total


def cpu_seconds(root: int) -> float:
    """CPU time of all processes below a process, and of those that have ended and were waited for."""
    ticks = 0
    for pid in tree(root):
        with suppress(OSError, IndexError):
            ticks += sum(map(int, _stat(pid)[11:15]))
    return ticks / _TICK


class Starvation:
    """How long processes were ready to run and did not get a core, from one look at them to the next.

    Of each interval the most of any thread counts: processes that wait after one another add up, those that
    wait at the same time do not, and what has ended by the end still counts.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._seen: dict[str, int] = {}

    def look(self, pids: Iterable[int]) -> None:
        """Adds what there was since the last look."""
        now: dict[str, int] = {}
        for pid in pids:
            with suppress(OSError):
                for thread in Path(f"/proc/{pid}/task").iterdir():
                    with suppress(OSError, IndexError):
                        now[thread.name] = int((thread / "schedstat").read_text().split()[1])
        waited = (nanoseconds - self._seen.get(thread, 0) for thread, nanoseconds in now.items())
        self.seconds += max(waited, default=0) / 1e9
        self._seen = now


def parent(pid: int) -> int:
    """The parent of a process.

    Raises:
        OSError: there is no such process.
    """
    return int(_stat(pid)[1])


def says_memory(messages: bytes) -> bool:
    """Whether the last messages of a program say that it got no memory."""
    return any(words in messages[-_END:].lower() for words in _MEMORY_ERRORS)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
