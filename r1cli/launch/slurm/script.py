"""The script that sbatch gets: directives, the site's lines, and one srun."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from r1cli import __version__
from r1cli.config.config import Config
from r1cli.config.slurm_leaves import DIRECTIVES
from r1cli.errors import R1Error
from r1cli.files import resource_dir
from r1cli.launch.node import RESUMABLE
from r1cli.launch.place import Place
from r1cli.launch.slurm.node import INTERFACE
from r1cli.runs.job import SHARES, Job


def render(job: Job, config: Config, place: Place, shared: bool = False) -> str:
    """The text of the script; nothing is written.

    Args:
        job: the plan.
        config: with the group ``slurm``.
        place: that the job is planned for.
        shared: each task of the array has a share of its own.

    Raises:
        R1Error: Slurm could not write into the run directory, for its name.
    """
    if "\\" in job.run_dir or not job.run_dir.isprintable():
        raise R1Error(
            "Slurm writes into no folder with a backslash or a line break in its path",
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
        directives=list(_directives(job, config, place)),
        before=config.get("slurm.before"),
        modules=config.get("slurm.modules"),
        variables=_variables(config),
        srun=_srun(config, place),
        supervisor=_supervisor(job, config, place, shared),
        after=config.get("slurm.after"),
        resumable=RESUMABLE,
        max_requeues=config.get("slurm.max_requeues"),
    )


def _directives(job: Job, config: Config, place: Place) -> Iterator[str]:
    """The options of sbatch, as its script has them."""
    run_dir = Path(job.run_dir)
    yield _option("job-name", config.get("slurm.job_name") or run_dir.name)
    yield _option("nodes", place.nodes)
    yield _option("ntasks-per-node", 1)
    if place.gpus:
        name, _, value = config.get("slurm.gpu_request").format(gpus=len(place.gpus)).partition("=")
        yield _option(name.lstrip("-"), value or True)
    if config.get("slurm.cpus_per_node"):
        yield _option("cpus-per-task", config.get("slurm.cpus_per_node"))
    for leaf in DIRECTIVES:
        if config.get(leaf.path) is not None:
            yield _option(leaf.name, config.get(leaf.path))
    # sbatch puts values in for %j and the like: a percent sign of the path is doubled.
    folder = str(run_dir / "logs").replace("%", "%%")
    yield _option("output", f"{folder}/slurm-{'%A_%a' if config.get('slurm.array') else '%j'}.out")
    yield _option("open-mode", "append")
    yield _option("requeue", True)
    yield _option("signal", f"USR1@{config.get('slurm.stop_before')}")
    for name, value in config.get("slurm.sbatch").items():
        if value not in (None, False, "false"):
            # No long option of sbatch has an underscore, and keys may come with either.
            yield _option(name.replace("_", "-"), True if value == "true" else value)


def _option(name: str, value: Any) -> str:
    if not str(value).isprintable():
        raise R1Error(f"'{name}' has a line break in its value", where=f"slurm: {name}")
    return f"--{name}" if value is True else f"--{name}={_quote(str(value))}"


def _quote(value: str) -> str:
    """A value as sbatch reads it in a script: other than plain words in double quotes, with backslashes."""
    if re.fullmatch(r"[\w./:,=@%+^-]+", value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _variables(config: Config) -> dict[str, str]:
    """What the script exports; the site's word is the last."""
    variables: dict[str, str] = {}
    if config.get("slurm.network_interface"):
        interface = config.get("slurm.network_interface")
        variables |= dict.fromkeys((INTERFACE, "NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"), interface)
    if config.get("slurm.cache_dir"):
        variables["HF_HOME"] = str(Path(config.get("slurm.cache_dir")).expanduser())
    if config.get("slurm.scratch_dir"):
        variables["TMPDIR"] = str(Path(config.get("slurm.scratch_dir")).expanduser())
    return {**variables, **{name: str(value) for name, value in config.get("slurm.env").items()}}


def _srun(config: Config, place: Place) -> list[str]:
    """The options of srun: one task on each node; the first that fails ends all."""
    options = [f"--nodes={place.nodes}", "--ntasks-per-node=1", "--kill-on-bad-exit=1"]
    if config.get("slurm.cpus_per_node"):
        # Since Slurm 22.05 srun does not take it from sbatch.
        options.append(f"--cpus-per-task={config.get('slurm.cpus_per_node')}")
    container = config.get("slurm.container")
    if container and container["runtime"] == "pyxis":
        options.append(f"--container-image={container['image']}")
        if container.get("mounts"):
            options.append(f"--container-mounts={','.join(container['mounts'])}")
    return options


def _supervisor(job: Job, config: Config, place: Place, shared: bool) -> str:
    """The command that srun runs on each node, quoted for bash."""
    words = [place.python, "-m", "r1cli.launch.node"]
    container = config.get("slurm.container")
    if container and container["runtime"] == "apptainer":
        binds = [word for mount in container.get("mounts") or () for word in ("--bind", mount)]
        gpus = ["--nv"] if place.gpus else []
        words = ["apptainer", "exec", *gpus, *binds, container["image"], *words]
    path = shlex.quote(f"{job.run_dir}/job.json")
    if shared:
        path = shlex.quote(f"{job.run_dir}/{SHARES}/") + '"$SLURM_ARRAY_TASK_ID"/job.json'
    return f"{shlex.join(words)} {path}"
