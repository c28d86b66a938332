"""Control groups: the limits on memory and processes of everything that a program starts, together."""

import os
import re
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

_NEEDED = ("memory", "pids")
_PREFIX = "r1-code-"
_NAME = re.compile(rf"{_PREFIX}(\d+)-(\d+)")
#: The share of its limit on memory at which a group is full: a page is no longer available.
_FULL = 0.98
#: Bytes that the kernel may still count of an empty group, and how many empty groups are kept.
_LEFT, _KEPT = 1 << 20, 16
#: Seconds within which killed processes are gone.
_PATIENCE = 5.0


@dataclass(frozen=True)
class Place:
    """Where groups can be made: one folder for version 2, one for each controller of version 1."""

    version: int
    folders: tuple[Path, ...]

    def __str__(self) -> str:
        return f"cgroup v{self.version}"


def find_place() -> Place | None:
    """Where this process can make groups that limit memory and processes, or None.

    They are made inside the group of this process where that is possible, so that the limits of a job or a
    container hold for programs too.
    """
    own = _own_groups()
    for candidate in (_version_2(own), _version_1(own)):
        if candidate is not None and _can_limit(candidate):
            return candidate
    return None


class Groups:
    """Makes groups, in a folder that belongs to this process."""

    def __init__(self, place: Place) -> None:
        self.place = place
        _remove_stale(place)
        name = f"{_PREFIX}{os.getpid()}-{_started(os.getpid())}"
        self._folders = [folder / name for folder in place.folders]
        for folder in self._folders:
            folder.mkdir()
        if place.version == 2:
            _enable(self._folders[0])
        self._numbers = count()
        self._empty: list[Group] = []

    def make(self, memory: int, processes: int) -> "Group":
        """An empty group with limits on the bytes of memory, and on processes and threads.

        Raises:
            OSError: it cannot be made.
        """
        for group in self._empty:
            if group.limits == (memory, processes):
                self._empty.remove(group)
                return group
        name = str(next(self._numbers))
        return Group(self.place.version, [folder / name for folder in self._folders], memory, processes)

    def take_back(self, group: "Group", *, whole: bool) -> None:
        """Ends what is left in a group, and removes it or keeps it for another program.

        Args:
            group: that `make` gave.
            whole: its program was started and has ended, so that nothing can enter it any more.
        """
        group.kill()
        if not (whole and group.forget()):
            group.remove()
            return
        self._empty.append(group)
        if len(self._empty) > _KEPT:
            self._empty.pop(0).remove()

    def close(self) -> None:
        """Removes the folder."""
        for group in self._empty:
            group.remove()
        for folder in self._folders:
            _remove_tree(folder)


class Group:
    """The group of one program."""

    def __init__(self, version: int, folders: Iterable[Path], memory: int, processes: int) -> None:
        self._two = version == 2
        # Text, and not paths: programs come by the hundred a second.
        self._folders = [str(folder) for folder in folders]
        self.limits = (memory, processes)
        self._files: dict[str, int] = {}
        for folder in self._folders:
            Path(folder).mkdir()
        self._limit(memory, processes)

    def _limit(self, memory: int, processes: int) -> None:
        if self._two:
            limits = {
                "memory.max": memory,
                "memory.swap.max": 0,
                "memory.oom.group": 1,
                "pids.max": processes,
            }
        else:
            limits = {
                "memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory,
                "pids.max": processes,
            }  # fmt: skip
        for name, value in limits.items():
            # Which controllers there are, and whether they count swap, depends on the kernel.
            with suppress(FileNotFoundError):
                self._write(name, value)

    def enter_files(self) -> list[int]:
        """Descriptors for which writing 0 puts the writing process into the group."""
        return [os.open(f"{folder}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for folder in self._folders]

    def enter_inside(self) -> list[int]:
        """As `enter_files`, for a process that makes its own groups inside this one."""
        if not self._two:
            return self.enter_files()
        # In version 2 a group with processes in it cannot limit those below it.
        _enable(Path(self._folders[0]))
        inner = Path(self._folders[0], "own")
        inner.mkdir()
        return [os.open(inner / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)]

    def cpu_seconds(self) -> float | None:
        """CPU time of all its processes so far; None where it is not counted."""
        if self._two:
            return int(self._field("cpu.stat", "usage_usec")) / 1e6
        used = self._read("cpuacct.usage")
        return int(used) / 1e9 if used else None

    def met_memory_limit(self) -> bool:
        """Whether a process has been killed because this group's limit on memory was met."""
        return self._killed_for_memory() and self._was_full()

    def lost_memory(self) -> bool:
        """Whether a process has been killed because a limit above this group was met, or the machine's."""
        return self._killed_for_memory() and not self._was_full()

    def _killed_for_memory(self) -> bool:
        return int(self._field("memory.events" if self._two else "memory.oom_control", "oom_kill")) > 0

    def _was_full(self) -> bool:
        if self._two and int(self._field("memory.events", "oom")) > 0:
            return True
        # Kernels differ in what they count as a failure, and not in the peak.
        return (self.peak() or 0) >= _FULL * self.limits[0]

    def peak(self) -> int | None:
        """The most bytes of memory so far."""
        most = self._read("memory.peak" if self._two else "memory.max_usage_in_bytes")
        return int(most) if most else None

    def processes(self) -> list[int]:
        """The processes in it."""
        file = os.open(f"{self._folders[0]}/cgroup.procs", os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(file, "rb") as read:
            found = read.read().split()
        # The kernel writes 0 for a process that this one cannot name.
        return [int(word) for word in found if int(word) > 0]

    def kill(self) -> None:
        """Ends all processes in it, and waits until they are gone."""
        deadline = time.monotonic() + _PATIENCE
        while (left := self.processes()) and time.monotonic() < deadline:
            if self._two:
                with suppress(OSError):
                    Path(self._folders[0], "cgroup.kill").write_text("1")
            for pid in left:
                # Nobody else puts processes here, and those that are here were seen a moment ago.
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.002)

    def forget(self) -> bool:
        """Whether it is empty and tells nothing more of what was in it, but for the CPU time."""
        if self._two:
            return False
        try:
            # Processes that nobody has waited for still count, though they are no longer in it.
            if self._killed_for_memory() or int(self._read("pids.current")) > 0:
                return False
            if int(self._read("memory.usage_in_bytes")) > _LEFT:
                return False
            self._write("memory.max_usage_in_bytes", 0)
        except (OSError, ValueError):
            return False
        return True

    def remove(self) -> None:
        """Removes it; nothing may be left in it."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()
        for folder in self._folders:
            _remove_tree(Path(folder))

    def _field(self, name: str, field: str) -> str:
        words = self._read(name).split()
        return words[words.index(field) + 1] if field in words else "0"

    def _read(self, name: str) -> str:
        """A file of the group, which stays open: it is read again and again."""
        if name not in self._files:
            try:
                self._files[name] = self._open(name, os.O_RDONLY)
            except FileNotFoundError:
                return ""
        return os.pread(self._files[name], 4096, 0).decode()

    def _write(self, name: str, value: int) -> None:
        file = self._open(name, os.O_WRONLY)
        try:
            os.write(file, str(value).encode())
        finally:
            os.close(file)

    def _open(self, name: str, how: int) -> int:
        """Opens a file, in the folder of its controller."""
        for folder in self._folders:
            with suppress(FileNotFoundError):
                return os.open(f"{folder}/{name}", how | os.O_CLOEXEC)
        raise FileNotFoundError(name)


def _own_groups() -> dict[str, str]:
    """The path of this process's group by controller; version 2 is the empty name."""
    with suppress(OSError):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        return {
            name: path
            for _, names, path in (line.split(":", 2) for line in lines)
            for name in names.split(",")
        }
    return {}


def _mounts() -> list[tuple[str, str, str, list[str]]]:
    """Each mounted hierarchy: its root, where it is mounted, its type, and its options."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        if kind in ("cgroup", "cgroup2"):
            found.append((before.split()[3], before.split()[4], kind, options.split(",")))
    return found


def _inside(root: str, point: str, own: str) -> Path:
    """The folder of a group, as this process sees it."""
    relative = os.path.relpath(own, root) if own.startswith(root) else "."
    folder = Path(point, "" if relative == "." else relative)
    return folder if folder.is_dir() else Path(point)


def _version_2(own: dict[str, str]) -> Place | None:
    mounts = [mount for mount in _mounts() if mount[2] == "cgroup2"]
    if not mounts or "" not in own:
        return None
    root, point, _, _ = mounts[0]
    folder = _inside(root, point, own[""])
    # A group with processes in it cannot limit those below it, so the next one above may have to do.
    for candidate in (folder, *folder.parents):
        with suppress(OSError):
            if set(_NEEDED) <= set((candidate / "cgroup.subtree_control").read_text().split()):
                return Place(2, (candidate,))
        if candidate == Path(point):
            break
    return None


def _version_1(own: dict[str, str]) -> Place | None:
    found: dict[str, Path] = {}
    for root, point, kind, options in _mounts():
        for name in (*_NEEDED, "cpuacct"):
            if kind == "cgroup" and name in options:
                found[name] = _inside(root, point, own.get(name, "/"))
    if not set(_NEEDED) <= set(found):
        return None
    return Place(1, tuple(dict.fromkeys(found[name] for name in (*_NEEDED, "cpuacct") if name in found)))


def _can_limit(place: Place) -> bool:
    """Whether a group with limits can be made there; it is removed again."""
    name = f"{_PREFIX}try-{os.getpid()}-{time.monotonic_ns()}"
    folders = [folder / name for folder in place.folders]
    try:
        for folder in folders:
            folder.mkdir()
        if place.version == 2:
            _enable(folders[0])
        group = Group(place.version, [folder / "0" for folder in folders], 1 << 28, 16)
        try:
            return _can_enter(group)
        finally:
            group.remove()
    except OSError:
        return False
    finally:
        for folder in folders:
            _remove_tree(folder)


def _can_enter(group: Group) -> bool:
    """Whether a process of this user can be put into a group: who may make one may still not move into it."""
    entered = group.enter_files()
    pid = os.fork()
    if pid == 0:
        try:
            for descriptor in entered:
                os.write(descriptor, b"0")
            os._exit(0)
        finally:
            os._exit(1)
    for descriptor in entered:
        os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _enable(folder: Path) -> None:
    (folder / "cgroup.subtree_control").write_text("+memory +pids")
    with suppress(OSError):  # cpu.stat counts without it
        (folder / "cgroup.subtree_control").write_text("+cpu")


def _remove_stale(place: Place) -> None:
    """Removes folders of processes that were killed and have left nothing running in them."""
    for folder in place.folders:
        for stale in folder.glob(f"{_PREFIX}*"):
            named = _NAME.fullmatch(stale.name)
            if named and _started(int(named[1])) != named[2]:
                _remove_tree(stale)


def _remove_tree(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
        return
    with suppress(OSError):
        for inner in folder.iterdir():
            if inner.is_dir():
                _remove_tree(inner)
        folder.rmdir()


def _started(pid: int) -> str:
    """When a process started, which tells it from a later one of the same number; empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
