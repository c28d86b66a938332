"""The leaves of the group ``slurm``: what a job asks of a cluster, and what is particular to a site."""

from r1cli.config.leaf import Leaf

_TEXT = ("string", "null")
_COUNT = ("integer", "null")


def _text(name: str, help: str) -> Leaf:
    return Leaf(f"slurm.{name}", _TEXT, None, help)


#: What sbatch knows under the same name.
DIRECTIVES = (
    _text("partition", "the partition"),
    _text("account", "account to charge"),
    _text("qos", "the quality of service"),
    Leaf("slurm.time", ("string", "integer", "null"), None, "the time limit: minutes, or as 1-12:00:00"),
    Leaf("slurm.mem", ("string", "integer", "null"), None, "memory of each node, as 200G; 0 takes all"),
    _text("constraint", "features that the nodes must have"),
    _text("exclude", "nodes not to run on"),
    _text("nodelist", "nodes to run on"),
    _text("dependency", "jobs to wait for, as afterok:123"),
    _text("array", "indices of a job array, as 0-9%1"),
)

_SITE = (
    Leaf("slurm.nodes", ("integer",), 1, "how many nodes, those of vLLM included"),
    Leaf("slurm.gpus_per_node", _COUNT, None, "GPUs of each node; 8 when not set"),
    Leaf(
        "slurm.cpus_per_node", _COUNT, None, "CPUs to ask for on each node; the site's default when not set"
    ),
    Leaf("slurm.vllm_nodes", ("integer",), 0, "how many of the nodes serve completions with vLLM"),
    _text("job_name", "the job's name; that of the run directory when not set"),
    Leaf("slurm.sbatch", ("object",), {}, "any other option of sbatch: {reservation: NAME, exclusive: true}"),
    Leaf(
        "slurm.gpu_request",
        ("string",),
        "--gres=gpu:{gpus}",
        "how the site wants to be asked for GPUs: --gres=gpu:{gpus}, --gpus-per-node=a100:{gpus}",
    ),
    Leaf("slurm.modules", ("array",), [], "environment modules to load on the nodes"),
    _text("environment", "the folder of the virtual or conda environment that has r1 on the nodes"),
    Leaf(
        "slurm.container",
        ("object",),
        {},
        "a container to run in: {runtime: pyxis or apptainer, image: IMAGE, mounts: [/from:/to]}",
    ),
    _text("network_interface", "the network interface between the nodes, as ib0"),
    _text("cache_dir", "a folder that all nodes see, for what comes from the Hub"),
    _text("scratch_dir", "a folder on each node for temporary files"),
    Leaf("slurm.env", ("object",), {}, "variables on the nodes, as {NCCL_IB_HCA: mlx5}"),
    Leaf("slurm.before", ("array",), [], "lines of bash that the script runs before everything else"),
    Leaf("slurm.after", ("array",), [], "lines of bash that the script runs at its end"),
    Leaf("slurm.max_requeues", ("integer",), 10, "how often a job that met its time limit is queued again"),
    Leaf(
        "slurm.stop_before",
        ("integer",),
        180,
        "seconds before the time limit at which a checkpoint is written, and the job queued again",
    ),
)

SLURM = (*DIRECTIVES, *_SITE)
