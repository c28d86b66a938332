"""The self-test's worker, one on each node: ``python -m r1cli.cluster.check_worker RUN_DIR``.

Writes what it finds into ``check/rank-N.json`` as soon as it has it, so that a node that gets no further says
how far it came.
"""

import asyncio
import json
import os
import platform
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from r1cli.cluster.check_plan import Check, rank_file
from r1cli.config.record import RecordedConfig
from r1cli.errors import R1Error
from r1cli.execution import current
from r1cli.files import write_text
from r1cli.launch.worker import rank, run_worker
from r1cli.system import installed_version
from r1cli.version import __version__

#: Bytes written to find out how fast the run directory takes them.
WRITTEN = 64 << 20
#: Seconds for all ranks to come to the collective: torch may be imported from a slow disk.
PATIENCE = 300


def work(run_dir: Path, run: dict[str, Any]) -> None:
    found: dict[str, Any] = {}
    looks: list[Callable[[], dict[str, Any]]] = [_environment, lambda: _write_speed(run_dir)]
    if RecordedConfig(run["config"]).section(Check).code:
        looks.append(_sandbox)
    for look in (*looks, _gather_ranks):
        found |= look()
        write_text(run_dir / rank_file(rank()), json.dumps(found, indent=2) + "\n")


def _environment() -> dict[str, Any]:
    """Who and where this process is, and what it runs."""
    return {
        "rank": rank(),
        "node": os.environ.get("SLURMD_NODENAME") or socket.gethostname(),
        "host": socket.gethostname(),
        "address": _own_address(os.environ["MASTER_ADDR"]),
        "port": int(os.environ["MASTER_PORT"]),
        "python": platform.python_version(),
        "r1": __version__,
        "torch": installed_version("torch") or "",
    }


def _own_address(other: str) -> str:
    """The address from which this machine reaches another; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((other, 9))
        return str(probe.getsockname()[0])


def _write_speed(run_dir: Path) -> dict[str, float]:
    """Megabytes that the run directory takes in a second, until they are on its disk."""
    path = run_dir / rank_file(rank()).with_suffix(".speed")
    block = os.urandom(1 << 20)  # what cannot be compressed
    started = time.perf_counter()
    try:
        with path.open("wb") as file:
            for _ in range(WRITTEN // len(block)):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        seconds = time.perf_counter() - started
    finally:
        path.unlink(missing_ok=True)
    return {"megabytes_per_second": WRITTEN / 1e6 / seconds}


def _sandbox() -> dict[str, Any]:
    """What isolates programs on this node, or why it cannot."""
    try:
        return {"sandbox": dict(asyncio.run(current.executor_facts()))}
    except R1Error as error:
        return {"sandbox": {"error": error.what}}


def _gather_ranks() -> dict[str, Any]:
    """Every rank tells all others its number, over gloo, and over NCCL too where all have a GPU.

    Raises:
        R1Error: torch is not there, or not all ranks came.
    """
    try:
        import torch
        import torch.distributed as dist
    except ImportError as error:
        raise R1Error(
            f"torch cannot be imported on {socket.gethostname()}: {error}",
            where=f"rank {rank()}",
            fix="slurm.environment names the environment that has r1 with its extra 'train'",
            exit_code=1,
        ) from None
    gpus = torch.cuda.device_count()
    started = time.perf_counter()
    try:
        dist.init_process_group("gloo", timeout=timedelta(seconds=PATIENCE))
        mine = torch.tensor([rank(), gpus])
        gathered = [torch.empty_like(mine) for _ in range(dist.get_world_size())]
        dist.all_gather(gathered, mine)
    except RuntimeError as error:
        raise R1Error(
            f"the ranks did not find each other: {error}",
            where=f"rank {rank()}, at {os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}",
            fix="--network-interface names the one that the nodes share; a firewall may be in the way",
            exit_code=1,
        ) from None
    pairs = [pair.tolist() for pair in gathered]
    found: dict[str, Any] = {
        "gpus": gpus,
        "gpu": torch.cuda.get_device_name(0) if gpus else "",
        "gloo": {"seconds": time.perf_counter() - started, "ranks": [number for number, _ in pairs]},
    }
    if all(count for _, count in pairs):
        found["nccl"] = _over_nccl(torch, dist)
    return found


def _over_nccl(torch: Any, dist: Any) -> dict[str, Any]:
    """The same between the first GPU of each node."""
    torch.cuda.set_device(0)
    started = time.perf_counter()
    group = dist.new_group(backend="nccl")
    gathered = [torch.empty(1, dtype=torch.long, device="cuda") for _ in range(dist.get_world_size())]
    dist.all_gather(gathered, torch.tensor([rank()], device="cuda"), group=group)
    ranks = [int(number) for number in gathered]
    return {"seconds": time.perf_counter() - started, "ranks": ranks}


if __name__ == "__main__":
    run_worker("check", work)
