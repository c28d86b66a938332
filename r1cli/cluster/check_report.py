"""What the ranks of ``r1 slurm check`` found, and what of it does not fit."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from r1cli.cluster.check_plan import rank_file

Found = Mapping[str, Any]


def read_ranks(run_dir: Path, count: int) -> dict[int, Found]:
    """What each rank wrote; those that wrote nothing are left out."""
    ranks = {}
    for rank in range(count):
        with suppress(FileNotFoundError):
            ranks[rank] = json.loads((run_dir / rank_file(rank)).read_text(encoding="utf-8"))
    return ranks


def problems(ranks: Mapping[int, Found], count: int, gpus: int) -> Iterator[str]:
    """What does not fit, a sentence each.

    Args:
        ranks: what each found.
        count: how many ranks there should be.
        gpus: how many GPUs were asked for on each node.
    """
    absent = [str(rank) for rank in range(count) if rank not in ranks]
    if absent:
        node = "its node does" if len(absent) == 1 else "their nodes do"
        why = f"{node} not see the run directory, or r1 does not start there"
        yield f"no word from rank {', '.join(absent)}: {why}"
    for name in ("python", "r1", "torch"):
        each = _by_node((found["node"], found[name] or "none") for found in ranks.values())
        if len(each) > 1:
            shown = "; ".join(f"{version} on {nodes}" for version, nodes in each.items())
            yield f"{name} is not the same everywhere: {shown}"
    wrong = _by_node(
        (found["node"], what) for found in ranks.values() for what in _of_one(found, count, gpus)
    )
    for what, nodes in wrong.items():
        yield f"{what}: {nodes}"


def _of_one(found: Found, count: int, gpus: int) -> Iterator[str]:
    """What does not fit on one node."""
    if "megabytes_per_second" not in found:
        yield "nothing can be written into the run directory"
        return
    if error := found.get("sandbox", {}).get("error"):
        yield f"programs cannot be run: {error}"
    if "gloo" not in found:
        yield "this rank did not come through the collective"
        return
    if found["gpus"] < gpus:
        yield f"torch sees {found['gpus']} of the {gpus} GPUs that were asked for"
    for backend in ("gloo", "nccl"):
        if backend in found and found[backend]["ranks"] != list(range(count)):
            yield f"over {backend} data arrived from the ranks {found[backend]['ranks']}"


def _by_node(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The nodes that have something in common, by what that is."""
    nodes = defaultdict(list)
    for node, what in pairs:
        nodes[what].append(node)
    return {what: ", ".join(names) for what, names in nodes.items()}
