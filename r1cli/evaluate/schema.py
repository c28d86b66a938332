"""The schema of ``evaluate``: a model, problems, rewards that score, and how to sample."""

from functools import cache

from r1cli.config.bounds import ONE_OR_MORE
from r1cli.config.groups.code import RoutedCode
from r1cli.config.groups.data import Data
from r1cli.config.groups.launch import ServerLaunch
from r1cli.config.groups.model import Model
from r1cli.config.groups.output import Output
from r1cli.config.groups.rewards import Rewards
from r1cli.config.groups.sampling import Sampling
from r1cli.config.groups.slurm import Slurm
from r1cli.config.schema import Schema
from r1cli.config.section import Section, key
from r1cli.services.server_section import EvaluationServer


class Evaluate(Section):
    """What is measured, and with which means."""

    group = "evaluate"

    benchmarks: list[str] = key("benchmarks and groups of them, as aime24,tiny", default=[], text=True)
    num_problems: int | None = key("how many problems are used", default=None, unset="all", range=ONE_OR_MORE)
    dates: str | None = key(
        "only problems of these dates, as 2024-08..2025-01, in benchmarks whose problems have dates",
        default=None,
        unset="the benchmark's own",
    )
    protocol: str | None = key("a published way to measure: deepseek-r1, open-r1 or lighteval", default=None)
    data_dir: str | None = key(
        "a folder with datasets in their published shape, each under its Hub id", default=None
    )


@cache
def evaluate_schema() -> Schema:
    return Schema(
        "evaluate",
        Model,
        Data,
        ServerLaunch,
        Slurm,
        EvaluationServer,
        Rewards,
        RoutedCode,
        Evaluate,
        Sampling,
        Output,
    )
