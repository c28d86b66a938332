"""The plan of an evaluation: a worker that samples and scores completions, and the server it uses."""

from r1cli.config.config import Config
from r1cli.launch.place import Place
from r1cli.runs.job import Job
from r1cli.sampling.plan import sampling_job
from r1cli.services.code_router import with_code_router


def plan_evaluation(config: Config, place: Place) -> Job:
    """The job that measures one model on benchmarks, or on a dataset.

    Raises:
        R1Error: the place has several nodes, or does not fit the engine or the model.
    """
    job = sampling_job(config, place, "evaluate", "r1cli.evaluate.worker")
    return with_code_router(job, config, place)
