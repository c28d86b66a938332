"""The schema of ``evaluate``: a model, problems, rewards that score, and how to sample."""

from dataclasses import dataclass
from functools import cache

from r1cli.config.bounds import ONE_OR_MORE
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


@dataclass(frozen=True)
class Evaluate(Section):
    """What is measured, and with which means."""

    group = "evaluate"

    benchmarks: list[str] = key([], "benchmarks and groups of them, as aime24,tiny", text=True)
    endpoint: list[str] | str | None = key(
        None,
        "servers of OpenAI's protocol that have the model, up to /v1, as URL or URL,key_env=NAME; else the "
        "model is loaded here",
    )
    concurrency: int = key(64, "concurrent requests to each server", range=ONE_OR_MORE, written=True)
    num_problems: int | None = key(None, "how many problems are used; all when not set", range=ONE_OR_MORE)
    protocol: str | None = key(
        None, "measures as others have published it: deepseek-r1, open-r1 or lighteval"
    )
    data_dir: str | None = key(None, "a folder with datasets in their published shape, each under its Hub id")
    batch_size: int = key(64, "prompts sampled at a time", range=ONE_OR_MORE, written=True)


@cache
def evaluate_schema() -> Schema:
    return Schema(
        "evaluate", Model, Data, ServerLaunch, Slurm, EvaluationServer, Rewards, Evaluate, Sampling, Output
    )
