"""The process that a run's record names: whether it is still that run's supervisor."""

import os
import subprocess
from pathlib import Path

_MODULE = "r1cli.launch.node"


def supervises(pid: int, run_dir: Path) -> bool:
    """Whether a process is the supervisor of a run: a number may be another process's by now."""
    words = _command_line(pid)
    return _MODULE in words and any(
        word.endswith("job.json") and _is_same(Path(word).parent, run_dir) for word in words
    )


def _command_line(pid: int) -> list[str]:
    """The words of a process's command line; none where there is no such process."""
    if Path("/proc/self/cmdline").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
        except OSError:
            return []
    asked = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    # The path, which may have spaces, is the last word of a supervisor.
    program, sign, path = asked.stdout.strip().partition(f" {_MODULE} ")
    return [program, _MODULE, path] if sign else []


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
