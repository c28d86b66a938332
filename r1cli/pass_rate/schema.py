"""The schemas of ``filter-pass-rate``: measuring pass rates, selecting rows by them, and both in one run."""

from functools import cache

from r1cli.config.bounds import ONE_OR_MORE, PART, ZERO_OR_MORE, Range
from r1cli.config.groups.code import Code
from r1cli.config.groups.data import Data
from r1cli.config.groups.launch import ServerLaunch
from r1cli.config.groups.model import Model
from r1cli.config.groups.output import Output
from r1cli.config.groups.rewards import Rewards
from r1cli.config.groups.slurm import Slurm
from r1cli.config.schema import Schema
from r1cli.config.section import Section, key
from r1cli.generate.schema import RowSampling
from r1cli.services.server_section import EvaluationServer

#: How a completion counts whose own score is not taken for granted.
SCORED, WRONG, LEFT_OUT = "scored", "wrong", "left_out"
#: Which of the rows within the bounds are taken, if not all of them.
UNIFORM, HARD = "uniform", "hard"

_CONFIDENCE = Range(0, 1, open_low=True, open_high=True)


class GroupSampling(RowSampling):
    """How the completions of a prompt are sampled: samples, temperature and top_p as GRPO has them."""

    samples: int = key("completions of each prompt", default=8, range=ONE_OR_MORE, written=True)
    temperature: float = key("0 decodes greedily", default=1.0, range=ZERO_OR_MORE, written=True)
    top_p: float = key(
        "samples from the most likely tokens whose probabilities add up to this",
        default=1.0,
        range=PART,
        written=True,
    )


class Counting(Section):
    """What a pass rate is the mean of, and between which bounds it must lie."""

    group = "pass_rate"

    min: float = key("the pass rate of a row must be above this, never equal", default=0.1, written=True)
    max: float = key("the pass rate of a row must be below this, never equal", default=0.9, written=True)
    reward: str | None = key(
        "the reward whose mean is the pass rate", default=None, unset="the first of the rewards"
    )
    truncated: str = key(
        "how a completion counts that max_new_tokens cut off: scored (as its reward says), wrong (as 0), or "
        "left_out",
        default=SCORED,
        choices=(SCORED, WRONG, LEFT_OUT),
        written=True,
    )
    faulty: str = key(
        "how a completion counts whose scoring failed: left_out, or wrong (as 0)",
        default=LEFT_OUT,
        choices=(LEFT_OUT, WRONG),
        written=True,
    )


class Measuring(Counting):
    """Which rows are measured, and with how many completions."""

    adaptive: bool = key(
        "begins with few samples, and continues to sampling.samples only for prompts whose pass rate may "
        "still lie on either side of a bound",
        default=False,
        written=True,
    )
    first_samples: int = key(
        "samples of each prompt that an adaptive measurement begins with", default=4, range=ONE_OR_MORE
    )
    confidence: float = key(
        "of the interval (Beta posterior, Jeffreys prior) that must contain no bound for an adaptive "
        "measurement to stop",
        default=0.9,
        range=_CONFIDENCE,
    )
    holdout: int = key(
        "additional samples of each row within the bounds, held out of the selection to measure its bias",
        default=0,
        range=ZERO_OR_MORE,
        written=True,
    )
    start_index: int = key("the first row that is measured, from 0", default=0, range=ZERO_OR_MORE)
    end_index: int | None = key(
        "the row before which measuring ends",
        default=None,
        unset="none, as all rows are measured",
        range=ONE_OR_MORE,
    )


class Choosing(Counting):
    """Which of the rows within the bounds are selected, and what is written of them."""

    min_samples: int | None = key(
        "a row with fewer samples that count is not selected",
        default=None,
        unset="half of the samples, or those that an adaptive measurement begins with",
        range=ONE_OR_MORE,
    )
    target_size: int | None = key(
        "the number of rows to select", default=None, unset="all within the bounds", range=ONE_OR_MORE
    )
    shape: str | None = key(
        "which rows make up target_size: uniform (spread evenly over the pass rates), or hard (the lowest "
        "pass rates first)",
        default=None,
        unset="a random choice",
        choices=(UNIFORM, HARD),
    )
    as_traces: bool = key(
        "writes the passing completions of the selected rows, a row for each, for `r1 sft`", default=False
    )
    pass_from: float = key("the value of the reward from which a completion passes, for traces", default=1.0)


class FilterPassRate(Measuring, Choosing):
    """Both in one run."""


class Selecting(Choosing):
    """What is selected from."""

    measurements: list[str] = key(
        "run directories of measurements; the samples of a prompt that several have measured are pooled",
        default=[],
        text=True,
    )
    holdout: int = key(
        "how many of each row's last samples to hold out of the selection; they measure its bias, like those "
        "held out when measuring",
        default=0,
        range=ZERO_OR_MORE,
    )


_SAMPLED = (Model, Data, ServerLaunch, Slurm, EvaluationServer, Rewards, Code)


@cache
def filter_schema() -> Schema:
    return Schema("filter-pass-rate", *_SAMPLED, FilterPassRate, GroupSampling, Output)


@cache
def measure_schema() -> Schema:
    return Schema("filter-pass-rate measure", *_SAMPLED, Measuring, GroupSampling, Output)


@cache
def select_schema() -> Schema:
    return Schema("filter-pass-rate select", Selecting, Output)
