"""The plan of the quickstart's first step: the problems, and a model that has learned nothing yet."""

from functools import cache
from pathlib import Path

from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.groups.output import Output
from r1cli.config.record import record_of
from r1cli.config.schema import Schema
from r1cli.config.section import Section, key
from r1cli.launch.accelerate import cpu_environment
from r1cli.launch.place import Place
from r1cli.runs.job import Job, Role


class Base(Section):
    """Which model and which problems are made, and where they go."""

    group = "base"

    model: str = key("tiny, tiny-code or smollm2", default="tiny", written=True)
    seed: int = key("of the problems and the weights", default=0, written=True)
    path: str | None = key("where the model goes; model/ in the run directory when unset", default=None)
    data: str | None = key("where the problems go; data/ in the run directory when unset", default=None)


@cache
def base_schema() -> Schema:
    return Schema("base", Base, Output)


def plan_base(config: Config, place: Place) -> Job:
    """The job that makes them in one process on the CPU."""
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    argv = (place.python, "-m", "r1cli.quickstart.base_model", str(run_dir))
    role = Role(config.command, argv, cpu_environment(place.cores))
    return Job(config.command, str(run_dir), (role,), record_of(config))
