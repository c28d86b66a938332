"""The registry of commands that run something: what each is configured by, and how it is planned."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from r1cli.checks import find_mistakes, find_warnings
from r1cli.checks.subject import Subject
from r1cli.config.config import GPUS, OUTPUT_DIR, Config, from_tree
from r1cli.config.resolve import Request, gather
from r1cli.config.schema import Schema, evaluate_schema, serve_schema, training_schema
from r1cli.config.settings import Setting
from r1cli.errors import R1Error, did_you_mean
from r1cli.evaluate.plan import plan_evaluation
from r1cli.launch.place import Place, local_place
from r1cli.prepare.offline import kept_offline
from r1cli.runs.job import Job
from r1cli.runs.run_dir import read_run
from r1cli.serve.plan import plan_serve
from r1cli.train.plan import plan_training

FindPlace = Callable[[Config], Place]


def this_machine(config: Config) -> Place:
    """The place of a run on this machine.

    Raises:
        R1Error: the GPUs asked for are not GPUs.
    """
    return local_place(config.get(GPUS), config.origins.get(GPUS, ""))


@dataclass(frozen=True)
class Command:
    """One command: ``resolve`` a request to a config, ``plan`` the config for a place.

    ``default_preset`` applies when the user names no preset, file, model or dataset.
    """

    name: str
    schema: Callable[[str], Schema]
    planner: Callable[[Config, Place], Job]
    default_preset: str | None = None

    def resolve(self, request: Request, find_place: FindPlace = this_machine) -> tuple[Config, Place]:
        """The config of a request and the place it is for, checked as far as can be without loading anything.

        Args:
            request: what the user typed.
            find_place: from the config to the place.

        Raises:
            R1Error: with every mistake found.
        """
        drafted = gather(self.schema(self.name), request, self.default_preset)
        config, errors, place = drafted.config(request.profile), list(drafted.errors), None
        if not any(path.startswith(("launch.", "slurm.")) for path in drafted.unread):
            try:
                place = find_place(config)
            except R1Error as error:
                errors += error.all()
        subject = Subject(config, place, frozenset(drafted.unread), drafted.whole)
        errors += find_mistakes(subject)
        if errors or place is None:
            raise R1Error.together(errors)
        return replace(config, warnings=(*config.warnings, *find_warnings(subject))), place

    def plan(self, config: Config, place: Place) -> Job:
        """The job of a config for a place; nothing is written or started.

        Raises:
            R1Error: the config does not fit the place.
        """
        return kept_offline(self.planner(config, place), config)


COMMANDS = {
    command.name: command
    for command in (
        Command("sft", training_schema, plan_training, default_preset="openr1-distill-7b"),
        Command("grpo", training_schema, plan_training, default_preset="qwen1.5b-math"),
        Command("evaluate", evaluate_schema, plan_evaluation),
        Command("serve", serve_schema, plan_serve),
    )
}


def find_command(name: str, where: str = "") -> Command:
    """The command that bears a name.

    Raises:
        R1Error: there is none.
    """
    if name not in COMMANDS:
        fix = did_you_mean(name, COMMANDS, f"the commands are {', '.join(COMMANDS)}")
        raise R1Error(f"unknown command '{name}'", where=where, fix=fix)
    return COMMANDS[name]


def request_from_run(run_dir: Path, flags: tuple[Setting, ...]) -> tuple[str, Request]:
    """The command and the request that repeat a run, apart from its directory.

    Raises:
        R1Error: the directory contains no run.
    """
    run = read_run(run_dir)
    command = find_command(run["command"], str(run_dir / "run.yaml"))
    base = from_tree(run["config"], f"run {run_dir}")
    kept = tuple(setting for setting in base if setting.key != OUTPUT_DIR)
    return command.name, Request(flags=flags, base=kept, base_preset=run["preset"])
