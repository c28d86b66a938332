"""The schema of ``serve``: a model, where it runs, and how it is served."""

from dataclasses import replace
from functools import cache

from r1cli.config.common_leaves import COMMON, RUN_DIR, VLLM_PYTHON
from r1cli.config.engine_leaves import model_leaves
from r1cli.config.leaf import Leaf
from r1cli.config.schema import Schema
from r1cli.config.serve_leaves import SERVE
from r1cli.config.slurm_leaves import SLURM

_MODEL = ("model_name_or_path", "model_revision", "dtype")
_TRUST = Leaf("training.trust_remote_code", ("boolean",), False, "whether code that a model brings may run")


@cache
def serve_schema() -> Schema:
    # TRL's default of dtype is for training.
    model = [replace(leaf, default="auto") if leaf.name == "dtype" else leaf for leaf in model_leaves(_MODEL)]
    common = [leaf for leaf in COMMON if leaf.path in ("launch.gpus", "launch.offline")]
    return Schema("serve", (*model, *common, VLLM_PYTHON, *SLURM, *SERVE, RUN_DIR, _TRUST))
