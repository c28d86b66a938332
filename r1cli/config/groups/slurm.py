"""The group ``slurm``: what a job asks of a cluster, and what is particular to a site."""

from dataclasses import dataclass
from typing import Any

from r1cli.config.bounds import ONE_OR_MORE, SHARE, ZERO_OR_MORE, Range
from r1cli.config.section import Section, key


@dataclass(frozen=True)
class Directives(Section):
    """What sbatch knows under the same name."""

    group = "slurm"

    partition: str | None = key(None, "the partition")
    account: str | None = key(None, "account to charge")
    qos: str | None = key(None, "the quality of service")
    time: str | int | None = key(None, "the time limit: minutes, or as 1-12:00:00")
    mem: str | int | None = key(None, "memory of each node, as 200G; 0 takes all")
    constraint: str | None = key(None, "features that the nodes must have")
    exclude: str | None = key(None, "nodes not to run on")
    nodelist: str | None = key(None, "nodes to run on")
    dependency: str | None = key(None, "jobs to wait for, as afterok:123")
    array: str | None = key(None, "indices of a job array, as 0-9%1")


@dataclass(frozen=True)
class Slurm(Directives):
    """A job on a cluster."""

    nodes: int = key(1, "how many nodes, those of vLLM included", range=ONE_OR_MORE)
    gpus_per_node: int | None = key(None, "GPUs of each node; 8 when not set", range=ZERO_OR_MORE)
    cpus_per_node: int | None = key(
        None, "CPUs to ask for on each node; the site's default when not set", range=ONE_OR_MORE
    )
    vllm_nodes: int = key(0, "how many of the nodes serve completions with vLLM", range=SHARE)
    job_name: str | None = key(None, "the job's name; that of the run directory when not set")
    sbatch: dict[str, Any] = key({}, "any other option of sbatch: {reservation: NAME, exclusive: true}")
    gpu_request: str = key(
        "--gres=gpu:{gpus}",
        "how the site wants to be asked for GPUs: --gres=gpu:{gpus}, --gpus-per-node=a100:{gpus}",
    )
    modules: list[str] = key([], "environment modules to load on the nodes")
    environment: str | None = key(
        None, "the folder of the virtual or conda environment that has r1 on the nodes"
    )
    container: dict[str, Any] = key(
        {}, "a container to run in: {runtime: pyxis or apptainer, image: IMAGE, mounts: [/from:/to]}"
    )
    network_interface: str | None = key(None, "the network interface between the nodes, as ib0")
    cache_dir: str | None = key(None, "a folder that all nodes see, for what comes from the Hub")
    scratch_dir: str | None = key(None, "a folder on each node for temporary files")
    env: dict[str, Any] = key({}, "variables on the nodes, as {NCCL_IB_HCA: mlx5}")
    before: list[str] = key([], "lines of bash that the script runs before everything else")
    after: list[str] = key([], "lines of bash that the script runs at its end")
    max_requeues: int = key(10, "how often a job that met its time limit is queued again", range=ZERO_OR_MORE)
    stop_before: int = key(
        180,
        "seconds before the time limit at which a checkpoint is written, and the job queued again",
        range=Range(1, 65535),
    )
