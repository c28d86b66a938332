"""How every command starts: a request is resolved, checked, placed and planned; nothing is written."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from r1cli.checks import find_mistakes, find_warnings
from r1cli.checks.needed_columns import with_needed_columns
from r1cli.checks.subject import NOTHING_PROMISED, Promised, Subject
from r1cli.commands import Command, find_command, load
from r1cli.config.config import OUTPUT_DIR, Config, from_tree
from r1cli.config.record import provenance
from r1cli.config.resolve import Request, gather
from r1cli.config.schema import schema_of
from r1cli.errors import R1Error
from r1cli.launch.place import Place
from r1cli.prepare.offline import kept_offline
from r1cli.prepare.target import THIS_MACHINE, Target
from r1cli.runs.job import Job
from r1cli.runs.moved_paths import follow_move, recorded_dir
from r1cli.runs.run_dir import read_run

#: Nothing beside what is repeated.
NOTHING_ASKED = Request()
#: How ``--output-dir`` may be spelt.
_RUN_DIR = ("output_dir", OUTPUT_DIR)


@dataclass(frozen=True)
class Prepared:
    """A request, ready to be launched or shown.

    Args:
        row: the command.
        request: what was asked for.
        config: with the warnings of resolving and checking.
        place: what the job is planned for.
        job: the plan.
        warnings: everything the user should know, a sentence each.
    """

    row: Command
    request: Request
    config: Config
    place: Place
    job: Job
    warnings: tuple[str, ...]


def prepare(
    command: str, request: Request, target: Target = THIS_MACHINE, promised: Promised = NOTHING_PROMISED
) -> Prepared:
    """Resolves a request, checks it, finds its place, and plans it.

    Args:
        command: its name.
        request: what the user typed.
        target: where it is to run.
        promised: inputs that an earlier stage will have made by then.

    Raises:
        R1Error: with every mistake found.
    """
    row = find_command(command, hidden=True)
    request = replace(request, site=target.site_files())
    config, place = resolve_and_check(row, request, target.find_place, promised)
    if row.run_dir and config.origins[OUTPUT_DIR] != "default":
        run_dir = load(row.run_dir)(Path(config.get(OUTPUT_DIR)).absolute())
        config = replace(config, values={**config.values, OUTPUT_DIR: str(run_dir)})
    planned: Job = load(row.plan)(config, place)
    planned = replace(planned, record={**planned.record, **provenance()})
    job = target.finish(kept_offline(planned, config), config, place, row)
    warnings = (*config.warnings, *target.warnings(config, place, job))
    return Prepared(row, request, config, place, job, warnings)


def resolve_and_check(
    row: Command,
    request: Request,
    find_place: Callable[[Config], Place] = THIS_MACHINE.find_place,
    promised: Promised = NOTHING_PROMISED,
) -> tuple[Config, Place]:
    """The config of a request and the place it is for, checked as far as can be without loading anything.

    Raises:
        R1Error: with every mistake found.
    """
    drafted = gather(schema_of(row), request, row.default_preset)
    config, errors, place = drafted.config(request.profile), list(drafted.errors), None
    if not any(path.startswith(("launch.", "slurm.")) for path in drafted.unread):
        try:
            place = find_place(config)
        except R1Error as error:
            errors += error.all()
    subject = Subject(config, place, frozenset(drafted.unread), drafted.whole, promised)
    config = with_needed_columns(subject)
    subject = replace(subject, config=config)
    errors += find_mistakes(subject)
    if errors or place is None:
        raise R1Error.together(errors, config.warnings)
    return replace(config, warnings=(*config.warnings, *find_warnings(subject))), place


@dataclass(frozen=True)
class Repeat:
    """What repeats a run: the command and its request, and whether the run was a cluster's."""

    command: str
    request: Request
    on_slurm: bool


def repeat_run(run_dir: Path, overrides: Request = NOTHING_ASKED) -> Repeat:
    """What repeats a run; where it writes is left out, unless the overrides name the run's own directory.

    Raises:
        R1Error: the directory is not a run directory.
    """
    run = read_run(run_dir)
    row = find_command(run["command"], str(run_dir / "run.yaml"), hidden=True)
    places = [setting.value for setting in overrides.flags if setting.key.replace("-", "_") in _RUN_DIR]
    resumes = any(Path(str(place)).absolute() == run_dir.absolute() for place in places)
    left_out = (OUTPUT_DIR, *(() if resumes else row.outputs))
    base, recorded = from_tree(run["config"], f"run {run_dir}"), recorded_dir(run_dir)
    settings = tuple(
        replace(setting, value=follow_move(setting.value, recorded, run_dir))
        for setting in base
        if setting.key not in left_out
    )
    on_slurm = (run_dir / "job.json").is_file() and Job.read(run_dir).slurm is not None
    return Repeat(row.name, replace(overrides, base=settings, base_preset=run["preset"]), on_slurm)
