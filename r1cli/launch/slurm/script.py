"""The script that sbatch gets: directives, the site's lines, and one srun."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from r1cli.errors import R1Error
from r1cli.files import resource_dir
from r1cli.launch.endings import RESUMABLE
from r1cli.launch.slurm.node import SLURM_NODE
from r1cli.runs.job import SHARES, Job
from r1cli.runs.slurm_request import SlurmRequest
from r1cli.version import __version__

# Fields of a request that sbatch knows by the same name, in the order of the script.
_DIRECTIVES = (
    "partition", "account", "qos", "time", "mem", "constraint", "exclude", "nodelist", "dependency", "array",
)  # fmt: skip


def render(job: Job) -> str:
    """The text of the script; nothing is written.

    Args:
        job: the plan, with what it asks of the cluster.

    Raises:
        R1Error: the job was planned for a single machine, or its run directory has a name that Slurm cannot
            write to.
    """
    if job.slurm is None:
        raise R1Error(
            "the job was planned for a single machine, not for Slurm",
            where=f"{job.run_dir}/job.json",
            fix=f"plan it for a cluster: `r1 slurm submit {job.command} ...`",
        )
    if "\\" in job.run_dir or not job.run_dir.isprintable():
        raise R1Error(
            "Slurm cannot write into a folder with a backslash or a line break in its path",
            where=job.run_dir,
            fix="choose another --output-dir; spaces, quotes and percent signs are fine",
        )
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(resource_dir("slurm_templates")),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["quote"] = lambda value: shlex.quote(str(value))
    return environment.get_template("job.sh").render(
        version=__version__,
        command=job.command,
        request=job.slurm,
        directives=list(_directives(job, job.slurm)),
        srun=_srun(job, job.slurm),
        supervisor=_supervisor(job, job.slurm),
        resumable=RESUMABLE,
    )


def _directives(job: Job, request: SlurmRequest) -> Iterator[str]:
    """The options of sbatch, as its script has them."""
    run_dir = Path(job.run_dir)
    yield _option("job-name", request.job_name or run_dir.name)
    yield _option("nodes", job.nodes)
    yield _option("ntasks-per-node", 1)
    if request.gpu_request:
        name, _, count = request.gpu_request.partition("=")
        yield _option(name.lstrip("-"), count or True)
    if request.cpus_per_node:
        yield _option("cpus-per-task", request.cpus_per_node)
    for name in _DIRECTIVES:
        if getattr(request, name) is not None:
            yield _option(name, getattr(request, name))
    # sbatch puts values in for %j and the like: a percent sign of the path is doubled.
    folder = str(run_dir / "logs").replace("%", "%%")
    yield _option("output", f"{folder}/slurm-{'%A_%a' if request.array else '%j'}.out")
    yield _option("open-mode", "append")
    yield _option("requeue", True)
    yield _option("signal", f"USR1@{request.stop_before}")
    for name, value in request.sbatch.items():
        yield _option(name, value)


def _option(name: str, value: str | int) -> str:
    if not str(value).isprintable():
        raise R1Error(f"'{name}' has a line break in its value", where=f"slurm: {name}")
    return f"--{name}" if value is True else f"--{name}={_quote(str(value))}"


def _quote(value: str) -> str:
    """A value as sbatch reads it in a script: in double quotes unless it is a plain word."""
    if re.fullmatch(r"[\w./:,=@%+^-]+", value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _srun(job: Job, request: SlurmRequest) -> list[str]:
    """The options of srun: one task on each node; the first that fails ends all."""
    options = [f"--nodes={job.nodes}", "--ntasks-per-node=1", "--kill-on-bad-exit=1"]
    # ALL: with sbatch's own --export, srun would pass on less than the script exports.
    options.append(f"--export=ALL,{SLURM_NODE}=1")
    if request.cpus_per_node:
        # Since Slurm 22.05 srun does not take it from sbatch.
        options.append(f"--cpus-per-task={request.cpus_per_node}")
    container = request.container
    if container and container.runtime == "pyxis":
        options.append(f"--container-image={container.image}")
        if container.mounts:
            options.append(f"--container-mounts={','.join(container.mounts)}")
    return options


def _supervisor(job: Job, request: SlurmRequest) -> str:
    """The command that srun runs on each node, quoted for bash."""
    words = [request.python, "-P", "-m", "r1cli.launch.node"]
    container = request.container
    if container and container.runtime == "apptainer":
        binds = [word for mount in container.mounts for word in ("--bind", mount)]
        gpus = ["--nv"] if request.gpus_per_node else []
        words = ["apptainer", "exec", *gpus, *binds, container.image, *words]
    path = shlex.quote(f"{job.run_dir}/job.json")
    if request.shared:
        path = shlex.quote(f"{job.run_dir}/{SHARES}/") + '"$SLURM_ARRAY_TASK_ID"/job.json'
    return f"{shlex.join(words)} {path}"
