"""What the job of a config asks of a Slurm cluster."""

from pathlib import Path
from typing import Any

from r1cli.config.config import Config
from r1cli.config.slurm_leaves import DIRECTIVES
from r1cli.launch.place import Place
from r1cli.launch.slurm.node import INTERFACE
from r1cli.runs.slurm_request import Container, SlurmRequest


def slurm_request(config: Config, place: Place, *, shares_work: bool) -> SlurmRequest:
    """The Slurm part of a job: `Job.slurm`.

    Args:
        config: with the group ``slurm``.
        place: that the job is planned for.
        shares_work: the tasks of an array share the work of the command; otherwise each runs the whole job.
    """
    gpus = len(place.gpus)
    return SlurmRequest(
        python=place.python,
        gpus_per_node=gpus,
        gpu_request=config.get("slurm.gpu_request").format(gpus=gpus) if gpus else "",
        cpus_per_node=config.get("slurm.cpus_per_node"),
        job_name=_text(config.get("slurm.job_name")),
        shared=shares_work and config.get("slurm.array") is not None,
        sbatch=_sbatch(config),
        stop_before=config.get("slurm.stop_before"),
        max_requeues=config.get("slurm.max_requeues"),
        container=_container(config),
        modules=tuple(config.get("slurm.modules")),
        variables=_variables(config),
        before=tuple(config.get("slurm.before")),
        after=tuple(config.get("slurm.after")),
        **{leaf.name: _text(config.get(leaf.path)) for leaf in DIRECTIVES},
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _sbatch(config: Config) -> dict[str, str | bool]:
    """The other options of sbatch; those that are switched off are left out."""
    options = {
        # No long option of sbatch has an underscore, and keys may come with either.
        str(name).replace("_", "-"): value
        for name, value in config.get("slurm.sbatch").items()
        if value is not None and str(value).lower() != "false"
    }
    return {name: str(value).lower() == "true" or str(value) for name, value in options.items()}


def _container(config: Config) -> Container | None:
    found = config.get("slurm.container")
    return Container(found["runtime"], found["image"], tuple(found.get("mounts") or ())) if found else None


def _variables(config: Config) -> dict[str, str]:
    """What the script exports; the site's own variables win."""
    variables: dict[str, str] = {}
    if config.get("slurm.network_interface"):
        interface = config.get("slurm.network_interface")
        variables |= dict.fromkeys((INTERFACE, "NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"), interface)
    if config.get("slurm.cache_dir"):
        variables["HF_HOME"] = str(Path(config.get("slurm.cache_dir")).expanduser())
    if config.get("slurm.scratch_dir"):
        variables["TMPDIR"] = str(Path(config.get("slurm.scratch_dir")).expanduser())
    return {**variables, **{name: str(value) for name, value in config.get("slurm.env").items()}}
