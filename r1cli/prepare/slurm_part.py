"""What the job of a config asks of a Slurm cluster."""

from pathlib import Path

from r1cli.config.config import Config
from r1cli.config.groups.slurm import Slurm
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
    gpus, slurm = len(place.gpus), config.section(Slurm)
    return SlurmRequest(
        python=place.python,
        gpus_per_node=gpus,
        gpu_request=slurm.gpu_request.format(gpus=gpus) if gpus else "",
        cpus_per_node=slurm.cpus_per_node,
        job_name=slurm.job_name,
        partition=slurm.partition,
        account=slurm.account,
        qos=slurm.qos,
        time=_text(slurm.time),
        mem=_text(slurm.mem),
        constraint=slurm.constraint,
        exclude=slurm.exclude,
        nodelist=slurm.nodelist,
        dependency=slurm.dependency,
        array=slurm.array,
        shared=shares_work and slurm.array is not None,
        sbatch=_sbatch(slurm),
        stop_before=slurm.stop_before,
        max_requeues=slurm.max_requeues,
        container=_container(slurm),
        modules=tuple(slurm.modules),
        variables=_variables(slurm),
        before=tuple(slurm.before),
        after=tuple(slurm.after),
    )


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)


def _sbatch(slurm: Slurm) -> dict[str, str | bool]:
    """The other options of sbatch; those that are switched off are left out."""
    options = {
        # No long option of sbatch has an underscore, and keys may come with either.
        str(name).replace("_", "-"): value
        for name, value in slurm.sbatch.items()
        if value is not None and str(value).lower() != "false"
    }
    return {name: str(value).lower() == "true" or str(value) for name, value in options.items()}


def _container(slurm: Slurm) -> Container | None:
    found = slurm.container
    return Container(found["runtime"], found["image"], tuple(found.get("mounts") or ())) if found else None


def _variables(slurm: Slurm) -> dict[str, str]:
    """What the script exports; the site's own variables win."""
    variables: dict[str, str] = {}
    if slurm.network_interface:
        names = (INTERFACE, "NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME")
        variables |= dict.fromkeys(names, slurm.network_interface)
    if slurm.cache_dir:
        variables["HF_HOME"] = str(Path(slurm.cache_dir).expanduser())
    if slurm.scratch_dir:
        variables["TMPDIR"] = str(Path(slurm.scratch_dir).expanduser())
    return {**variables, **{name: str(value) for name, value in slurm.env.items()}}
