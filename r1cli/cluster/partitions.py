"""What a cluster has, as sinfo tells: partitions, their limits, their nodes and the GPUs in those."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from r1cli.runs.slurm_queue import ask_slurm, require_slurm

_SEPARATOR = "\x1f"
_COLUMNS = _SEPARATOR.join(("%P", "%a", "%l", "%D", "%c", "%m", "%G"))
# One kind of generic resource: gpu:8, gpu:a100:8, gpu:a100:8(S:0-1).
_GPUS = re.compile(r"gpu(?::(?P<kind>[^:,()]+))?:(?P<count>\d+)(?:\([^)]*\))?(?=,|$)")


@dataclass(frozen=True)
class Partition:
    """A partition, with what each of its nodes has at least; of nodes with and without GPUs, those with.

    Args:
        name: as --partition takes it.
        default: jobs that name none come here.
        up: it takes jobs.
        limit: the longest time that a job may ask for, as ``1-00:00:00``; empty when there is none.
        nodes: how many nodes.
        cpus: of a node.
        memory: of a node, in MB.
        gpus: of a node.
        gpu_kind: what Slurm calls them; empty when it has no name for them, or several.
    """

    name: str
    default: bool
    up: bool
    limit: str
    nodes: int
    cpus: int
    memory: int
    gpus: int = 0
    gpu_kind: str = ""

    def gpu_request(self) -> str:
        """How its GPUs are asked for, in the form that every Slurm knows."""
        return f"--gres=gpu:{self.gpu_kind}:{{gpus}}" if self.gpu_kind else "--gres=gpu:{gpus}"


def ask_sinfo() -> list[Partition]:
    """The partitions of the cluster.

    Raises:
        R1Error: there is no Slurm here, or it does not answer.
    """
    require_slurm("sinfo")
    return partitions(ask_slurm("sinfo", "--noheader", "--exact", f"--format={_COLUMNS}"))


def partitions(text: str) -> list[Partition]:
    """The partitions in sinfo's words, which have a line for each kind of node."""
    found: dict[str, Partition] = {}
    for line in text.splitlines():
        one = _partition(line)
        found[one.name] = _merged(found[one.name], one) if one.name in found else one
    return list(found.values())


def best(known: Iterable[Partition]) -> Partition | None:
    """The partition to propose: the default one if it has GPUs, else the largest that has; any, without."""
    up = [partition for partition in known if partition.up]
    return max(up, key=lambda one: (one.gpus > 0, one.default, one.nodes), default=None)


def _partition(line: str) -> Partition:
    name, state, limit, nodes, cpus, memory, gres = line.split(_SEPARATOR)
    groups = [(found["kind"] or "", int(found["count"])) for found in _GPUS.finditer(gres)]
    kinds = {kind for kind, _ in groups}
    return Partition(
        name.removesuffix("*"),
        default=name.endswith("*"),
        up=state == "up",
        limit="" if limit in ("infinite", "n/a") else limit,
        nodes=int(nodes),
        cpus=_number(cpus),
        memory=_number(memory),
        gpus=sum(count for _, count in groups),
        gpu_kind=kinds.pop() if len(kinds) == 1 else "",
    )


def _merged(one: Partition, other: Partition) -> Partition:
    """One partition that has two kinds of nodes."""
    if (one.gpus > 0) != (other.gpus > 0):
        return one if one.gpus else other
    return replace(
        one,
        nodes=one.nodes + other.nodes,
        cpus=min(one.cpus, other.cpus),
        memory=min(one.memory, other.memory),
        gpus=min(one.gpus, other.gpus),
        gpu_kind=one.gpu_kind if one.gpu_kind == other.gpu_kind else "",
    )


def _number(text: str) -> int:
    """A count, which sinfo writes as 64+ where nodes have more."""
    return int(text.rstrip("+"))
