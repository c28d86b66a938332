"""The schema of ``evaluate``: a model, problems, rewards that score, and how to sample."""

from functools import cache

from r1cli.config.common_leaves import COMMON, REWARDS, RUN_DIR, VLLM_PYTHON
from r1cli.config.engine_leaves import data_leaves, model_leaves
from r1cli.config.leaf import Leaf
from r1cli.config.schema import Schema
from r1cli.config.serve_leaves import SERVE_EVALUATION
from r1cli.config.slurm_leaves import SLURM

_MODEL = ("model_name_or_path", "model_revision", "dtype")
_SAMPLING = (
    Leaf("evaluate.benchmarks", ("array", "string"), [], "benchmarks and groups of them, as aime24,tiny"),
    Leaf(
        "evaluate.endpoint",
        ("array", "string", "null"),
        None,
        "servers of OpenAI's protocol that have the model, up to /v1, as URL or URL,key_env=NAME; else the "
        "model is loaded here",
    ),
    Leaf("evaluate.concurrency", ("integer",), 64, "concurrent requests to each server", written=True),
    Leaf("evaluate.num_problems", ("integer", "null"), None, "how many problems are used; all when not set"),
    Leaf(
        "evaluate.samples",
        ("integer", "null"),
        None,
        "completions of each problem; the benchmark's when not set",
    ),
    Leaf(
        "evaluate.temperature",
        ("number", "null"),
        None,
        "0 decodes greedily; the benchmark's when not set, 1.0 for a dataset",
    ),
    Leaf("evaluate.top_p", ("number", "null"), None, "the benchmark's when not set, 1.0 for a dataset"),
    Leaf(
        "evaluate.max_new_tokens",
        ("integer", "null"),
        None,
        "the length limit of a completion, in tokens; the benchmark's when not set, 512 for a dataset",
    ),
    Leaf(
        "evaluate.protocol",
        ("string", "null"),
        None,
        "measures as others have published it: deepseek-r1, open-r1 or lighteval",
    ),
    Leaf(
        "evaluate.data_dir",
        ("string", "null"),
        None,
        "a folder with datasets in their published shape, each under its Hub id",
    ),
    Leaf("evaluate.batch_size", ("integer",), 64, "prompts sampled at a time", written=True),
    Leaf("evaluate.seed", ("integer",), 0, "of the sampling", written=True),
)


@cache
def evaluate_schema() -> Schema:
    common = [leaf for leaf in COMMON if leaf.name != "num_processes"]
    own = (VLLM_PYTHON, *SLURM, *SERVE_EVALUATION, *REWARDS, *_SAMPLING, RUN_DIR)
    return Schema("evaluate", (*model_leaves(_MODEL), *data_leaves(), *common, *own))
