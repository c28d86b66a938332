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
#: Seconds in which the time of a thread that runs moves, whatever the kernel's ticks.
TICKS = 0.02
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
    The kernel counts a wait when it ends; a thread that is ready and has not run since the last look, of a
    few ticks ago, waited all the time. One of lower priority than this process waits by its own choice.

    Args:
        began: the time from which on it counts, of the monotonic clock in seconds.
    """

    def __init__(self, began: float) -> None:
        self.seconds = 0.0
        self.began = self.looked = began
        self._seen: dict[str, list[int]] = {}

    @property
    def served(self) -> float:
        """Seconds up to the last look in which the machine did not keep them waiting."""
        return self.looked - self.began - self.seconds

    def look(self, pids: Iterable[int], now: float) -> None:
        """Adds what there was since the last look."""
        seen = {thread: numbers for pid in pids for thread, numbers in _schedule(pid)}
        since = now - self.looked
        most = max((self._waited(thread, since, *numbers) for thread, numbers in seen.items()), default=0.0)
        # A number may be another thread's by now; and a wait is counted once it has ended, whenever it began.
        self.seconds += min(max(most, 0.0), since)
        self.looked, self._seen = now, seen

    def _waited(self, thread: str, since: float, ran: int, waited: int, turns: int) -> float:
        """Seconds that a thread has waited since the last look."""
        before = self._seen.get(thread)
        if before == [ran, waited, turns] and since >= TICKS and _is_ready(thread):
            return since
        return (waited - (before[1] if before else 0)) / 1e9


def _schedule(pid: int) -> Iterator[tuple[str, list[int]]]:
    """The folder of each thread of a process, nanoseconds that it ran and waited for a core, and turns."""
    with suppress(OSError), os.scandir(f"/proc/{pid}/task") as threads:
        for thread in threads:
            with suppress(OSError, ValueError):
                ran, waited, turns = map(int, _read(f"{thread.path}/schedstat").split())
                yield thread.path, [ran, waited, turns]


def _is_ready(thread: str) -> bool:
    """Whether a thread runs or waits for a core, with no lower priority than this process."""
    with suppress(OSError, IndexError):
        fields = _read(f"{thread}/stat").rpartition(b")")[2].split()
        state, nice, policy = fields[0], int(fields[16]), int(fields[38])
        own = os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)
        return state == b"R" and nice <= own[0] and policy == own[1]
    return False


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 1024)
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
