"""Runs one program inside a remote sandbox: it is sent there as text, so it imports no other package.

It reads a job from standard input, or from the file that is named, and prints the result: one line that
begins with the job's ``mark``.
"""

import base64
import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path
from typing import IO, Any

_POLL = 0.02
_NOBODY = 65534
_SYSTEM = "/usr/local/bin:/usr/bin:/bin"
_COMPILING = {"cpu_s": 60.0, "wall_s": 60.0, "memory_mb": 2048, "output_kb": 64 * 1024, "processes": 64}
_BECOME_SUBREAPER, _NEW_NETWORK = 36, 0x40000000


def main() -> None:
    """Runs the job and prints the result."""
    with Path(sys.argv[1]).open("rb") if len(sys.argv) > 1 else sys.stdin.buffer as file:
        text = file.read()
    job = json.loads(zlib.decompress(base64.b64decode(text)))
    if len(sys.argv) > 1:
        Path(sys.argv[1]).unlink()
    # What the program leaves behind becomes a child of this process, so that it is found and killed.
    ctypes.CDLL(None).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)
    result = json.dumps(run(job)).encode()
    sys.stdout.write(f"\n{job['mark']}{base64.b64encode(zlib.compress(result)).decode()}\n")


def run(job: "dict[str, Any]") -> "dict[str, Any]":
    """The result of the program; or ``missing``, a tool that the sandbox lacks, or ``fault``."""
    root = Path(tempfile.gettempdir())
    build, folder = root / f"r1-build-{job['key']}", Path(tempfile.mkdtemp(prefix="r1-run-"))
    try:
        if not build.exists():
            failed = _compile(job, build)
            if failed:
                return failed
        shutil.copytree(build, folder, symlinks=True, dirs_exist_ok=True)
        _write(folder, job["files"])
        _give_away(folder)
        return _run_in(folder, job)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _compile(job: "dict[str, Any]", build: Path) -> "dict[str, Any] | None":
    """Makes the folder with the compiled program; else says why there is none."""
    folder = Path(tempfile.mkdtemp(prefix="r1-compile-"))
    folder.chmod(0o755)
    _write(folder, job["sources"])
    if job["compile"]:
        _give_away(folder)
        found = _execute(job["compile"], folder, b"", _COMPILING)
        if found["verdict"] != "OK":
            shutil.rmtree(folder, ignore_errors=True)
            if "missing" in found or "fault" in found:
                return found
            return {**found, "verdict": "CE", "stderr": _words_of(found), "exit_code": None}
    folder.rename(build)
    return None


def _words_of(found: "dict[str, Any]") -> str:
    reasons = {"TLE": "the compiler took too long", "MLE": "the compiler used too much memory"}
    said = f"{found['stdout']}{found['stderr']}"
    return said if found["verdict"] == "RE" else f"{said}\n{reasons.get(found['verdict'], found['verdict'])}"


def _run_in(folder: Path, job: "dict[str, Any]") -> "dict[str, Any]":
    found = _execute(job["run"], folder, job["stdin"].encode("utf-8", "surrogatepass"), job["limits"])
    if job["output_file"] and "stdout" in found:
        text, whole = _read_output(folder, job["output_file"], 1024 * job["limits"]["output_kb"])
        found["stdout"] = text
        if found["verdict"] == "OK" and not whole:
            found["verdict"] = "OLE"
    return found


def _read_output(folder: Path, name: str, most: int) -> "tuple[str, bool]":
    """The text of an output file, and whether that is all of it; a link or a device counts as no file."""
    path = folder / name
    if path.is_symlink() or not path.is_file() or folder.resolve() not in path.resolve().parents:
        return "", True
    with path.open("rb") as file:
        text = file.read(most + 1)
    return text[:most].decode("utf-8", "replace"), len(text) <= most


def _write(folder: Path, files: "dict[str, str]") -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))


def _give_away(folder: Path) -> None:
    """Lets the program own its folder, where this process is root and the program is nobody."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)


class _Output:
    """What a program writes to its two pipes, up to a limit for both together."""

    def __init__(self, most: int) -> None:
        self.most, self.total, self.lock = most, 0, threading.Lock()
        self.parts: dict[str, list[bytes]] = {"stdout": [], "stderr": []}

    def read(self, name: str, pipe: "IO[bytes]") -> None:
        while data := os.read(pipe.fileno(), 65536):
            with self.lock:
                room = max(self.most - self.total, 0)
                self.parts[name].append(data[:room])
                self.total += len(data)

    def text(self, name: str) -> str:
        return b"".join(self.parts[name]).decode("utf-8", "replace")


def _execute(argv: "list[str]", folder: Path, stdin: bytes, limits: "dict[str, Any]") -> "dict[str, Any]":
    """Runs a program within its limits; all that it has started is gone afterwards."""
    output, kills = _Output(1024 * limits["output_kb"]), _kills_for_memory()
    with tempfile.TemporaryFile() as file:
        file.write(stdin)
        file.seek(0)
        started = time.monotonic()
        try:
            process = subprocess.Popen(
                [_python() if word == "{python}" else word for word in argv],
                cwd=folder, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                start_new_session=True, env=_environment(folder),
                # The readers of an earlier program have ended, so that no other thread runs.
                preexec_fn=lambda: _confine(limits),  # noqa: PLW1509
            )  # fmt: skip
        except (FileNotFoundError, PermissionError):
            return {"verdict": "CE", "missing": argv[0]}
    assert process.stdout and process.stderr
    pipes = {"stdout": process.stdout, "stderr": process.stderr}
    readers = [threading.Thread(target=output.read, args=each, daemon=True) for each in pipes.items()]
    for reader in readers:
        reader.start()
    verdict, code, cpu, peak = _watch(process.pid, limits, started, output)
    wall = time.monotonic() - started
    _kill_all()
    for reader in readers:
        reader.join(5)
    process.returncode = 0  # it has been waited for
    for pipe in pipes.values():
        pipe.close()
    if verdict == "RE" and code == -signal.SIGKILL and _kills_for_memory() > kills:
        return {"verdict": "RE", "fault": "the sandbox has less memory than the program's limit"}
    return {
        "verdict": "OLE" if verdict in ("OK", "RE") and output.total > output.most else verdict,
        "stdout": output.text("stdout"), "stderr": output.text("stderr"),
        "exit_code": code, "cpu_s": cpu, "wall_s": wall, "peak_mb": peak,
    }  # fmt: skip


def _watch(
    pid: int, limits: "dict[str, Any]", started: float, output: _Output
) -> "tuple[str, int | None, float, float]":
    """Waits until the program has ended or passed a limit: verdict, exit code, CPU seconds, peak in MiB."""
    cpu = peak = 0.0
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            cpu = max(cpu, usage.ru_utime + usage.ru_stime)
            peak = max(peak, usage.ru_maxrss / 1024)
            code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            return (*_verdict(code, cpu, peak, limits), cpu, peak)
        now, memory, processes = _usage_of_tree()
        cpu, peak = max(cpu, now), max(peak, memory)
        reason = (
            "OLE" if output.total > output.most
            else "MLE" if peak > limits["memory_mb"]
            else "TLE" if cpu > limits["cpu_s"] or time.monotonic() - started > limits["wall_s"]
            else "RE" if processes > limits["processes"] else ""
        )  # fmt: skip
        if reason:
            return reason, None, cpu, peak
        time.sleep(_POLL)


def _verdict(code: int, cpu: float, peak: float, limits: "dict[str, Any]") -> "tuple[str, int | None]":
    if cpu > limits["cpu_s"] or code == -signal.SIGXCPU:
        return "TLE", None
    if peak > limits["memory_mb"]:
        return "MLE", None
    if code == -signal.SIGXFSZ:
        return "OLE", None
    return ("RE" if code else "OK"), code


def _confine(limits: "dict[str, Any]") -> None:
    """What the program's process does to itself before it starts."""
    seconds, size = int(limits["cpu_s"]) + 2, 1024 * limits["output_kb"]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.geteuid() == 0:
        ctypes.CDLL(None).unshare(_NEW_NETWORK)
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
        resource.setrlimit(resource.RLIMIT_NPROC, (limits["processes"], limits["processes"]))


def _python() -> str:
    """An interpreter that nobody may run: this one, or the system's."""
    path = Path(sys.executable).resolve()
    reachable = all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents))
    other = None if reachable or os.geteuid() else shutil.which("python3", path=_SYSTEM)
    return other or sys.executable


def _path() -> str:
    return os.environ.get("PATH", _SYSTEM)


def _environment(folder: Path) -> "dict[str, str]":
    return {"PATH": _path(), "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"}


def _usage_of_tree() -> "tuple[float, float, int]":
    """CPU seconds, MiB of resident memory and number of all processes below this one."""
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE") / 2**20
    found = _descendants()
    # Times of the process and of its children that it has waited for.
    cpu = sum(sum(map(int, fields[11:15])) for fields in found.values()) / tick
    return cpu, sum(int(fields[21]) for fields in found.values()) * page, len(found)


def _descendants() -> "dict[int, list[str]]":
    """All processes below this one, and for each what /proc says of it after its name."""
    stats = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                text = Path(entry.path, "stat").read_bytes().decode("utf-8", "replace")
                stats[int(entry.name)] = text.rpartition(")")[2].split()
    below, wanted = {}, [os.getpid()]
    while wanted:
        parent = wanted.pop()
        for pid, fields in stats.items():
            if int(fields[1]) == parent and pid not in below:
                below[pid] = fields
                wanted.append(pid)
    return below


def _kill_all() -> None:
    """Kills and collects whatever is below this process, until nothing is."""
    for _ in range(1000):
        left = _descendants()
        if not left:
            return
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.005)


def _kills_for_memory() -> int:
    """How often the kernel has killed a process because no memory was left."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text(encoding="utf-8").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


if __name__ == "__main__":
    main()
