"""The place that a config asks a cluster for."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from r1cli.config.config import GPUS, Config
from r1cli.config.groups.launch import Launch
from r1cli.config.groups.sampling import Backend
from r1cli.config.groups.slurm import Slurm
from r1cli.errors import R1Error
from r1cli.launch.machine import lacking_packages
from r1cli.launch.place import Place, local_place
from r1cli.runs.job import Job
from r1cli.services.vllm import require_one_node

#: GPUs of a node, where neither the user nor the site says.
GPUS_PER_NODE = 8

_GPUS_PER_NODE = "slurm.gpus_per_node"


def slurm_place(config: Config) -> Place:
    """The nodes of a config, with what is asked for on each.

    Raises:
        R1Error: too many of them serve completions, or none is left to train.
    """
    slurm = config.section(Slurm)
    nodes, vllm_nodes = slurm.nodes, slurm.vllm_nodes
    require_one_node(config, vllm_nodes)
    if vllm_nodes and nodes <= vllm_nodes:
        raise R1Error(
            "the only node serves completions, and none is left to train",
            where=config.origins.get("slurm.vllm_nodes", ""),
            fix="--nodes counts all of them: --nodes 2 or more",
        )
    gpus = tuple(str(number) for number in range(_gpus(config)))
    # Slurm gives one CPU to a task that asks for none.
    cpus = slurm.cpus_per_node or 1
    return Place(cpus, gpus, nodes, vllm_nodes=vllm_nodes, python=_python(config), on_cluster=True)


def _gpus(config: Config) -> int:
    """GPUs to ask for on each node: none for a CPU preset, or a server elsewhere, unless the user says."""
    gpus = config.section(Launch).gpus
    if gpus is not None:
        return len(local_place(gpus, config.origins.get(GPUS, "")).gpus)
    hardware = config.about.get("hardware") or {}
    by_flag = config.origins.get(_GPUS_PER_NODE, "").startswith("flag")
    sampling = config.find(Backend)
    samples_elsewhere = sampling is not None and bool(sampling.endpoint)
    if (hardware.get("gpus") == 0 or samples_elsewhere) and not by_flag:
        return 0
    asked = config.section(Slurm).gpus_per_node
    return GPUS_PER_NODE if asked is None else asked


def _python(config: Config) -> str:
    """The interpreter on the nodes: that of the site's environment, else the container's, else this one."""
    slurm = config.section(Slurm)
    if slurm.environment:
        return str(Path(slurm.environment).expanduser() / "bin" / "python")
    return "python3" if slurm.container else sys.executable


def place_warnings(config: Config, place: Place, job: Job) -> list[str]:
    """What may be wrong on the nodes, as far as it can be seen here: a line for each."""
    warnings, slurm = [*_idle_gpus(place, job)], config.section(Slurm)
    if place.gpus and not slurm.cpus_per_node:
        warnings.append(
            "GPUs are asked for, and no CPUs, of which most sites then give one on each node: "
            "set slurm.cpus_per_node, as `r1 slurm init` proposes"
        )
    if slurm.environment and not slurm.container and not Path(place.python).exists():
        warnings.append(
            f"{place.python} is not on this machine: slurm.environment must be right on the nodes"
        )
    if place.python == sys.executable and (lacking := _lacking(job)):
        warnings.append(
            f"the nodes will run {sys.executable}, which has no {', no '.join(lacking)}: install what is "
            "missing, or name another environment with slurm.environment"
        )
    return warnings


def _lacking(job: Job) -> list[str]:
    """What this interpreter has not, and the job needs where it runs; all of them need torch."""
    return lacking_packages(job) or ([] if find_spec("torch") else ["torch"])


def _idle_gpus(place: Place, job: Job) -> Iterator[str]:
    """A warning for GPUs that are asked for and that no role uses."""
    used = max(
        len({gpu for role in job.roles if role.runs_on(node) for gpu in role.gpus})
        for node in range(job.nodes)
    )
    if used < len(place.gpus):
        each = "each task of the array" if job.slurm and job.slurm.array else "each node"
        yield (
            f"{each} asks for {len(place.gpus)} GPUs and uses {used or 'none'}: "
            f"--gpus-per-node {used} asks for no more"
        )
