"""What a config asks of a cluster."""

import re
from collections.abc import Iterator
from dataclasses import fields

from r1cli.checks.subject import Subject
from r1cli.commands import as_typed
from r1cli.config.config import VLLM_NODES
from r1cli.config.groups.slurm import Directives, Slurm
from r1cli.config.schema import SECRET, secret_error
from r1cli.errors import R1Error
from r1cli.launch.slurm.array import array_tasks

# As sbatch has it: minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes[:seconds].
_TIME = re.compile(r"(?:(?P<days>\d+)-)?(?P<rest>\d+(?::\d+){0,2})")
_RUNTIMES = ("pyxis", "apptainer")
# As sbatch has it: a number of MiB, or with the unit.
_MEMORY = re.compile(r"\d+(?:[KMGT]B?)?", re.IGNORECASE)
_CONTAINER = {"runtime", "image", "mounts"}
#: What r1 writes into the script itself, and how a user sets it.
_WRITTEN = {
    "output": "--output-dir: the job's output is in its folder logs",
    "open-mode": "the output is always appended to",
    "signal": "--slurm.stop_before",
    "requeue": "--slurm.max_requeues",
    "no-requeue": "--slurm.max_requeues 0",
    "ntasks": "--nodes: each node has one task",
    "ntasks-per-node": "--nodes: each node has one task",
    "cpus-per-task": "--slurm.cpus_per_node",
    "gres": "--gpus-per-node, and slurm.gpu_request for how it is asked for",
    "gpus-per-node": "--gpus-per-node",
    **{name: f"--{name}" for name in ("nodes", "job-name")},
    **{field.name: f"--{field.name}" for field in fields(Directives)},
}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_slurm(subject: Subject) -> Iterator[R1Error]:
    """Whether sbatch would understand it, and the job could do what is asked."""
    if not subject.has("slurm.nodes"):
        return
    yield from _time(subject)
    yield from _memory(subject)
    yield from _array(subject)
    yield from _paths(subject)
    yield from _sbatch(subject)
    yield from _secrets(subject)
    yield from _site(subject)
    yield from _serving(subject)


def seconds(limit: str | int) -> int | None:
    """A time limit of Slurm in seconds; None when it is unlimited, or no time limit.

    A day first makes the next number hours; without one, a single number is minutes, and two are minutes and
    seconds (sbatch's manual, option --time).
    """
    found = _TIME.fullmatch(str(limit))
    if not found:
        return None
    numbers = [int(part) for part in found["rest"].split(":")]
    if found["days"] is not None:
        hours, minutes, rest = (*numbers, 0, 0)[:3]
        return ((int(found["days"]) * 24 + hours) * 60 + minutes) * 60 + rest
    if len(numbers) < 3:
        minutes, rest = (*numbers, 0)[:2]
        return minutes * 60 + rest
    return (numbers[0] * 60 + numbers[1]) * 60 + numbers[2]


def _time(subject: Subject) -> Iterator[R1Error]:
    slurm = subject.config.section(Slurm)
    limit, early = slurm.time, slurm.stop_before
    if limit is None or not subject.has("slurm.time", "slurm.stop_before"):
        return
    found = seconds(limit)
    if found is None and str(limit).upper() not in ("UNLIMITED", "INFINITE"):
        yield R1Error(
            f"slurm.time: '{limit}' is not a time limit",
            where=subject.where("slurm.time"),
            fix="minutes, as 90; or hours:minutes:seconds, as 24:00:00; or days-hours, as 2-12",
        )
    if found and found <= early:
        yield R1Error(
            f"the job is to stop {early} s before its time limit, which is {found} s",
            where=subject.where("slurm.time", "slurm.stop_before"),
            fix=f"a longer --time, or --slurm.stop_before {max(1, found // 4)}",
        )


def _memory(subject: Subject) -> Iterator[R1Error]:
    memory = subject.config.section(Slurm).mem
    if memory is not None and subject.has("slurm.mem") and not _MEMORY.fullmatch(str(memory)):
        yield R1Error(
            f"slurm.mem: '{memory}' is not an amount of memory",
            where=subject.where("slurm.mem"),
            fix="gigabytes of a node, as 200G; 0 for all of it",
        )


def _array(subject: Subject) -> Iterator[R1Error]:
    array = subject.config.section(Slurm).array
    if array is None:
        return
    try:
        array_tasks(str(array))
    except ValueError:
        yield R1Error(
            f"slurm.array: '{array}' is not an array of jobs",
            where=subject.where("slurm.array"),
            fix="as sbatch has it: 0-3, or 1,4,7, followed by %2 for two at a time",
        )
        return
    # Where the tasks do not share the work, they are attempts at one run.
    if not subject.row.shares_work and not str(array).endswith("%1"):
        yield R1Error(
            f"slurm.array: the tasks of '{array}' would write one run directory at the same time",
            where=subject.where("slurm.array"),
            fix=f"one after the other: --array {str(array).partition('%')[0]}%1",
        )


def _paths(subject: Subject) -> Iterator[R1Error]:
    slurm = subject.config.section(Slurm)
    folders = {
        "slurm.environment": slurm.environment,
        "slurm.cache_dir": slurm.cache_dir,
        "slurm.scratch_dir": slurm.scratch_dir,
    }
    for path, folder in folders.items():
        if folder and "$" in folder:
            yield R1Error(
                f"{path}: '{folder}' is used as it is: variables are not replaced",
                where=subject.where(path),
                fix="write the path out, or set what depends on the node in slurm.before: "
                '["export TMPDIR=/scratch/$USER"]',
            )


def _sbatch(subject: Subject) -> Iterator[R1Error]:
    for name in subject.config.section(Slurm).sbatch:
        flag = _WRITTEN.get(str(name).replace("_", "-"))
        if flag:
            yield R1Error(
                f"slurm.sbatch: r1 itself sets sbatch's option '{name}'",
                where=subject.where("slurm.sbatch"),
                fix=f"use {flag}" if flag.startswith("--") else flag,
            )


def _secrets(subject: Subject) -> Iterator[R1Error]:
    """Values of secrets in lines that would be written into the script."""
    slurm = subject.config.section(Slurm)
    scripts = {"slurm.before": slurm.before, "slurm.after": slurm.after}
    lines = [(path, line) for path, script in scripts.items() for line in script]
    export = slurm.sbatch.get("export")
    for path, line in [*lines, *([("slurm.sbatch.export", export)] if export else [])]:
        for name in re.findall(r"(\w+)=", str(line)):
            if SECRET.search(name):
                yield secret_error(f"{path}: {name}", subject.where(path.removesuffix(".export")))


def _site(subject: Subject) -> Iterator[R1Error]:
    slurm = subject.config.section(Slurm)
    container = slurm.container
    if container and (
        container.get("runtime") not in _RUNTIMES
        or not container.get("image")
        or set(container) - _CONTAINER
        or not isinstance(container.get("mounts") or [], list)
    ):
        yield R1Error(
            f"slurm.container: {container} is not a container that can be entered",
            where=subject.where("slurm.container"),
            fix="{runtime: pyxis or apptainer, image: IMAGE, mounts: [/from:/to]}",
        )
    request = slurm.gpu_request
    if not re.fullmatch(r"--[a-z-]+=[^{}]*\{gpus\}[^{}]*", request):
        yield R1Error(
            f"slurm.gpu_request: '{request}' is not an option of sbatch with the number of GPUs",
            where=subject.where("slurm.gpu_request"),
            fix="--gres=gpu:{gpus} or --gpus-per-node={gpus}; GPUs are left out with --gpus 0",
        )
    for name, value in slurm.env.items():
        if not _VARIABLE.fullmatch(str(name)) or isinstance(value, dict | list):
            yield R1Error(
                f"slurm.env: {name}: {value} is not a variable with a value",
                where=subject.where("slurm.env"),
                fix="{NCCL_IB_HCA: mlx5, NCCL_DEBUG: WARN}",
            )
    texts = {"slurm.before": slurm.before, "slurm.after": slurm.after, "slurm.modules": slurm.modules}
    for path, lines in texts.items():
        if not all(isinstance(line, str) for line in lines):
            yield R1Error(f"{path}: expected a list of texts, found {lines}", where=subject.where(path))


def _serving(subject: Subject) -> Iterator[R1Error]:
    config = subject.config
    if not config.section(Slurm).vllm_nodes:
        return
    if not subject.has("vllm.use_vllm", "vllm.vllm_mode"):
        if "vllm.use_vllm" not in config.schema.leaves:
            yield R1Error(
                f"`r1 {as_typed(config.command)}` samples no completions: nodes with vLLM are of no use",
                where=subject.where(VLLM_NODES),
                fix="leave --vllm-nodes out",
            )
        return
    if not config.get("vllm.use_vllm") or config.get("vllm.vllm_mode") != "server":
        yield R1Error(
            "nodes that serve completions are asked for, and the training does not use them",
            where=subject.where(VLLM_NODES, "vllm.use_vllm", "vllm.vllm_mode"),
            fix="--vllm-nodes sets use_vllm and vllm_mode: leave those out, or leave it out",
        )
