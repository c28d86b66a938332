"""The plan of ``r1 serve``: one role that serves a model until it is stopped."""

from pathlib import Path

from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.record import record_of
from r1cli.errors import R1Error
from r1cli.launch.place import Place
from r1cli.runs.job import Job, Needs
from r1cli.runs.locate import run_named
from r1cli.runs.model import model_of_run
from r1cli.services.door import outer_door
from r1cli.services.model_server import serving_engine, serving_role


def plan_serve(config: Config, place: Place) -> Job:
    """The job that serves one model on one node.

    Raises:
        R1Error: the place has several nodes, or does not fit the engine or the model.
    """
    if place.nodes != 1:
        raise R1Error(
            f"a server runs on one node, and {place.nodes} are asked for",
            where=config.origins.get("slurm.nodes", ""),
            fix="--nodes 1",
        )
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    engine = serving_engine(config, place)
    door = outer_door(config, place, engine.name)
    return Job(
        config.command,
        str(run_dir),
        (serving_role(config, place, door, engine),),
        record_of(config),
        # vLLM may be elsewhere, and its interpreter is looked for by itself.
        requires=("serve",) if engine.name == "transformers" else (),
        needs=Needs(listens=door.listens, missing=engine.missing),
        hands_out_key=door.has_key,
    )


def find_model(name: str) -> str:
    """What to serve: the model of a run, by its path or its name below ./runs, and any other name as it is.

    Raises:
        R1Error: the run has no model.
    """
    run_dir = run_named(name)
    return str(model_of_run(run_dir)) if run_dir else name
