"""GPUs and their driver, memory, disks."""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from r1cli import environment
from r1cli.doctor.finding import MISSING, OK, WARNING, Finding
from r1cli.system import Gpu, cores, nvidia_smi, visible_gpus

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
    try:
        seen = nvidia_smi()
    except subprocess.CalledProcessError as error:
        words = (error.stdout + error.stderr).strip().partition("\n")[0]
        fix = "load the driver: restart the machine if it was just installed or upgraded"
        yield Finding("hardware", "driver", MISSING, f"nvidia-smi: {words}", fix, needed=bool(there))
        return
    yield from gpu_findings(seen, len(there))


def gpu_findings(gpus: Sequence[Gpu], visible: int) -> Iterator[Finding]:
    """Findings from the GPUs that nvidia-smi sees, and the number of those that are visible."""
    if not gpus:
        yield Finding("hardware", "GPUs", OK, "none; training runs on the CPU")
        return
    yield Finding("hardware", "driver", OK, gpus[0].driver)
    kinds = Counter(map(_kind, gpus))
    found = "; ".join(f"{count} x {kind}" for kind, count in kinds.items())
    if visible == len(gpus):
        yield Finding("hardware", "GPUs", OK, found)
    else:
        fix = "unset CUDA_VISIBLE_DEVICES" if "CUDA_VISIBLE_DEVICES" in os.environ else ""
        yield Finding("hardware", "GPUs", WARNING, f"{found}; {visible} of {len(gpus)} are visible", fix)


def _kind(gpu: Gpu) -> str:
    memory = "" if gpu.memory is None else f"{gpu.memory / 1e9:.0f} GB"
    capability = "" if gpu.capability is None else str(gpu.capability)
    return ", ".join(filter(None, (gpu.name, memory, capability)))


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
