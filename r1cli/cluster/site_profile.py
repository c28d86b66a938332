"""The text of a site profile: what is particular to a cluster, each key with what it is for."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from r1cli.cluster.check_plan import check_schema
from r1cli.cluster.partitions import Partition
from r1cli.config.config import OFFLINE
from r1cli.config.groups.slurm import Slurm
from r1cli.config.leaf import Leaf
from r1cli.config.section import leaves_of
from r1cli.yaml12 import to_yaml

#: What is the cluster's, and not a single job's.
KEYS = (
    "partition", "account", "qos", "time", "gpus_per_node", "gpu_request", "cpus_per_node", "modules",
    "environment", "container", "network_interface", "cache_dir", "scratch_dir", "env",
)  # fmt: skip
# Less common, and those of one job that a site may set as well.
_MORE = (
    "mem", "constraint", "exclude", "nodelist", "stop_before", "max_requeues", "sbatch", "before", "after",
)  # fmt: skip
_HEAD = "# A site profile: the settings of this cluster. A job's own flags and config override it.\n"


def proposal(partition: Partition | None) -> dict[str, Any]:
    """What sinfo says of a partition, as values of the keys."""
    if partition is None:
        return {}
    known = {
        "partition": partition.name,
        "time": partition.limit,
        "gpus_per_node": partition.gpus,
        "gpu_request": partition.gpu_request() if partition.gpus else "",
        "cpus_per_node": partition.cpus or "",
    }
    return {name: value for name, value in known.items() if value != ""}


def profile_text(answers: Mapping[str, Any]) -> str:
    """A config file with these keys of ``slurm``, in the order of `KEYS`, and ``offline`` of ``launch``."""
    lines = [_HEAD, "slurm:\n"]
    for name in KEYS:
        lines += _entry(f"slurm.{name}", answers)
    left = ", ".join(name for name in (*KEYS, *_MORE) if name not in answers)
    more = f"There are also {left}: `r1 config keys sft slurm` says what they are."
    lines += [f"  # {line}\n" for line in wrap(more, 100)]
    if "offline" in answers:
        lines += ["launch:\n", *_entry(OFFLINE, answers)]
    return "".join(lines)


def template_text() -> str:
    """A config file with every key of a cluster and ``offline``, commented out, each with what it is for."""
    leaves = {leaf.name: leaf for leaf in leaves_of(Slurm)}
    lines = [_HEAD, "# Uncomment the keys that apply to this cluster.\nslurm:\n"]
    for name in (*KEYS, *_MORE):
        lines += _commented(leaves[name])
    return "".join([*lines, "launch:\n", *_commented(check_schema().leaves[OFFLINE])])


def _commented(leaf: Leaf) -> list[str]:
    """The lines of one key with its default, none of which is read."""
    text = to_yaml({leaf.name: leaf.default}).splitlines()
    return [*(f"  ## {line}\n" for line in wrap(leaf.help, 100)), *(f"  # {line}\n" for line in text)]


def _entry(path: str, answers: Mapping[str, Any]) -> list[str]:
    """The lines of one key, if it was answered."""
    leaf = check_schema().leaves[path]
    if leaf.name not in answers:
        return []
    text = to_yaml({leaf.name: answers[leaf.name]})
    return [f"  # {leaf.help}\n", *(f"  {line}\n" for line in text.splitlines())]
