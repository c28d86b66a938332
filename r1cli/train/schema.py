"""The schemas of ``sft`` and ``grpo``: TRL's arguments by their own names, and r1's own leaves."""

from functools import cache

from r1cli.config.common_leaves import COMMON, REWARDS, VLLM_PYTHON
from r1cli.config.engine_leaves import data_leaves, model_leaves, trainer_leaves
from r1cli.config.leaf import Leaf
from r1cli.config.schema import Schema
from r1cli.config.slurm_leaves import SLURM

_TRAINING = (
    Leaf(
        "data.chat_template",
        ("string", "null"),
        None,
        "a Jinja template, or a file of one, in place of the tokenizer's own",
    ),
    Leaf(
        "launch.accelerate",
        ("string", "null"),
        None,
        "how the ranks share the model: ddp, zero2, zero3, fsdp, cpu, or an accelerate config file",
    ),
    Leaf("tracking.wandb_project", ("string", "null"), None, "the Weights & Biases project"),
    Leaf("tracking.wandb_entity", ("string", "null"), None, "the Weights & Biases team or user"),
    Leaf("tracking.wandb_run_group", ("string", "null"), None, "the Weights & Biases group of runs"),
    Leaf("tracking.timings", ("boolean",), False, "adds to each step where its seconds went"),
    Leaf("callbacks.names", ("array", "string"), [], "callbacks of plugins, by name"),
    Leaf(
        "callbacks.preserve_checkpoints_every",
        ("integer", "null"),
        None,
        "keeps each checkpoint at a multiple of this many steps, whatever save_total_limit deletes",
    ),
)
_SIGNAL = (
    Leaf(
        "rewards.max_dead_steps",
        ("integer", "null"),
        10,
        "the run stops after this number of steps in a row in which no group's rewards differ",
    ),
    Leaf(
        "rewards.warn_dead_share",
        ("number", "null"),
        0.8,
        "warns when in the first step at least this share of the groups does not differ in its rewards",
    ),
)


@cache
def sft_schema() -> Schema:
    return _schema("sft", "SFTConfig")


@cache
def grpo_schema() -> Schema:
    return _schema("grpo", "GRPOConfig", (VLLM_PYTHON, *REWARDS, *_SIGNAL))


def _schema(command: str, owner: str, own: tuple[Leaf, ...] = ()) -> Schema:
    training = trainer_leaves(owner)
    names = {leaf.name for leaf in training}
    # The trainer's config is the newer home of an argument that both classes have.
    model = [leaf for leaf in model_leaves() if leaf.name not in names]
    return Schema(command, (*model, *data_leaves(), *COMMON, *_TRAINING, *SLURM, *own, *training))
