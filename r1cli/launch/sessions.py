"""Sessions of processes on this machine, as /proc shows them (Linux only)."""

import os
from collections.abc import Iterator
from pathlib import Path

# Fields of /proc/PID/stat after the program's name in parentheses: state, parent, group, session, ..., and
# the time used by the process and by its children that have ended, in user mode and in the kernel.
_SESSION, _TIMES = 3, slice(11, 15)


def processes_of(session: int) -> Iterator[Path]:
    """The folders of a session's processes in /proc."""
    return (process for process, fields in _processes() if int(fields[_SESSION]) == session)


def computing_time(session: int) -> float | None:
    """Seconds for which the processes of a session have used a core; None where the system does not say."""
    ticks = [sum(map(int, fields[_TIMES])) for _, fields in _processes() if int(fields[_SESSION]) == session]
    return sum(ticks) / os.sysconf("SC_CLK_TCK") if ticks else None


def _processes() -> Iterator[tuple[Path, list[str]]]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield stat.parent, stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended since
            continue
