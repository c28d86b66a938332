"""The plan of ``r1 generate``: a worker that samples completions of rows, and the server it uses."""

from dataclasses import replace

from r1cli.config.config import Config
from r1cli.generate.schema import Generate
from r1cli.launch.place import Place
from r1cli.runs.job import Job
from r1cli.sampling.plan import sampling_job


def plan_generation(config: Config, place: Place) -> Job:
    """The job that generates a dataset.

    Raises:
        R1Error: the place has several nodes, or does not fit the engine or the model.
    """
    settings = config.section(Generate)
    piped = bool(settings.recipe or settings.pipeline)
    job = sampling_job(config, place, "generate", "r1cli.generate.worker", by_server=piped)
    return replace(job, requires=(*job.requires, "generate")) if piped else job
