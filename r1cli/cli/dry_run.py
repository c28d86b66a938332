"""``--dry-run``: what decides the run, its config and its exact commands; and the files that these need."""

import json
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from r1cli.cli.output import data_width, emit, say
from r1cli.cli.wrapping import hanging
from r1cli.commands import as_typed, load
from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.resolve import Request
from r1cli.config.settings import FLAGS, Setting
from r1cli.errors import R1Error
from r1cli.launch.machine import check_machine, machine_warnings
from r1cli.prepare.request import Prepared
from r1cli.runs.job import Job
from r1cli.runs.run_dir import claim, inspect, writable, write_job
from r1cli.yaml12 import to_yaml


@dataclass(frozen=True)
class DryRun:
    """What to show in place of a run.

    Args:
        as_json: JSON in place of text.
        every: each value of the config, in place of those that are set.
        write: the run directory to write what the printed command needs.
    """

    as_json: bool = False
    every: bool = False
    write: Path | None = None


def asked_for(dry_run: bool, as_json: bool, every: bool = False, write: Path | None = None) -> DryRun | None:
    """The dry run that options ask for; None for a run.

    Raises:
        R1Error: options that are about a plan would start a run by mistake.
    """
    given = {"--json": as_json, "--all": every, "--write": write is not None}
    flag = next((name for name, is_given in given.items() if is_given), "")
    if flag and not dry_run:
        raise R1Error(f"{flag} is about a plan, and runs nothing", where=f"flag {flag}", fix="add --dry-run")
    return DryRun(as_json, every, write) if dry_run else None


def to_be_written(request: Request, dry_run: DryRun) -> Request:
    """The request, with the folder of ``--write`` as its run directory."""
    if dry_run.write is None:
        return request
    setting = Setting(OUTPUT_DIR, str(dry_run.write), "flag --write", FLAGS)
    return replace(request, flags=(*request.flags, setting))


def show_plan(prepared: Prepared, dry_run: DryRun, first: Job | None = None) -> None:
    """Prints a plan, writes what its commands need if that is asked for, and says what speaks against a run.

    Args:
        prepared: the request.
        dry_run: how it is shown.
        first: the job that makes what it starts from.

    Raises:
        R1Error: the folder of ``--write`` contains something.
    """
    jobs = [*([first] if first else []), prepared.job]
    refusals = _refusals(jobs)
    if dry_run.write is not None:
        for job in jobs:
            _write(job)
    if dry_run.as_json:
        tree = plan_as_tree(prepared, every=dry_run.every) | {"refused": [one.fields() for one in refusals]}
        tree |= {"first": json.loads(first.to_json())} if first else {}
        emit(json.dumps(tree, indent=2, default=str))
    else:
        emit(dry_run_text(prepared, every=dry_run.every, first=first, written=dry_run.write is not None))
    if refusals:
        reasons = "\n".join(f"- {one.what}" + (f"\n  fix: {one.fix}" if one.fix else "") for one in refusals)
        say(f"\nthis machine would refuse to run this:\n{reasons}")
    for warning in dict.fromkeys(one for job in jobs if not job.slurm for one in machine_warnings(job)):
        say(f"warning: {warning}")
    if dry_run.write is not None:
        folders = " and ".join(job.run_dir for job in jobs)
        say(f"written to {folders}: {_by_hand(prepared.job, after=first)}")


def _by_hand(job: Job, after: Job | None) -> str:
    """What can be typed once a job is written, and the one that makes what it starts from."""
    if after is not None:
        return "the commands above can be run by hand, in this order"
    if len(job.roles) == 1 and not job.roles[0].shell_variables():
        return "the command above can be run by hand"
    if job.nodes > 1:
        return "the command above can be run on each node, with the variables that it names"
    # It finds the ports, and starts the roles in their order.
    whole = shlex.join((sys.executable, "-P", "-m", "r1cli.launch.node", f"{job.run_dir}/job.json"))
    return f"all roles together are run by\n{whole}"


def preset_title(prepared: Prepared) -> str:
    config, request = prepared.config, prepared.request
    if config.preset and not (request.preset or request.base_preset):
        return f"{config.preset} (the default of `r1 {as_typed(config.command)}` where no dataset is named)"
    return config.preset or "none"


def dry_run_text(
    prepared: Prepared, *, every: bool = False, first: Job | None = None, written: bool = False
) -> str:
    """What decides the run, the config as YAML, and each role's exact command line after it as a comment."""
    config, job = prepared.config, prepared.job
    profile = f", profile: {config.profile}" if config.profile else ""
    lines = [f"# preset: {preset_title(prepared)}{profile}"]
    facts = _facts(prepared)
    width = max((len(name) for name, _ in facts), default=0)
    room = (data_width() or sys.maxsize) - len("# ")
    for name, value in facts:
        lines += (f"# {line}" for line in hanging(f"  {name:<{width}}  ", value, room))
    lines.append(to_yaml(_values(config, every)).rstrip())
    if first:
        lines += ["# first, what it starts from:", *(role.command_line() for role in first.roles)]
    for role in job.roles:
        gpus = f"GPU ids on each node: {', '.join(role.gpus)}" if role.gpus else "no GPU"
        lines.append(f"# role {role.name}: world size {role.world_size}, {gpus}")
        lines.append(f"# run directory{'' if written else ', written when it is launched'}: {job.run_dir}")
        lines += [f"# ${name}: {meaning}" for name, meaning in role.shell_variables().items()]
        lines.append(role.command_line())
    return "\n".join([*lines, *(f"# {line}" for line in _forecast(prepared))])


def plan_as_tree(prepared: Prepared, *, every: bool = False) -> dict[str, Any]:
    """A plan, for JSON."""
    config, job = prepared.config, prepared.job
    return {
        "preset": config.preset,
        "profile": config.profile,
        "facts": dict(_facts(prepared)),
        "config": _values(config, every),
        "origins": config.origins,
        "job": json.loads(job.to_json()),
        "forecast": _forecast(prepared),
        "world_size": sum(role.world_size for role in job.roles if not role.service),
    }


def _values(config: Config, every: bool) -> dict[str, Any]:
    """The values that are set, as a tree; with ``every``, the defaults of all other keys too."""
    if not every:
        return config.nested()
    defaults = {path: leaf.default for path, leaf in config.schema.leaves.items()}
    return replace(config, values={**defaults, **config.values}).nested()


def _facts(prepared: Prepared) -> list[tuple[str, str]]:
    """What decides the run, if the command can say."""
    row = prepared.row
    found: list[tuple[str, str]] = load(row.facts)(prepared.config, prepared.place) if row.facts else []
    return found


def _forecast(prepared: Prepared) -> list[str]:
    """How much there is to do, if the command can say."""
    found: list[str] = load(prepared.row.forecast)(prepared.config) if prepared.row.forecast else []
    return found


def _refusals(jobs: list[Job]) -> list[R1Error]:
    """What would keep the jobs from being started here."""
    found: dict[str, R1Error] = {}
    for job in jobs:
        for look in (check_machine, inspect):
            try:
                look(job)
            except R1Error as error:
                found |= {one.what: one for one in error.all()}
    return list(found.values())


def _write(job: Job) -> None:
    """Writes the run directory of a job, unless there is a run in it.

    Raises:
        R1Error: something else is there, or it cannot be written.
    """
    if inspect(job) == "finished":
        return
    run_dir = Path(job.run_dir)
    with claim(run_dir), writable(run_dir):
        write_job(job)
