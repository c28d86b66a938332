"""The plan of an evaluation: a worker that samples and scores completions, and the server it uses."""

from collections.abc import Iterator
from dataclasses import replace

from r1cli.config.config import Config
from r1cli.engines.locate import find_engine
from r1cli.errors import R1Error
from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.schema import Evaluate
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
    needs = replace(job.needs, missing=(*job.needs.missing, *_missing_judge(config, place)))
    return with_code_router(replace(job, needs=needs), config, place)


def _missing_judge(config: Config, place: Place) -> Iterator[str]:
    """What is missing where lighteval judges; the nodes of a cluster may have it all the same."""
    judged = [one.name for one in find_benchmarks(config.section(Evaluate).benchmarks) if one.lighteval]
    if not judged or place.on_cluster:
        return
    try:
        find_engine("lighteval", None, place.python)
    except R1Error as error:
        yield f"{error.what}, and it judges {', '.join(judged)}: {error.fix}"
