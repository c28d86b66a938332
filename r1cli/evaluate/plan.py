"""The plan of an evaluation: a worker that samples and scores completions, and the server it uses."""

from r1cli.config.config import Config
from r1cli.config.record import record_of
from r1cli.launch.place import Place
from r1cli.runs.job import Job
from r1cli.sampling.roles import sampling_roles
from r1cli.services.code_router import with_code_router


def plan_evaluation(config: Config, place: Place) -> Job:
    """The job that measures one model on benchmarks, or on a dataset.

    Raises:
        R1Error: the place has several nodes, or does not fit the engine or the model.
    """
    planned = sampling_roles(config, place, "evaluate", "r1cli.evaluate.worker")
    job = Job(config.command, planned.run_dir, planned.roles, record_of(config), requires=planned.requires)
    return with_code_router(job, config, place)
