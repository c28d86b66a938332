"""SlurmRequest: what a job asks of a Slurm cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Container:
    """A container that the supervisors run in.

    Args:
        runtime: "pyxis" or "apptainer".
        image: an image, as the runtime names it.
        mounts: folders to mount, each as ``/from:/to``.
    """

    runtime: str
    image: str
    mounts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SlurmRequest:
    """Everything that the sbatch script of a job says, apart from how many nodes: those the job's roles take.

    What is None is not asked for, and the site's default applies.

    Args:
        python: the interpreter on the nodes that has r1.
        gpus_per_node: number of GPUs of each node.
        gpu_request: the option of sbatch that asks for them, as ``--gres=gpu:8``; empty for none.
        cpus_per_node: number of CPUs of each node.
        job_name: the name in the queue; that of the run directory when not set.
        partition: the partition.
        account: the account to charge.
        qos: the quality of service.
        time: the time limit: minutes, or ``days-hours:minutes:seconds`` and the other forms of sbatch.
        mem: memory of each node: MB, or with a unit, as ``200G``; "0" takes all.
        constraint: features that the nodes must have.
        exclude: nodes to avoid.
        nodelist: nodes to run on.
        dependency: jobs to wait for, as ``afterok:123``.
        array: indices of a job array, as ``0-9%1``.
        shared: each task of the array has a share of the work; otherwise each runs the whole job.
        sbatch: other options of sbatch, by name without dashes; True for one without a value.
        stop_before: seconds before the time limit at which the job gets a signal to write a checkpoint.
        max_requeues: how many times a job that stopped so is queued again.
        container: what the supervisors run in.
        modules: environment modules to load.
        variables: environment variables to export.
        before: lines of bash at the beginning of the script.
        after: lines of bash after srun.
    """

    python: str
    gpus_per_node: int = 0
    gpu_request: str = ""
    cpus_per_node: int | None = None
    job_name: str | None = None
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    time: str | None = None
    mem: str | None = None
    constraint: str | None = None
    exclude: str | None = None
    nodelist: str | None = None
    dependency: str | None = None
    array: str | None = None
    shared: bool = False
    sbatch: Mapping[str, str | bool] = field(default_factory=dict)
    stop_before: int
    max_requeues: int
    container: Container | None = None
    modules: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @classmethod
    def from_tree(cls, tree: Mapping[str, Any]) -> "SlurmRequest":
        """The request that JSON, or `dataclasses.asdict`, has as plain values."""
        container = tree.get("container")
        if container:
            container = Container(**{**container, "mounts": tuple(container["mounts"])})
        lines = {name: tuple(tree.get(name, ())) for name in ("modules", "before", "after")}
        return cls(**{**tree, **lines, "container": container})
