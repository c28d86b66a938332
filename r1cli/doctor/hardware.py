"""GPUs and their driver, memory, disks."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from r1cli import environment
from r1cli.doctor.finding import MISSING, OK, WARNING, Finding
from r1cli.system import cores, visible_gpus

# A checkpoint of a small model and its optimizer.
_LITTLE = 10e9
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def gpus() -> Iterator[Finding]:
    """What nvidia-smi reports, and whether it agrees with the device files."""
    there = visible_gpus()
    if shutil.which("nvidia-smi") is None:
        if there:
            fix = "install NVIDIA's driver, or its container toolkit in a container; both include nvidia-smi"
            found = f"{len(there)} GPUs, but nvidia-smi is not installed"
            yield Finding("hardware", "GPUs", WARNING, found, fix)
        else:
            yield Finding("hardware", "GPUs", OK, "none; training runs on the CPU")
        return
    query = "--query-gpu=driver_version,name,memory.total,compute_cap"
    reply = subprocess.run(
        ("nvidia-smi", query, "--format=csv,noheader,nounits"),
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    if reply.returncode:
        words = (reply.stdout + reply.stderr).strip().partition("\n")[0]
        fix = "load the driver: restart the machine if it was just installed or upgraded"
        yield Finding("hardware", "driver", MISSING, f"nvidia-smi: {words}", fix, needed=bool(there))
        return
    yield from smi_findings(reply.stdout, len(there))


def smi_findings(text: str, visible: int) -> Iterator[Finding]:
    """Findings from nvidia-smi's lines: driver, name, MiB and compute capability of each GPU."""
    rows = [line.split(", ") for line in text.strip().splitlines()]
    if not rows:
        yield Finding("hardware", "GPUs", OK, "none; training runs on the CPU")
        return
    yield Finding("hardware", "driver", OK, rows[0][0])
    kinds: dict[tuple[str, ...], int] = {}
    for _, *kind in rows:
        kinds[tuple(kind)] = kinds.get(tuple(kind), 0) + 1
    found = "; ".join(
        # In a VM or a partition nvidia-smi may not know the memory: [N/A].
        f"{count} x {name}" + (f", {int(mib) * 2**20 / 1e9:.0f} GB" if mib.isdecimal() else "") + f", {cap}"
        for (name, mib, cap), count in kinds.items()
    )
    if visible == len(rows):
        yield Finding("hardware", "GPUs", OK, found)
    else:
        fix = "unset CUDA_VISIBLE_DEVICES" if "CUDA_VISIBLE_DEVICES" in os.environ else ""
        yield Finding("hardware", "GPUs", WARNING, f"{found}; {visible} of {len(rows)} are visible", fix)


def memory() -> Iterator[Finding]:
    """The memory of the machine, and how much of it this process may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _CGROUP_LIMIT.read_text(encoding="ascii").strip() if _CGROUP_LIMIT.exists() else ""
    found = f"{total / 1e9:.0f} GB, {cores()} cores"
    if limit.isdecimal() and int(limit) < total:
        found += f"; this container or job may use {int(limit) / 1e9:.0f} GB"
    yield Finding("hardware", "memory", OK, found)


def disks() -> Iterator[Finding]:
    """The disks that r1 writes to: free space, and whether r1 may write."""
    places = (
        ("R1_HOME", environment.home(), "export R1_HOME=/another/disk/r1"),
        (
            "Hub cache",
            environment.hub_cache("HF_HUB_CACHE", "hub"),
            "export HF_HOME=/another/disk/huggingface",
        ),
        ("this folder", Path.cwd(), "cd to a folder on another disk, or set --output-dir"),
    )
    for name, folder, fix in places:
        there = next(one for one in (folder, *folder.parents) if one.exists())
        free = shutil.disk_usage(there).free
        found = f"{folder}: {free / 1e9:.0f} GB free"
        if not os.access(there, os.W_OK):
            # A cache that is only read may be on a shared disk.
            needed = folder == Path.cwd()
            yield Finding("disks", name, MISSING, f"{folder}: cannot be written to", fix, needed)
        elif free < _LITTLE:
            yield Finding("disks", name, WARNING, found, fix)
        else:
            yield Finding("disks", name, OK, found)
