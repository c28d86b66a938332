"""What a tree of processes uses, read from /proc: where no control group counts it."""

import os
from collections.abc import Iterable, Iterator
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

    Of each interval the most of any thread counts, and no more than its length: processes that wait after one
    another add up, those that wait at the same time do not, and what has ended by the last look still counts.

    Args:
        began: the time from which on it counts, of the monotonic clock in seconds.
    """

    def __init__(self, began: float) -> None:
        self.seconds = 0.0
        self.looked = began
        self._seen: dict[str, int] = {}

    def look(self, pids: Iterable[int], now: float) -> None:
        """Adds what there was since the last look."""
        waited = {thread: spent for pid in pids for thread, spent in _waits(pid)}
        most = max((spent - self._seen.get(thread, 0) for thread, spent in waited.items()), default=0) / 1e9
        # A number may be another thread's by now; and a wait is counted once it has ended, whenever it began.
        self.seconds += min(max(most, 0.0), now - self.looked)
        self.looked, self._seen = now, waited


def _waits(pid: int) -> Iterator[tuple[str, int]]:
    """Each thread of a process, and the nanoseconds that it has waited for a core."""
    with suppress(OSError), os.scandir(f"/proc/{pid}/task") as threads:
        for thread in threads:
            with suppress(OSError, IndexError):
                descriptor = os.open(f"{thread.path}/schedstat", os.O_RDONLY)
                try:
                    yield thread.name, int(os.read(descriptor, 128).split()[1])
                finally:
                    os.close(descriptor)


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
