"""The plan of ``r1 decontaminate``: one worker, which needs no GPU."""

from dataclasses import replace
from pathlib import Path

from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.record import record_of
from r1cli.decontaminate.schema import Decontaminate
from r1cli.errors import R1Error
from r1cli.launch.accelerate import single_role
from r1cli.launch.place import Place
from r1cli.runs.job import Job, Needs


def plan_decontamination(config: Config, place: Place) -> Job:
    """The job that searches a dataset for benchmarks.

    Raises:
        R1Error: the place has several nodes.
    """
    if place.nodes != 1:
        raise R1Error(
            f"a dataset is searched on one node, but {place.nodes} are requested",
            where=config.origins.get("slurm.nodes", ""),
            fix="leave --nodes out",
        )
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    role = single_role("decontaminate", "r1cli.decontaminate.worker", run_dir, replace(place, gpus=()))
    packages = ("rensa",) if config.section(Decontaminate).near_duplicates else ()
    return Job(config.command, str(run_dir), (role,), record_of(config), needs=Needs(packages=packages))
