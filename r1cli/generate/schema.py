"""The schema of ``generate``: rows, a model, how completions are sampled, and which of them are kept."""

from functools import cache

from r1cli.config.bounds import ONE_OR_MORE, PART, ZERO_OR_MORE
from r1cli.config.groups.code import Code
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

#: What is done with completions that the length limit cut off.
KEEP, DROP, RETRY = "keep", "drop", "retry"
#: Which completions of a prompt are kept, if not a number of them.
ALL, CORRECT, BEST = "all", "correct", "best"
#: The recipes for a cold start; `generate.cold_start.registry` has where each is built.
RECIPE_NAMES = ("few-shot", "direct", "refine", "teacher")
#: The formats of completions.
THINK, SPECIAL_TOKEN = "think", "special_token"
#: The rules that drop completions; `generate.filters` has a function for each.
FILTERS = ("unfinished", "mixed_language", "repetitive", "unreadable")


#: The columns that a dataset of completions has, beside those of the rows it was made of.
OWN_COLUMNS = (
    "completion", "reasoning", "answer", "finish_reason", "prompt_tokens", "completion_tokens", "seconds",
    "source_id", "sample", "model", "model_revision", "server", "temperature", "top_p", "max_new_tokens",
    "seed",
)  # fmt: skip
SCORE_COLUMNS = ("rewards", "reward", "fault")


class RowSampling(Sampling):
    """How the completions of rows are sampled; the defaults are those that DeepSeek recommends for R1."""

    samples: int = key("completions of each prompt", default=1, range=ONE_OR_MORE, written=True)
    temperature: float = key("0 decodes greedily", default=0.6, range=ZERO_OR_MORE, written=True)
    top_p: float = key(
        "samples from the most likely tokens whose probabilities add up to this",
        default=0.95,
        range=PART,
        written=True,
    )
    max_new_tokens: int = key(
        "the length limit of a completion, in tokens", default=8192, range=ONE_OR_MORE, written=True
    )
    stop: list[str] | str | None = key("texts that end a completion, and are not part of it", default=None)


class Generate(Section):
    """Which rows get completions, and which completions are kept."""

    group = "generate"

    num_rows: int | None = key(
        "how many rows are used, from the first; all when not set", default=None, range=ONE_OR_MORE
    )
    on_truncated: str = key(
        "what to do with completions that max_new_tokens cut off: keep, drop, or retry with a longer limit",
        default=KEEP,
        choices=(KEEP, DROP, RETRY),
        written=True,
    )
    retry_max_new_tokens: int | None = key(
        "the length limit of a retry; twice max_new_tokens when not set", default=None, range=ONE_OR_MORE
    )
    keep: str | int = key(
        "the completions of a prompt that are kept: all, correct (by the first reward), best (by the sum of "
        "the rewards), or this number of the best",
        default=ALL,
        written=True,
    )
    correct_from: float = key("the value of the first reward from which a completion is correct", default=1.0)
    filters: list[str] = key(
        "drops completions that are unfinished, mixed_language, repetitive or unreadable",
        default=[],
        text=True,
    )
    recipe: str | None = key(
        "a pipeline of r1 for a cold start: few-shot shows worked examples, direct asks for reflection and "
        "verification, refine makes raw completions readable, teacher distils",
        default=None,
        choices=RECIPE_NAMES,
    )
    pipeline: str | None = key(
        "a distilabel pipeline: FILE.py:FUNCTION, which gets r1's LLM and returns the Pipeline", default=None
    )
    format: str | None = key(
        "a recipe's completions: think is <think> and <answer> tags, special_token is "
        "|special_token|THOUGHTS|special_token|ANSWER",
        default=None,
        unset="think; with the recipe teacher, as the model wrote it",
        choices=(THINK, SPECIAL_TOKEN),
    )
    examples: str | None = key(
        "the worked examples of few-shot: a file of JSON lines with prompt and completion",
        default=None,
        unset="two of r1's own, of mathematics",
    )


@cache
def generate_schema() -> Schema:
    return Schema(
        "generate",
        Model,
        Data,
        ServerLaunch,
        Slurm,
        EvaluationServer,
        Rewards,
        Code,
        Generate,
        RowSampling,
        Output,
    )
