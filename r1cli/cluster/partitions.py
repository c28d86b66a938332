"""The partitions of a cluster as reported by sinfo: their limits, their nodes and the GPUs of those."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from r1cli.runs.slurm_queue import ask_slurm, require_slurm

_SEPARATOR = "\x1f"
_COLUMNS = _SEPARATOR.join(("%P", "%a", "%l", "%D", "%c", "%m", "%G"))
# One kind of generic resource: gpu:8, gpu:a100:8, gpu:a100:8(S:0-1).
_GPUS = re.compile(r"gpu(?::(?P<kind>[^:,()]+))?:(?P<count>[0-9]{1,9})(?:\([^)]*\))?(?=,|$)")
# A count or an amount: 64, 64+ where some nodes have more, 2-4, 512G.
_NUMBER = re.compile(r"(?P<least>[0-9]{1,15})(?:\.[0-9]+)?(?P<unit>[KMGT]?)B?\+?(?:-[0-9]+[KMGT]?B?)?", re.I)
_TIME = re.compile(r"(?:[0-9]{1,9}-)?[0-9]{1,9}(?::[0-9]{1,9}){0,2}")
_UNITS = "KMGT"


@dataclass(frozen=True)
class Partition:
    """A partition, with what each of its nodes has at least; of nodes with and without GPUs, those with.

    Args:
        name: as --partition takes it.
        default: jobs that name none come here.
        up: it takes jobs.
        limit: the longest time that a job may ask for, as ``1-00:00:00``; empty when there is none.
        nodes: how many nodes; 0 when sinfo does not say.
        cpus: of a node; 0 when sinfo does not say.
        memory: of a node, in MB; 0 when sinfo does not say.
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


@dataclass(frozen=True)
class Sinfo:
    """What sinfo prints: the partitions, and the lines that are not one."""

    partitions: tuple[Partition, ...]
    unread: tuple[str, ...] = ()


def ask_sinfo() -> Sinfo:
    """The partitions of the cluster.

    Raises:
        R1Error: there is no Slurm here, or it does not answer.
    """
    require_slurm("sinfo")
    return read_sinfo(ask_slurm("sinfo", "--noheader", "--exact", f"--format={_COLUMNS}"))


def read_sinfo(text: str) -> Sinfo:
    """The partitions in sinfo's output, which has a line for each kind of node."""
    found: dict[str, Partition] = {}
    unread = []
    for line in text.split("\n"):
        one = _partition(line)
        if one is not None:
            found[one.name] = _merged(found[one.name], one) if one.name in found else one
        elif line.strip():
            unread.append(line.strip())
    return Sinfo(tuple(found.values()), tuple(unread))


def best(known: Iterable[Partition]) -> Partition | None:
    """The partition to propose: the default one if it has GPUs, else the largest that has; any, without."""
    up = [partition for partition in known if partition.up]
    return max(up, key=lambda one: (one.gpus > 0, one.default, one.nodes), default=None)


def _partition(line: str) -> Partition | None:
    """The partition of a line; None for a line that is not one, such as a warning."""
    cells = [cell.strip() for cell in line.split(_SEPARATOR)]
    name = cells[0].removesuffix("*")
    if len(cells) != len(_COLUMNS.split(_SEPARATOR)) or not name:
        return None
    _, state, limit, nodes, cpus, memory, gres = cells
    groups = [(found["kind"] or "", int(found["count"])) for found in _GPUS.finditer(gres)]
    kinds = {kind for kind, _ in groups}
    return Partition(
        name,
        default=cells[0].endswith("*"),
        up=state.rstrip("*").lower() == "up",
        limit=limit if _TIME.fullmatch(limit) else "",
        nodes=_count(nodes),
        cpus=_count(cpus),
        memory=_megabytes(memory),
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
        cpus=_least(one.cpus, other.cpus),
        memory=_least(one.memory, other.memory),
        gpus=min(one.gpus, other.gpus),
        gpu_kind=one.gpu_kind if one.gpu_kind == other.gpu_kind else "",
    )


def _least(one: int, other: int) -> int:
    """The smaller of two amounts, where both are known."""
    return min(one, other) if one and other else one or other


def _count(text: str) -> int:
    """The least that a text says, as 64 of ``64+``; 0 for what is not a count, as ``N/A``."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return 0
    unit = found["unit"].upper()
    return int(found["least"]) * (1024 ** (_UNITS.index(unit) + 1) if unit else 1)


def _megabytes(text: str) -> int:
    """An amount of memory in MB, which sinfo writes without a unit, or as ``512G``."""
    has_unit = any(letter in _UNITS for letter in text.upper())
    return _count(text) // 1024**2 if has_unit and _NUMBER.fullmatch(text) else _count(text)
