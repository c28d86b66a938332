"""The schema of each command's config: every leaf with its types, default and help.

A leaf that TRL or transformers has keeps their name; ``engine_fields.json`` holds those. r1's own leaves
stand in this file. Keys may be written dotted (``training.learning_rate``), flat when only one leaf bears
the name (``learning_rate``), or as a group (``model``), which means the group's main leaf.
"""

import re
from dataclasses import replace
from functools import cache
from typing import Any

from r1cli.config.engine_fields import engine_classes
from r1cli.config.leaf import Leaf
from r1cli.config.serve_leaves import SERVE, SERVE_EVALUATION
from r1cli.config.slurm_leaves import SLURM
from r1cli.errors import R1Error, did_you_mean

#: A group's bare name takes its main leaf.
MAIN_LEAVES = {
    "model": "model_name_or_path",
    "data": "dataset_name",
    "rewards": "reward_funcs",
    "callbacks": "names",
    "evaluate": "benchmarks",
}

#: Short flags, and the leaves that they set.
SHORT_NAMES = {
    "model": "model.model_name_or_path",
    "dataset": "data.dataset_name",
    "reward": "rewards.reward_funcs",
}

#: Keys whose values are never accepted, so never written to a run directory: the environment carries them.
SECRET = re.compile(
    r"(^|\.)token$|(hub|hf|auth|access)_token$|(api|access)_?key$|secret$|password$", re.IGNORECASE
)

# TRL's script arguments, which r1 has groups for.
_DATA_FIELDS = ("dataset_name", "dataset_config", "dataset_train_split", "dataset_test_split")
_TRACKING_FIELDS = ("report_to", "run_name", "project")
# Set by r1 for every worker, or by the launcher; a user's value would be overwritten or contradict it.
_MANAGED_FIELDS = (
    "hub_token", "local_rank", "use_cpu", "do_train", "do_eval", "do_predict", "resume_from_checkpoint",
    "disable_tqdm", "remove_unused_columns",
)  # fmt: skip
# Where r1's default differs from TRL's: the run's record has a line for every step, and the completions.
_DEFAULTS = {"logging_steps": 1.0, "log_completions": True, "num_completions_to_print": 1}

# What TRL admits and refuses only in the trainer, some of it in the first training step.
_LOG_LEVELS = ("detail", "debug", "info", "warning", "error", "critical", "passive")
_CHOICES = {
    "SFTConfig.log_level": _LOG_LEVELS,
    "GRPOConfig.log_level": _LOG_LEVELS,
    "GRPOConfig.loss_type": ("grpo", "bnpo", "dr_grpo", "dapo", "luspo", "cispo", "sapo", "vespo"),
    "GRPOConfig.scale_rewards": ("group", "batch", "none", True, False),
    "GRPOConfig.importance_sampling_level": ("token", "sequence"),
    "GRPOConfig.multi_objective_aggregation": ("sum_then_normalize", "normalize_then_sum"),
    "GRPOConfig.vllm_mode": ("server", "colocate"),
}
# What TRL takes beside what its annotations say.
_MORE_TYPES = {"GRPOConfig.scale_rewards": ("boolean",)}


_COMMON = (
    Leaf("data.columns", ("object",), {}, "renames dataset columns, {prompt: question, solution: answer}"),
    Leaf(
        "data.prompt_template",
        ("string", "null"),
        None,
        "makes each prompt of the row's columns, as 'Make {target} of {nums}.'; {{ and }} stand for braces",
    ),
    Leaf(
        "data.system_prompt", ("string", "null"), None, "opens each chat that has no system prompt of its own"
    ),
    Leaf(
        "data.dataset_mixture",
        ("object", "null"),
        None,
        "several datasets at once: {datasets: [{id, config, split, columns, weight}], seed, test_split_size}",
    ),
    Leaf(
        "data.test_size",
        ("number", "null"),
        None,
        "holds out this share of the training split (below 1), or this many rows, as the test split",
    ),
    Leaf("data.split_seed", ("integer",), 42, "of the rows that data.test_size holds out"),
    Leaf(
        "launch.gpus",
        ("integer", "array", "null"),
        None,
        "how many GPUs, or the ids of some (0,3 or [3]); all that are visible when not set",
    ),
    Leaf(
        "launch.num_processes",
        ("integer", "null"),
        None,
        "ranks on this machine: one for each GPU when not set, one without GPUs",
    ),
    Leaf(
        "launch.offline",
        ("boolean",),
        False,
        "nothing calls out to the internet: models and datasets must be here already",
    ),
)
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
_REWARDS = (
    Leaf("rewards.reward_funcs", ("array", "string"), [], "reward names, as accuracy,format:0.5"),
    Leaf("rewards.reward_weights", ("array", "null"), None, "a weight for each reward, 1.0 when not set"),
    Leaf("rewards.time_limit", ("number",), 300.0, "seconds that one call of a reward may take"),
    Leaf(
        "rewards.max_fault_share",
        ("number",),
        0.05,
        "the run stops when more than this share of the last 200 completions could not be scored",
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
_SAMPLING = (
    Leaf("evaluate.benchmarks", ("array", "string"), [], "benchmarks and groups of them, as aime24,tiny"),
    Leaf(
        "evaluate.endpoint",
        ("string", "null"),
        None,
        "a server of OpenAI's protocol that has the model, up to /v1; else the model is loaded here",
    ),
    Leaf("evaluate.concurrency", ("integer",), 64, "concurrent requests to the server", written=True),
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


_VLLM = Leaf(
    "launch.vllm_python",
    ("string", "null"),
    None,
    "the interpreter that runs vLLM as a server; R1_VLLM_PYTHON, r1's own or a managed one when not set",
)


class Schema:
    """The leaves of one command, and the ways to name them."""

    def __init__(self, command: str, leaves: tuple[Leaf, ...]) -> None:
        self.command = command
        self.leaves = {leaf.path: leaf for leaf in leaves}
        self.groups = {path.partition(".")[0] for path in self.leaves}
        self._flat: dict[str, list[str]] = {}
        for leaf in leaves:
            self._flat.setdefault(leaf.name, []).append(leaf.path)

    def locate(self, key: str, where: str = "") -> str:
        """The canonical path of a key, however it was spelt.

        A path below an object leaf (``data.columns.prompt``) or below ``rewards`` (a reward's parameter,
        ``rewards.cosine.max_len``) comes back as it is.

        Raises:
            R1Error: there is no such key, or several leaves bear the name.
        """
        key = key.replace("-", "_")
        if SECRET.search(key) and key not in self.leaves:
            raise secret_error(key, where)
        paths = self._paths(key)
        if not paths:
            raise R1Error(f"unknown key '{key}'", where=where, fix=self._fix_unknown(key))
        if len(paths) > 1:
            raise R1Error(f"'{key}' could be {' or '.join(paths)}", where=where, fix="write it out")
        return paths[0]

    def has(self, key: str) -> bool:
        """Whether a key is one of this command's."""
        return len(self._paths(key.replace("-", "_"))) == 1

    def _paths(self, key: str) -> list[str]:
        """What a key can mean: no path, one, or several."""
        if key in self.leaves or self._is_below_open_leaf(key):
            return [key]
        if SHORT_NAMES.get(key) in self.leaves:
            return [SHORT_NAMES[key]]
        if key in self.groups and key in MAIN_LEAVES:
            return [f"{key}.{MAIN_LEAVES[key]}"]
        return self._flat.get(key, [])

    def is_flat(self, name: str) -> bool:
        """Whether only one leaf bears the name, so that it can be written without its group."""
        return len(self._flat.get(name, ())) == 1

    def _fix_unknown(self, key: str) -> str:
        if key in ("explain", "json", "dry_run"):
            return f"to look at a config: `r1 config show {self.command} --explain`, or --dry-run --json"
        if key in self.groups:
            return f"it is a group: write {key}.KEY, or in a file its keys below it"
        other = next((name for name in ("sft", "grpo") if training_schema(name).has(key)), "")
        if other:
            return f"`r1 {self.command}` does without it: it is a key of `r1 {other}`"
        short = [name for name, path in SHORT_NAMES.items() if path in self.leaves]
        known = [*self._flat, *short, *_OPTIONS, *self.leaves]
        return did_you_mean(key, known, f"`r1 config schema {self.command}` lists the keys")

    def _is_below_open_leaf(self, key: str) -> bool:
        group, _, rest = key.partition(".")
        if group == "rewards" and "rewards.reward_funcs" in self.leaves:
            return rest.count(".") == 1
        head = key.rpartition(".")[0]
        while head:
            if head in self.leaves:
                return "object" in self.leaves[head].types
            head = head.rpartition(".")[0]
        return False


#: The options that are not config keys: proposed when one of them is misspelt.
_OPTIONS = ("preset", "profile", "config", "set", "output-dir", "dry-run", "json")


def _engine_leaves(owner: str, group_of: Any) -> list[Leaf]:
    leaves = []
    for name, field in engine_classes()[owner].items():
        group = group_of(name)
        if group:
            choices = tuple(field.get("choices") or _CHOICES.get(f"{owner}.{name}", ()))
            path, written = f"{group}.{name}", name in _DEFAULTS
            default = _DEFAULTS.get(name, field["default"])
            types = (*field["types"], *_MORE_TYPES.get(f"{owner}.{name}", ()))
            leaves.append(Leaf(path, types, default, "", choices, owner, written))
    return leaves


def _training_group(name: str) -> str:
    if name in _MANAGED_FIELDS or name == "reward_weights":
        return ""
    if name in _TRACKING_FIELDS or name.startswith("trackio_"):
        return "tracking"
    return "vllm" if name.startswith("vllm_") or name == "use_vllm" else "training"


def _data_group(name: str) -> str:
    return "data" if name in _DATA_FIELDS else ""


@cache
def training_schema(command: str) -> Schema:
    """The schema of ``sft`` or ``grpo``."""
    owner = {"sft": "SFTConfig", "grpo": "GRPOConfig"}[command]
    training = _engine_leaves(owner, _training_group)
    own = {leaf.name for leaf in training}
    # The trainer's config is the newer home of an argument that both classes have.
    model = [leaf for leaf in _engine_leaves("ModelConfig", lambda name: "model") if leaf.name not in own]
    data = _engine_leaves("ScriptArguments", _data_group)
    rewards = (_VLLM, *_REWARDS, *_SIGNAL) if command == "grpo" else ()
    return Schema(command, (*model, *data, *_COMMON, *_TRAINING, *SLURM, *rewards, *training))


@cache
def evaluate_schema(command: str = "evaluate") -> Schema:
    """The schema of ``evaluate``: a model, problems, rewards that score, and how to sample."""
    model = [
        leaf
        for leaf in _engine_leaves("ModelConfig", lambda name: "model")
        if leaf.name in ("model_name_or_path", "model_revision", "dtype")
    ]
    data = _engine_leaves("ScriptArguments", _data_group)
    output = Leaf("training.output_dir", ("string", "null"), None, "the run directory")
    common = [leaf for leaf in _COMMON if leaf.name != "num_processes"]
    return Schema(
        command, (*model, *data, *common, _VLLM, *SLURM, *SERVE_EVALUATION, *_REWARDS, *_SAMPLING, output)
    )


@cache
def serve_schema(command: str = "serve") -> Schema:
    """The schema of ``serve``: a model, where it runs, and how it is served."""
    names = ("model_name_or_path", "model_revision", "dtype")
    model = [leaf for leaf in _engine_leaves("ModelConfig", lambda name: "model") if leaf.name in names]
    # TRL's default is for training.
    model = [replace(leaf, default="auto") if leaf.name == "dtype" else leaf for leaf in model]
    common = [leaf for leaf in _COMMON if leaf.path in ("launch.gpus", "launch.offline")]
    own = (
        Leaf("training.output_dir", ("string", "null"), None, "the run directory"),
        Leaf("training.trust_remote_code", ("boolean",), False, "whether code that a model brings may run"),
    )
    return Schema(command, (*model, *common, _VLLM, *SLURM, *SERVE, *own))


def is_for_another(schema: Schema, key: str) -> bool:
    """Whether another command has this key and this one has not: a variable is set for all of them."""
    others = (training_schema("sft"), training_schema("grpo"), evaluate_schema(), serve_schema())
    return not schema.has(key) and any(other.has(key) for other in others)


def secret_error(key: str, where: str) -> R1Error:
    """The refusal of a secret; it names the key and never the value."""
    return R1Error(
        f"'{key}' is a secret, and secrets are never written to a run directory",
        where=where,
        fix="set it in the environment instead, as HF_TOKEN or WANDB_API_KEY",
    )
