"""``r1 slurm init``: writes a site profile."""

import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1cli.cli.output import emit, say, say_command
from r1cli.errors import R1Error

if TYPE_CHECKING:
    from r1cli.cluster.partitions import Partition


def _count(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _variables(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in _list(text))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _container(text: str) -> dict[str, str]:
    runtime, _, image = text.partition(" ")
    return {"runtime": runtime, "image": image.strip()}


def _yes(text: str) -> bool:
    return text.lower() in ("y", "yes", "true")


# What is asked beside the partition: key, question, and what becomes of the answer.
_QUESTIONS: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("account", "The account to charge", str),
    ("qos", "The quality of service", str),
    ("time", "The time limit of a job, as 24:00:00", str),
    ("gpus_per_node", "GPUs to ask for on each node", _count),
    ("gpu_request", "How they are asked for", str),
    ("cpus_per_node", "CPUs to ask for on each node", _count),
    ("modules", "Modules to load, as cuda/12.4, gcc", _list),
    ("environment", "The environment with r1 on the nodes, a folder (none: this one)", str),
    ("container", "A container to run in, as `pyxis IMAGE` or `apptainer IMAGE`", _container),
    ("network_interface", "The network interface between the nodes, as ib0", str),
    ("cache_dir", "A folder that all nodes see, for models and datasets of the Hub", str),
    ("scratch_dir", "A folder on each node for temporary files", str),
    ("env", "Variables on the nodes, as NCCL_IB_HCA=mlx5, NCCL_DEBUG=WARN", _variables),
    ("offline", "`yes` if the nodes have no internet", _yes),
)


def init(
    project: Annotated[
        bool, typer.Option("--project", help="Write it for this folder alone, as .r1/slurm.yaml.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept all defaults.")] = False,
    template: Annotated[
        bool, typer.Option("--template", help="Write all keys, commented out, without asking a cluster.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing profile.")] = False,
) -> None:
    """Write a site profile from sinfo's output and your answers.

    `r1 slurm submit` and `r1 slurm check` read it. It is a config file like any other, and can be edited.
    """
    from r1cli.cluster.partitions import ask_sinfo, best
    from r1cli.cluster.site_profile import profile_text, proposal, template_text
    from r1cli.config.site import PROJECT, user_file
    from r1cli.files import write_text

    path = PROJECT if project else user_file()
    if path.exists() and not force:
        raise R1Error("there is already a site profile", where=str(path), fix="edit it, or add --force")
    if template:
        write_text(path, template_text())
        say("its keys are commented out: set the partition, and what else your cluster asks for")
        emit(str(path.absolute()))
        say_command("test the cluster with it", "r1 slurm check --nodes 2")
        return
    try:
        sinfo = ask_sinfo()
    except R1Error as error:
        error.fix += "; without a cluster, `r1 slurm init --template` writes all keys, commented out"
        raise
    known = sinfo.partitions
    for partition in known:
        say(_describe(partition))
    for line in sinfo.unread:
        say(f"left out, because it is not a partition: sinfo prints '{line}'")
    if not known:
        say("sinfo names no partition")
    proposed = best(known)
    answers = proposal(proposed) if yes else _ask_partition(known, proposed)
    if not yes:
        answers |= _ask(answers)
    answers = {key: value for key, value in answers.items() if value not in ("", [], {})}
    _refuse_mistakes(answers)
    write_text(path, profile_text(answers))
    say("site profile written; `r1 slurm check --nodes 2` tests the cluster")
    emit(str(path.absolute()))


def _describe(partition: "Partition") -> str:
    name = f"partition {partition.name}{' (default)' if partition.default else ''}"
    gpus = f"{partition.gpus} GPUs {partition.gpu_kind}".rstrip() if partition.gpus else "no GPUs"
    limit = f"at most {partition.limit}" if partition.limit else "no time limit"
    cpus = f"{partition.cpus} CPUs" if partition.cpus else "an unknown number of CPUs"
    memory = f"{partition.memory // 1000} GB" if partition.memory else "unknown memory"
    nodes = f"{partition.nodes or 'an unknown number of'} nodes of {cpus}, {memory}, {gpus}"
    return f"{name}: {nodes}; {limit}{'' if partition.up else '; down'}"


def _ask_partition(known: "Sequence[Partition]", proposed: "Partition | None") -> dict[str, Any]:
    """The values that follow from the partition of the answer."""
    from r1cli.cluster.site_profile import proposal

    name = _prompt("The partition", proposed.name if proposed else "")
    if not known:
        return {"partition": name}
    found = next((partition for partition in known if partition.name == name), None)
    if name and found is None:
        names = ", ".join(partition.name for partition in known)
        raise R1Error(
            f"there is no partition '{name}'", where="the answer", fix=f"the partitions are {names}"
        )
    return proposal(found)


def _ask(proposed: dict[str, Any]) -> dict[str, Any]:
    """The user's answers; where there is no GPU, nobody is asked how to ask for it."""
    answers: dict[str, Any] = {}
    for key, question, read in _QUESTIONS:
        if key == "gpu_request" and not answers["gpus_per_node"]:
            answers[key] = ""
            continue
        text = _prompt(question, str(proposed.get(key, "")))
        answers[key] = read(text) if text else ""
    return answers


def _prompt(question: str, default: str) -> str:
    """An answer; ``none`` is how a user takes no proposal."""
    with redirect_stdout(sys.stderr):  # with err=True a blank of each prompt still goes to standard output
        answer = str(typer.prompt(question, default=default or "none")).strip()
    return "" if answer.lower() == "none" else answer


def _refuse_mistakes(answers: dict[str, Any]) -> None:
    """Checks the answers against the schema, as if they were flags.

    Raises:
        R1Error: with every mistake.
    """
    from r1cli.commands import find_command
    from r1cli.config.resolve import Request
    from r1cli.config.settings import FLAGS, Setting
    from r1cli.prepare.request import resolve_and_check
    from r1cli.prepare.target import SLURM

    flags = [
        Setting(f"slurm.{key}", value, f"the answer for {key}", FLAGS, str(value))
        for key, value in answers.items()
    ]
    check = find_command("check", hidden=True)
    resolve_and_check(check, Request(flags=tuple(flags)), SLURM.find_place)
