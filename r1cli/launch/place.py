"""The place a job is planned for: its nodes, its GPUs, its cores."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from r1cli.errors import R1Error
from r1cli.system import cores, visible_gpus


@dataclass(frozen=True)
class Place:
    """What a plan may use on each node.

    ``gpus`` are ids as CUDA_VISIBLE_DEVICES writes them: numbers, or UUIDs. ``chosen`` says that the user
    asked for these, and not for all that are visible. ``nodes`` are all, ``vllm_nodes`` those of them that
    serve completions. ``python`` is the interpreter that has r1 there. ``on_cluster`` says that whoever asked
    for it works on another machine. ``assumed`` says that the GPUs are not here: a preset names them.
    """

    cores: int
    gpus: tuple[str, ...] = ()
    nodes: int = 1
    chosen: bool = False
    vllm_nodes: int = 0
    python: str = sys.executable
    on_cluster: bool = False
    assumed: bool = False

    @property
    def train_nodes(self) -> int:
        return self.nodes - self.vllm_nodes


def local_place(gpus: int | Sequence[object] | None, origin: str = "launch.gpus") -> Place:
    """This machine, with the GPUs asked for: a number of them, ids, or None for all that are visible.

    Raises:
        R1Error: the request is neither a number nor a list of different ids.
    """
    visible = visible_gpus()
    if gpus is None:
        return Place(_threads(), visible)
    if isinstance(gpus, int) and gpus >= 0:
        numbers = tuple(str(number) for number in range(gpus))
        return Place(_threads(), visible[:gpus] if gpus <= len(visible) else numbers, chosen=True)
    ids = () if isinstance(gpus, int) else tuple(map(str, gpus))
    if not ids or len(set(ids)) < len(ids) or not all(id_.isdecimal() or id_ in visible for id_ in ids):
        shown = gpus if isinstance(gpus, int) else ",".join(ids)
        raise R1Error(
            f"'{shown}' is neither a number of GPUs nor a list of ids",
            where=origin,
            fix="--gpus 2 takes two, --gpus 0,3 those with these ids, --gpus [3] the one with this id",
        )
    return Place(_threads(), ids, chosen=True)


def _threads() -> int:
    """The cores to compute on: all that this process may use, or fewer if OMP_NUM_THREADS says so."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores(), int(asked)) if asked.isdecimal() and int(asked) else cores()
