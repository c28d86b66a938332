"""The place a job is planned for: its nodes, its GPUs, its cores."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error


@dataclass(frozen=True)
class Place:
    """What a plan may use on each node. ``gpus`` are ids; ``chosen`` says that the user named them."""

    cores: int
    gpus: tuple[int, ...] = ()
    nodes: int = 1
    chosen: bool = False


def visible_gpus() -> tuple[int, ...]:
    """Ids of the GPUs that a process started here would see, found without importing torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        ids = [part for part in visible.split(",") if part.strip().isdigit()]
        return tuple(int(part) for part in ids)
    return tuple(range(len(list(Path("/dev").glob("nvidia[0-9]*")))))


def local_place(gpus: Any, origin: str = "flag --gpus") -> Place:
    """This machine, with the GPUs asked for: a number of them, ids, or None for all that are visible.

    Raises:
        R1Error: the request is neither a number nor a list of ids.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if gpus is None:
        return Place(cores, visible_gpus())
    try:
        if isinstance(gpus, int):
            ids = tuple(visible_gpus()[:gpus]) if gpus <= len(visible_gpus()) else tuple(range(gpus))
        elif isinstance(gpus, str) and "," not in gpus:
            return local_place(int(gpus), origin)
        else:
            parts = gpus.split(",") if isinstance(gpus, str) else gpus
            ids = tuple(int(part) for part in parts if str(part).strip())
        if any(number < 0 for number in (*ids, gpus if isinstance(gpus, int) else 0)):
            raise ValueError
    except (TypeError, ValueError):
        shown = ",".join(map(str, gpus)) if isinstance(gpus, list) else gpus
        raise R1Error(
            f"'{shown}' is no number of GPUs and no list of ids",
            where=origin,
            mend="--gpus 2 takes two, --gpus 0,3 those with these ids, --gpus [3] the one with this id",
        ) from None
    return Place(cores, ids, chosen=True)
