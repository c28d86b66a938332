"""What this machine has."""

import os
from pathlib import Path


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def visible_gpus() -> tuple[str, ...]:
    """Ids of the GPUs that a process started here would see, found without importing torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(str(number) for number in range(len(list(Path("/dev").glob("nvidia[0-9]*")))))
    ids = [part.strip() for part in visible.split(",")]
    # CUDA ignores everything behind the first invalid id, and -1 is how users say "none".
    end = next((position for position, part in enumerate(ids) if part in ("", "-1")), len(ids))
    return tuple(ids[:end])
