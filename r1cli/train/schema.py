"""The schemas of ``sft`` and ``grpo``: TRL's arguments by their own names, and r1's own keys."""

from functools import cache

from r1cli.config.bounds import ONE_OR_MORE
from r1cli.config.engine_leaves import model_leaves, trainer_leaves
from r1cli.config.groups.code import TrainingCode
from r1cli.config.groups.data import TrainingData
from r1cli.config.groups.launch import GrpoLaunch, TrainingLaunch
from r1cli.config.groups.rewards import GrpoRewards
from r1cli.config.groups.slurm import Slurm
from r1cli.config.leaf import Leaf
from r1cli.config.schema import Schema
from r1cli.config.section import Section, key


class Tracking(Section):
    """Where a training is reported, beside what TRL's own keys say."""

    group = "tracking"

    wandb_project: str | None = key("the Weights & Biases project", default=None)
    wandb_entity: str | None = key("the Weights & Biases team or user", default=None)
    wandb_run_group: str | None = key("the Weights & Biases group of runs", default=None)
    timings: bool = key("adds to each step where its seconds went", default=False)


class Callbacks(Section):
    """What else is done while a model trains."""

    group = "callbacks"

    names: list[str] = key("callbacks of plugins, by name", default=[], text=True)
    preserve_checkpoints_every: int | None = key(
        "keeps each checkpoint at a multiple of this many steps, whatever save_total_limit deletes",
        default=None,
        range=ONE_OR_MORE,
    )


@cache
def sft_schema() -> Schema:
    return Schema("sft", *_parts("SFTConfig", TrainingLaunch))


@cache
def grpo_schema() -> Schema:
    return Schema("grpo", *grpo_parts())


def grpo_parts() -> tuple[type[Section] | list[Leaf], ...]:
    """What a run with GRPO is configured by."""
    return _parts("GRPOConfig", GrpoLaunch, GrpoRewards, TrainingCode)


def _parts(owner: str, *own: type[Section]) -> tuple[type[Section] | list[Leaf], ...]:
    training = trainer_leaves(owner)
    names = {leaf.name for leaf in training}
    # The trainer's config is the newer home of an argument that both classes have.
    model = [leaf for leaf in model_leaves() if leaf.name not in names]
    return (model, TrainingData, *own, Tracking, Callbacks, Slurm, training)
