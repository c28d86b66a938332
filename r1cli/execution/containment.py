"""A second sandbox around a part of r1 that runs dangerous programs on purpose."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error
from r1cli.execution.cgroups import Groups, find_place

_MIB = 1 << 20
#: At most this share of the memory that is available, and so much.
_SHARE, _MOST = 0.5, 6 << 30
_PROCESSES, _FILE, _DESCRIPTORS = 700, 1 << 30, 2048


def run_contained(module: str, request: Mapping[str, Any], seconds: float) -> Any:
    """Has a module of r1 do something inside a sandbox with hard limits on memory and processes.

    The module reads the request from standard input, as JSON, and writes its answer to standard output. It
    sees the machine's files, but no network and no process from outside; all that it starts ends with it.

    Raises:
        R1Error: it cannot be contained on this machine, or gave no answer.
    """
    place = find_place()
    if place is None and os.getuid() == 0:
        raise R1Error(
            "the hostile programs cannot be contained here: no control group can limit root",
            where="flag --hostile",
            fix="run it as another user, or where a control group with memory and pids can be made",
        )
    if shutil.which("bwrap") is None:
        raise R1Error("bubblewrap is not installed", where="flag --hostile", fix="apt-get install bubblewrap")
    groups = Groups(place) if place else None
    group = groups.make(min(_MOST, int(_available() * _SHARE)), _PROCESSES) if groups else None
    try:
        entered = group.enter_inside() if group else []
        command = [*_OUTSIDE, *_privileges(), sys.executable, "-m", module]
        done = subprocess.run(
            command, input=json.dumps(request), capture_output=True, text=True, timeout=seconds, check=False,
            pass_fds=entered, preexec_fn=lambda: _limit(entered, rooted=place is not None),
        )  # fmt: skip
        for descriptor in entered:
            os.close(descriptor)
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise R1Error("the hostile programs took too long, and were ended", exit_code=1) from None
    except ValueError:
        words = done.stderr.strip()[-2000:]
        raise R1Error(f"the hostile programs cannot be run: {words}", exit_code=1) from None
    finally:
        if group is not None:
            group.kill()
            group.remove()
        if groups is not None:
            groups.close()


_OUTSIDE = (
    "bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent",
)  # fmt: skip
#: bubblewrap run by root covers parts of /proc, and where it is covered no sandbox inside can have its own.
_OWN_PROC = 'mount -t proc proc /proc && exec "$@"'


def _privileges() -> list[str]:
    """Root stays root inside, so that what is tried is what holds outside."""
    if os.getuid() == 0:
        return ["--cap-add", "ALL", "--", "/bin/sh", "-c", _OWN_PROC, "sh"]
    return ["--proc", "/proc", "--"]


def _limit(groups: list[int], rooted: bool) -> None:
    for descriptor in groups:
        os.write(descriptor, b"0")
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: _FILE, resource.RLIMIT_NOFILE: _DESCRIPTORS}
    if not rooted:
        limits |= {resource.RLIMIT_NPROC: _PROCESSES}
    for which, most in limits.items():
        hard = resource.getrlimit(which)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (least, least))


def _available() -> int:
    """Bytes of memory that programs can get without swapping."""
    with suppress(OSError, KeyError):
        return host_memory()[0]
    return 2 << 30


def host_memory() -> tuple[int, int]:
    """Bytes of memory that are available, and that there are."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) << 10 for line in lines}
    return found["MemAvailable"], found["MemTotal"]
