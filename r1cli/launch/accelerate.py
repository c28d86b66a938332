"""How the ranks of a training role are started on one node."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from r1cli.launch.place import Place
from r1cli.runs.job import NODE_RANK, Role, address_of, port_of

#: glibc gives freed memory back to the kernel at once, and CPU training allocates the same blocks again and
#: again: a third of the time goes into page faults. These keep the memory. GPU training is left alone.
CPU_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "8000000000",
    "MALLOC_TRIM_THRESHOLD_": "16000000000",
    "MALLOC_TOP_PAD_": "67108864",
}

CONFIG_FILE = "launch/accelerate.yaml"

DEEPSPEED = "DEEPSPEED"
# The role, and the port at which the ranks of several nodes meet.
_NAME, _PORT = "train", "ranks"
#: The distributed types where each rank has the whole model: which of them it is, the place decides.
_UNSHARDED = {"NO", "MULTI_GPU", "MULTI_CPU"}


def cpu_environment(threads: int, malloc: Mapping[str, str] = CPU_MALLOC) -> dict[str, str]:
    """The environment of a process that uses the CPU alone, whatever GPUs there are.

    What the user has set of ``malloc`` stays.
    """
    unset = {name: value for name, value in malloc.items() if name not in os.environ}
    return {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": str(threads), **unset}


def mixed_precision(bf16: bool | None, fp16: bool) -> str:
    """accelerate's word for what the trainer does; TRL takes bf16 when neither is set."""
    if bf16 or (bf16 is None and not fp16):
        return "bf16"
    return "fp16" if fp16 else "no"


def accelerate_config(base: Mapping[str, Any], place: Place, processes: int, precision: str) -> str:
    """The accelerate config file of a role, as YAML text.

    Args:
        base: how the ranks share the model, as a preset or a user's file has it; empty for data parallelism.
            What the launcher knows wins over it.
        place: the nodes and their GPUs.
        processes: ranks on each node.
        precision: accelerate's word for it.
    """
    world_size = place.train_nodes * processes
    known = {
        "compute_environment": "LOCAL_MACHINE",
        "distributed_type": base.get("distributed_type", "NO"),
        "mixed_precision": precision,
        "num_machines": place.train_nodes,
        "num_processes": world_size,
        "use_cpu": not place.gpus,
    }
    if place.train_nodes == 1:
        # A free port, so that two runs on one machine do not meet.
        known |= {"machine_rank": 0, "main_process_port": 0}
    if known["distributed_type"] in _UNSHARDED:
        known["distributed_type"] = "MULTI_GPU" if place.gpus and world_size > 1 else "NO"
    config = {**base, **known}
    # The role's CUDA_VISIBLE_DEVICES says which GPUs, and gpu_ids would overrule it; the place, which nodes.
    for name in ("gpu_ids", "main_process_ip", *({"machine_rank", "main_process_port"} - set(known))):
        config.pop(name, None)
    if "deepspeed_config_file" in (base.get("deepspeed_config") or {}):
        # DeepSpeed's own file sets the precision, and accelerate refuses a second word on it.
        del config["mixed_precision"]
    return yaml.safe_dump(config, sort_keys=False)


def training_role(
    module: str,
    run_dir: Path,
    place: Place,
    processes: int,
    precision: str,
    distributed_type: str | None = None,
) -> Role:
    """The role that trains: a process by itself, ``accelerate launch``, or torchrun for several without GPUs.

    A launcher would also load torch, only to start a single process. accelerate starts a single process
    for MULTI_CPU (its way to several is mpirun), so those ranks come from ``torch.distributed.run``, and
    accelerate finds them by ``ACCELERATE_USE_CPU``. DeepSpeed's ranks it starts itself, on a CPU too.

    Args:
        module: the worker.
        run_dir: where its run is written.
        place: the nodes and their GPUs.
        processes: ranks on each node.
        precision: accelerate's word for it.
        distributed_type: accelerate's word for how the ranks share the model; None where nothing says so.
    """
    threads = max(1, place.cores // processes)
    several = processes * place.train_nodes > 1
    if place.gpus:
        env = {"CUDA_VISIBLE_DEVICES": ",".join(place.gpus)} if place.chosen else {}
    else:
        env = cpu_environment(threads)
    on_cpu = {"ACCELERATE_USE_CPU": "true"} if not place.gpus else {}
    if not several and distributed_type is None:
        env |= {"ACCELERATE_MIXED_PRECISION": precision, **on_cpu}
        launcher: tuple[str, ...] = (place.python,)
    elif several and not place.gpus and distributed_type != DEEPSPEED:
        env |= on_cpu
        launcher = (
            place.python, "-m", "torch.distributed.run", *_torchrun_nodes(place.train_nodes),
            "--nproc_per_node", str(processes),
        )  # fmt: skip
    else:
        launcher = (*_accelerate(place.python), "launch", "--config_file", str(run_dir / CONFIG_FILE))
        if place.train_nodes > 1:
            launcher += _among("--machine_rank", "--main_process_ip", "--main_process_port")
        if not place.gpus:
            launcher += ("--num_cpu_threads_per_process", str(threads))
    argv = (*launcher, "-m", module, str(run_dir))
    ports = (_PORT,) if place.train_nodes > 1 else ()
    return Role(_NAME, argv, env, place.train_nodes, processes, place.gpus, ports=ports)


def _torchrun_nodes(nodes: int) -> tuple[str, ...]:
    if nodes == 1:
        return ("--standalone",)
    return ("--nnodes", str(nodes), *_among("--node_rank", "--master_addr", "--master_port"))


def _among(rank: str, address: str, port: str) -> tuple[str, ...]:
    """The options that say where a node is among those that train, which each finds out by itself."""
    return rank, NODE_RANK, address, address_of(_NAME), port, port_of(_NAME, _PORT)


def single_role(name: str, module: str, run_dir: Path, place: Place) -> Role:
    """The role of one process, on the first GPU of the place, or on the CPU."""
    env = {"CUDA_VISIBLE_DEVICES": place.gpus[0]} if place.gpus else cpu_environment(place.cores)
    return Role(name, (place.python, "-m", module, str(run_dir)), env, gpus=place.gpus[:1])


def _accelerate(python: str) -> tuple[str, ...]:
    """The ``accelerate`` of an interpreter, whatever PATH says."""
    script = Path(python).with_name("accelerate")
    if script.exists():
        return (str(script),)
    return (python, "-m", "accelerate.commands.accelerate_cli")
