"""How a program is kept from the machine: bubblewrap's command line, and what surrounds bubblewrap itself."""

import ctypes
import os
import resource
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from r1cli.execution import seccomp

NOBODY = 65534
#: Where a program runs, and where what was compiled lies.
WORK, ARTIFACTS, PIPES = "/work", "/artifacts", "/pipes"
#: Says on descriptor 3 that the sandbox is ready, runs the program, and copies its output file to 5. It is
#: process 1 of the sandbox: with it everything ends. What the shell itself says is dropped.
WRAPPER = (
    'f=$1; shift; printf x >&3; exec 3>&- 4>&2 2>/dev/null; "$@" 2>&4 4>&- 5>&-; c=$?; '
    'if [ "$f" ] && [ -f "$f" ]; then cat -- "$f" >&5; fi; exit $c'
)
#: The same with limits for each process, where no control group limits them together.
_WITHOUT_GROUP = "ulimit -u {processes} || ulimit -p {processes} || exit; ulimit -v {memory} || exit; "
#: A player that talks on its standard input and output.
_JOINED = '"$@" <"$R1_IN" >"$R1_OUT" 2>&4'
_LIBC = ctypes.CDLL(None, use_errno=True)
_PREFIX = "r1-code-"
_DAY = 86400
_NEW_MOUNTS = 0x00020000
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_JOIN_SESSION_KEYRING = 1
_SET_DEATH_SIGNAL = 1


class Isolation:
    """Makes command lines of sandboxes, in the process that starts them.

    Run by root, that process leaves the mounts of the machine for its own, where the sandbox's files are put
    together once, since nobody may read below /root; bubblewrap itself is then run by nobody.
    """

    def __init__(self, view: Mapping[str, Any], *, grouped: bool) -> None:
        self._view = view
        self.program = shutil.which("bwrap") or "/usr/bin/bwrap"
        self._filter = seccomp.program(grouped=grouped)
        self.drops = os.getuid() == 0
        self._staged = self.drops and _leave_mounts()
        if self._staged:
            self.folder = Path("/tmp")
            _stage(self.folder / "root", view)
        else:
            self.folder = own_folder()
        for name in ("artifacts", "pipes"):
            (self.folder / name).mkdir(mode=0o755)

    def close(self) -> None:
        """Removes its files; staged ones end with this process."""
        if not self._staged:
            shutil.rmtree(self.folder, ignore_errors=True)

    def command(
        self, request: Mapping[str, Any], files: Mapping[str, int], descriptors: Mapping[str, int]
    ) -> list[str]:
        """The arguments of bubblewrap, for ``--args``.

        Args:
            request: of `r1cli.execution.warden`.
            files: descriptors of the contents of the program's files.
            descriptors: for the filter of system calls, and bubblewrap's own report.
        """
        size = str(request["disk"] + sum(map(len, request["files"].values())))
        words = [
            "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
            "--unshare-cgroup-try", "--die-with-parent", "--as-pid-1", "--hostname", "sandbox",
            "--uid", str(NOBODY), "--gid", str(NOBODY), "--clearenv",
        ]  # fmt: skip
        for name, value in {**self._view["environment"], **request.get("environment", {})}.items():
            words += ["--setenv", name, value]
        words += self._root()
        words += ["--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm",
                  "--remount-ro", "/dev", "--perms", "1777", "--size", size, "--tmpfs", "/tmp",
                  "--size", size, "--tmpfs", WORK]  # fmt: skip
        if request.get("artifact"):
            words += ["--ro-bind", str(self.folder / "artifacts" / request["artifact"]), ARTIFACTS]
        if request.get("pipes"):
            words += ["--ro-bind", str(self.folder / "pipes" / request["pipes"]), PIPES]
        for name, descriptor in files.items():
            words += ["--file", str(descriptor), name if name.startswith("/") else f"{WORK}/{name}"]
        if not self._staged:
            words += ["--remount-ro", "/"]
        if "filter" in descriptors:
            words += ["--seccomp", str(descriptors["filter"])]
        return [*words, "--info-fd", str(descriptors["info"]), "--chdir", WORK]

    def more_files(self) -> dict[str, bytes]:
        """Files that each sandbox gets beside those of its program, by their path."""
        made = {} if self._staged else self._view["made"]
        return {place: text.encode() for place, text in made.items()}

    def filter_file(self) -> int | None:
        """A descriptor of the filter of system calls."""
        return memory_file(self._filter) if self._filter else None

    def _root(self) -> list[str]:
        if self._staged:
            return ["--ro-bind", str(self.folder / "root"), "/"]
        words: list[str] = []
        for place, source in self._view["binds"].items():
            words += ["--ro-bind", source, place]
        for place, target in self._view["links"].items():
            words += ["--symlink", target, place]
        for place in self._view["hidden"]:
            words += ["--tmpfs", place, "--remount-ro", place]
        return [*words, "--dir", ARTIFACTS, "--dir", PIPES]


def wrapped(request: Mapping[str, Any], grouped: bool) -> list[str]:
    """The command that a sandbox runs: the program, and a shell that watches it."""
    script = WRAPPER
    if request.get("joined"):
        script = script.replace('"$@" 2>&4', _JOINED)
    if not grouped:
        limits = _WITHOUT_GROUP.format(
            processes=request["processes"] + 1,
            memory="unlimited" if request.get("wide") else request["memory"] >> 10,
        )
        script = script.replace('"$@"', limits + '"$@"', 1)
    return ["/bin/sh", "-c", script, "sandbox", request.get("collect", ""), *request["line"]]


def memory_file(content: bytes, inherit: bool = False) -> int:
    """A descriptor of a file in memory, for reading; programs that are started get it if they may inherit."""
    descriptor = os.memfd_create("r1", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.set_inheritable(descriptor, inherit)
    return descriptor


def enter(groups: Sequence[int], limits: Mapping[int, int], drop: bool) -> None:
    """In the process that becomes bubblewrap: leaves the machine's groups, keys and rights."""
    os.setsid()
    for descriptor in groups:
        os.write(descriptor, b"0")
    number = seccomp.keyctl_number()
    if number is not None:
        _LIBC.syscall(number, _JOIN_SESSION_KEYRING, None)
    for which, most in limits.items():
        resource.setrlimit(which, (most, most))
    if drop:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def own_folder() -> Path:
    """A new folder of this process, which it removes at its end."""
    _remove_stale_folders()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    folder.chmod(0o755)
    return folder


def _remove_stale_folders() -> None:
    """Removes what killed processes of this user left, a day ago or more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        with suppress(OSError):
            found = folder.lstat()
            old = found.st_uid == os.getuid() and time.time() - found.st_mtime > _DAY
            if old and stat.S_ISDIR(found.st_mode) and not Path("/proc", folder.name.split("-")[2]).exists():
                shutil.rmtree(folder, ignore_errors=True)


def end_with_parent() -> None:
    """Has this process end with the one that started it, which has one thread."""
    _LIBC.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


def _leave_mounts() -> bool:
    """Whether this process now has its own mounts."""
    return _LIBC.unshare(_NEW_MOUNTS) == 0 and _mount("none", "/", "", _RECURSIVE | _PRIVATE)


def _stage(root: Path, view: Mapping[str, Any]) -> None:
    """Puts the files of all sandboxes together, in memory, below this process's own /tmp."""
    # What lies in the machine's /tmp must be found before it is covered.
    binds = {place: source for place, source in view["binds"].items() if not place.startswith("/etc/")}
    opened = {place: os.open(source, os.O_PATH | os.O_CLOEXEC) for place, source in binds.items()}
    if not _mount("tmpfs", "/tmp", "tmpfs", 0, "mode=755"):
        raise OSError(ctypes.get_errno(), "a file system in memory cannot be mounted")
    root.mkdir()
    for place, descriptor in opened.items():
        target = root / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.touch()
        if not _mount(f"/proc/self/fd/{descriptor}", str(target), "", _BIND | _RECURSIVE):
            raise OSError(ctypes.get_errno(), f"{place} cannot be mounted")
        os.close(descriptor)
    # Each mount costs every program time, and these are few and small.
    for place in view["binds"].keys() - binds.keys():
        target = root / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if Path(place).is_dir():
            with suppress(shutil.Error):  # what cannot be copied is left out
                shutil.copytree(place, target, symlinks=True)
        else:
            shutil.copy2(place, target)
    _cover(root, view)
    for place in ("proc", "dev", "tmp", WORK[1:], ARTIFACTS[1:], PIPES[1:]):
        (root / place).mkdir(exist_ok=True)


def _cover(root: Path, view: Mapping[str, Any]) -> None:
    """Hides what lies in the above and belongs to somebody, and adds links and made files."""
    for place in view["hidden"]:
        hidden = root / place.lstrip("/")
        if hidden.is_dir() and not _mount("tmpfs", str(hidden), "tmpfs", 0, "mode=755"):
            raise OSError(ctypes.get_errno(), f"{place} cannot be hidden")
    for place, target_name in view["links"].items():
        (root / place.lstrip("/")).symlink_to(target_name)
    for place, text in view["made"].items():
        file = root / place.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> bool:
    words = [source.encode(), target.encode(), kind.encode() or None]
    return bool(_LIBC.mount(*words, flags, options.encode() or None) == 0)
