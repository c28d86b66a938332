"""The plan of the quickstart's first step: the problems, and a model that has learned nothing yet."""

from functools import cache
from pathlib import Path

from r1cli.config.common_leaves import RUN_DIR
from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.leaf import Leaf
from r1cli.config.record import record_of
from r1cli.config.schema import Schema
from r1cli.launch.accelerate import cpu_environment
from r1cli.launch.place import Place
from r1cli.runs.job import Job, Role


@cache
def base_schema() -> Schema:
    """Which model and which problems are made, and where they go."""
    return Schema(
        "base",
        (
            Leaf("base.model", ("string",), "tiny", "tiny or smollm2", written=True),
            Leaf("base.seed", ("integer",), 0, "of the problems and the weights", written=True),
            Leaf(
                "base.path",
                ("string", "null"),
                None,
                "where the model goes; model/ in the run directory when unset",
            ),
            Leaf(
                "base.data",
                ("string", "null"),
                None,
                "where the problems go; data/ in the run directory when unset",
            ),
            RUN_DIR,
        ),
    )


def plan_base(config: Config, place: Place) -> Job:
    """The job that makes them in one process on the CPU."""
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    argv = (place.python, "-m", "r1cli.quickstart.base_model", str(run_dir))
    role = Role(config.command, argv, cpu_environment(place.cores))
    return Job(config.command, str(run_dir), (role,), record_of(config))
