"""The plan of ``r1 generate``: a worker that samples completions of rows, and the server it uses."""

from r1cli.config.config import Config
from r1cli.config.record import record_of
from r1cli.generate.schema import Generate
from r1cli.launch.place import Place
from r1cli.runs.job import Job
from r1cli.sampling.roles import sampling_roles


def plan_generation(config: Config, place: Place) -> Job:
    """The job that generates a dataset.

    Raises:
        R1Error: the place has several nodes, or does not fit the engine or the model.
    """
    settings = config.section(Generate)
    piped = bool(settings.recipe or settings.pipeline)
    planned = sampling_roles(config, place, "generate", "r1cli.generate.worker", by_server=piped)
    requires = (*planned.requires, "generate") if piped else planned.requires
    return Job(config.command, planned.run_dir, planned.roles, record_of(config), requires=requires)
