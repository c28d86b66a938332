"""The plan of ``r1 reward probe``: one worker that samples from the start model and scores the samples."""

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.record import record_of
from r1cli.config.run_name import time_stamp
from r1cli.config.schema import Schema
from r1cli.launch.accelerate import single_role
from r1cli.launch.place import Place
from r1cli.runs.job import Job
from r1cli.runs.run_dir import recorded_command
from r1cli.train.schema import grpo_parts

NUM_PROMPTS = 8
# The leaves of GRPO that a probe's sampling is taken from, TRL's defaults included.
_SAMPLING = {
    "num_generations": "training.num_generations",
    "temperature": "training.temperature",
    "top_p": "training.top_p",
    "top_k": "training.top_k",
    "min_p": "training.min_p",
    "repetition_penalty": "training.repetition_penalty",
    "max_new_tokens": "training.max_completion_length",
    "seed": "training.seed",
}


@dataclass(frozen=True)
class ProbeSampling:
    """How a probe samples: as the run that it looks ahead to."""

    num_prompts: int
    num_generations: int
    temperature: float
    top_p: float
    top_k: int
    min_p: float | None
    repetition_penalty: float
    max_new_tokens: int
    seed: int


@cache
def probe_schema() -> Schema:
    """A probe is configured by what the run that it looks ahead to is configured by."""
    return Schema("probe", *grpo_parts())


def plan_probe(config: Config, place: Place) -> Job:
    """The job that looks at the first completions of a GRPO config, in one process."""
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    sampling = ProbeSampling(NUM_PROMPTS, **{name: config.get(leaf) for name, leaf in _SAMPLING.items()})
    record = record_of(config, probe=asdict(sampling))
    role = single_role("probe", "r1cli.rewards.probe", run_dir, place)
    return Job(config.command, str(run_dir), (role,), record)


def find_run_dir(named: Path) -> Path:
    """The directory that is named, if it is a probe's; else a new one beside it, which is the GRPO run's."""
    if recorded_command(named) == probe_schema().command:
        return named
    return named.with_name(f"{named.name}-probe-{time_stamp()}")
