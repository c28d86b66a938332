"""The group ``slurm``: what a job asks of a cluster, and what is particular to a site."""

from typing import Any

from r1cli.config.bounds import ONE_OR_MORE, ZERO_OR_MORE, Range
from r1cli.config.section import Section, key


class Directives(Section):
    """What sbatch knows under the same name."""

    group = "slurm"

    partition: str | None = key("the partition", default=None)
    account: str | None = key("account to charge", default=None)
    qos: str | None = key("the quality of service", default=None)
    time: str | int | None = key("the time limit: minutes, or as 1-12:00:00", default=None)
    mem: str | int | None = key("memory of each node, as 200G; 0 takes all", default=None)
    constraint: str | None = key("features that the nodes must have", default=None)
    exclude: str | None = key("nodes to avoid", default=None)
    nodelist: str | None = key("nodes to run on", default=None)
    dependency: str | None = key("jobs to wait for, as afterok:123", default=None)
    array: str | None = key("indices of a job array, as 0-9%1", default=None)


class Slurm(Directives):
    """A job on a cluster."""

    nodes: int = key("how many nodes, those of vLLM included", default=1, range=ONE_OR_MORE)
    gpus_per_node: int | None = key(
        "GPUs of each node", default=None, unset="8, or 0 with a preset for the CPU", range=ZERO_OR_MORE
    )
    cpus_per_node: int | None = key(
        "CPUs to ask for on each node", default=None, unset="the site's", range=ONE_OR_MORE
    )
    vllm_nodes: int = key(
        "how many of the nodes serve completions with vLLM: 0 or 1", default=0, range=ZERO_OR_MORE
    )
    job_name: str | None = key("the job's name", default=None, unset="that of the run directory")
    sbatch: dict[str, Any] = key(
        "any other option of sbatch: {reservation: NAME, exclusive: true}", default={}
    )
    gpu_request: str = key(
        "the site's option to request GPUs: --gres=gpu:{gpus}, --gpus-per-node=a100:{gpus}",
        default="--gres=gpu:{gpus}",
    )
    modules: list[str] = key("environment modules to load on the nodes", default=[])
    environment: str | None = key(
        "the folder of the virtual or conda environment that has r1 on the nodes", default=None
    )
    container: dict[str, Any] = key(
        "a container to run in: {runtime: pyxis or apptainer, image: IMAGE, mounts: [/from:/to]}", default={}
    )
    network_interface: str | None = key("the network interface between the nodes, as ib0", default=None)
    cache_dir: str | None = key("a folder that all nodes see, for what comes from the Hub", default=None)
    scratch_dir: str | None = key("a folder on each node for temporary files", default=None)
    env: dict[str, Any] = key("variables on the nodes, as {NCCL_IB_HCA: mlx5}", default={})
    before: list[str] = key("lines of bash that the script runs before everything else", default=[])
    after: list[str] = key("lines of bash that the script runs at its end", default=[])
    max_requeues: int = key(
        "how often a job that met its time limit is queued again", default=10, range=ZERO_OR_MORE
    )
    stop_before: int = key(
        "seconds before the time limit at which a checkpoint is written, and the job queued again",
        default=180,
        range=Range(1, 65535),
    )
