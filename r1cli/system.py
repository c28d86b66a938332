"""What this machine has: cores, GPUs, installed packages."""

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

#: Seconds that nvidia-smi has: it wakes GPUs that sleep.
_PATIENCE = 20
_QUERY = "--query-gpu=index,uuid,name,driver_version,memory.total,compute_cap"


@dataclass(frozen=True)
class Gpu:
    """A GPU as nvidia-smi describes it.

    ``memory`` is in bytes; it and ``capability`` are None where nvidia-smi cannot tell, as in some virtual
    machines and partitions.
    """

    index: str
    uuid: str
    name: str
    driver: str
    memory: int | None
    capability: float | None


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def visible_gpus() -> tuple[str, ...]:
    """Ids of the GPUs that a process started here would see, found without importing torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(str(number) for number in range(len(list(Path("/dev").glob("nvidia[0-9]*")))))
    ids = [part.strip() for part in visible.split(",")]
    # CUDA ignores everything after the first invalid id, and -1 is how users say "none".
    end = next((position for position, part in enumerate(ids) if part in ("", "-1")), len(ids))
    return tuple(ids[:end])


def nvidia_smi() -> list[Gpu]:
    """Every GPU of this machine, visible or not.

    Raises:
        OSError: there is no nvidia-smi.
        subprocess.SubprocessError: it failed, or took too long.
        ValueError: what it printed describes no GPUs.
    """
    asked = subprocess.run(
        ("nvidia-smi", _QUERY, "--format=csv,noheader,nounits"),
        capture_output=True, text=True, timeout=_PATIENCE, check=True,
    )  # fmt: skip
    return [_read_gpu(line) for line in asked.stdout.strip().splitlines()]


def _read_gpu(line: str) -> Gpu:
    index, uuid, name, driver, mib, capability = line.split(", ")
    return Gpu(
        index,
        uuid,
        name,
        driver,
        # An unknown value is [N/A], or spelt another way.
        int(mib) << 20 if mib.isdecimal() else None,
        float(capability) if capability.replace(".", "").isdecimal() else None,
    )


def installed_version(package: str) -> str | None:
    """The version of an installed package, by its metadata; None when it is not installed."""
    from importlib.metadata import PackageNotFoundError, distribution  # not every start of r1 asks

    try:
        found = distribution(package)
    except PackageNotFoundError:
        return None
    # `version` parses all of it, which takes five times as long.
    text = found.read_text("METADATA") or found.read_text("PKG-INFO") or ""
    line = re.search(r"^Version:\s*(\S+)", text, re.MULTILINE)
    return line[1] if line else None


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of those packages that are installed."""
    found = {package: installed_version(package) for package in packages}
    return {package: version for package, version in found.items() if version is not None}
