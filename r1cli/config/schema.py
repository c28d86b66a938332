"""The schema of each command's config: every leaf with its types, default and help.

A leaf that TRL or transformers has keeps their name; ``engine_fields.json`` holds those. r1's own leaves
stand in this file. Keys may be written dotted (``training.learning_rate``), flat when only one leaf bears
the name (``learning_rate``), or as a group (``model``), which means the group's main leaf.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error, did_you_mean

#: What r1 knows of TRL's config classes; ``python -m r1cli.config.engine_fields`` writes it.
ENGINE_FIELDS = Path(__file__).with_name("engine_fields.json")

#: A group's bare name takes its main leaf.
MAIN_LEAVES = {"model": "model_name_or_path", "data": "dataset_name", "rewards": "reward_funcs"}

#: Short flags, and the leaves that they set.
SHORT_NAMES = {
    "model": "model.model_name_or_path",
    "dataset": "data.dataset_name",
    "reward": "rewards.reward_funcs",
}

#: Keys whose values are never accepted, so never written to a run directory: the environment carries them.
SECRET = re.compile(r"(^|\.)token$|(hub|hf|auth|access)_token$|api_?key$|secret$|password$", re.IGNORECASE)

# TRL's script arguments, which r1 has groups for.
_DATA_FIELDS = ("dataset_name", "dataset_config", "dataset_train_split", "dataset_test_split")
_TRACKING_FIELDS = ("report_to", "run_name", "project")
# Set by r1 for every worker, or by the launcher; a user's value would be overwritten or contradict it.
_MANAGED_FIELDS = (
    "hub_token", "model_init_kwargs", "local_rank", "deepspeed", "fsdp", "fsdp_config", "use_cpu",
    "do_train", "do_eval", "do_predict", "resume_from_checkpoint", "disable_tqdm", "remove_unused_columns",
)  # fmt: skip
# Where r1's default differs from TRL's: the run's record has a line for every step, and the completions.
_DEFAULTS = {"logging_steps": 1.0, "log_completions": True, "num_completions_to_print": 1}


@dataclass(frozen=True)
class Leaf:
    """One value of a config.

    ``types`` are JSON types: boolean, integer, number, string, array, object, null. ``owner`` is "r1", or
    the TRL class whose field it is: unless it is set, TRL's own default holds and r1 passes nothing.
    ``written`` says that r1 writes its default into every config.
    """

    path: str
    types: tuple[str, ...]
    default: Any = None
    help: str = ""
    choices: tuple[Any, ...] = ()
    owner: str = "r1"
    written: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def expected(self) -> str:
        """What a value must be, for error messages."""
        kinds = [kind for kind in self.types if not (kind == "integer" and "number" in self.types)]
        if self.choices:
            kinds = [f"one of {', '.join(map(str, self.choices))}", *(k for k in kinds if k != "string")]
        return " or ".join(kinds)


_COMMON = (
    Leaf("data.columns", ("object",), {}, "renames dataset columns, {prompt: question, solution: answer}"),
    Leaf(
        "data.system_prompt", ("string", "null"), None, "opens each chat that has no system prompt of its own"
    ),
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
)
_REWARDS = (
    Leaf("rewards.reward_funcs", ("array", "string"), [], "reward names, as accuracy,format:0.5"),
    Leaf("rewards.reward_weights", ("array", "null"), None, "a weight for each reward, 1.0 when not set"),
)
_SAMPLING = (
    Leaf("evaluate.num_problems", ("integer", "null"), None, "how many rows are used; all when not set"),
    Leaf("evaluate.temperature", ("number",), 1.0, "0 decodes greedily", written=True),
    Leaf(
        "evaluate.max_new_tokens",
        ("integer",),
        512,
        "the length limit of a completion, in tokens",
        written=True,
    ),
    Leaf("evaluate.batch_size", ("integer",), 64, "prompts sampled at a time", written=True),
    Leaf("evaluate.seed", ("integer",), 0, "of the sampling", written=True),
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
        if key in self.leaves:
            return key
        if SHORT_NAMES.get(key) in self.leaves:
            return SHORT_NAMES[key]
        if key in self.groups and key in MAIN_LEAVES:
            return f"{key}.{MAIN_LEAVES[key]}"
        if SECRET.search(key):
            raise secret_error(key, where)
        paths = self._flat.get(key, [])
        if len(paths) == 1:
            return paths[0]
        if len(paths) > 1:
            raise R1Error(f"'{key}' could be {' or '.join(paths)}", where=where, mend="write it out")
        if self._is_below_open_leaf(key):
            return key
        raise R1Error(f"unknown key '{key}'", where=where, mend=self._mend_unknown(key))

    def _mend_unknown(self, key: str) -> str:
        if key in _MANAGED_FIELDS:
            return "r1 sets it itself: leave it out"
        if key in SHORT_NAMES:
            return f"`r1 {self.command}` has no {key}"
        short = [name for name, path in SHORT_NAMES.items() if path in self.leaves]
        known = [*self._flat, *short, *_OPTIONS, *self.leaves]
        return did_you_mean(key, known, f"`r1 {self.command} --help` and TRL's documentation list the keys")

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


#: The options that are no config keys: proposed when one of them is misspelt.
_OPTIONS = ("preset", "config", "set", "output-dir", "dry-run", "json")


@cache
def _engine_classes() -> dict[str, dict[str, dict[str, Any]]]:
    classes: dict[str, dict[str, dict[str, Any]]] = json.loads(ENGINE_FIELDS.read_bytes())["classes"]
    return classes


def _engine_leaves(owner: str, group_of: Any) -> list[Leaf]:
    leaves = []
    for name, field in _engine_classes()[owner].items():
        group = group_of(name)
        if group:
            choices = tuple(field.get("choices", ()))
            path, written = f"{group}.{name}", name in _DEFAULTS
            default = _DEFAULTS.get(name, field["default"])
            leaves.append(Leaf(path, tuple(field["types"]), default, "", choices, owner, written))
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
    rewards = _REWARDS if command == "grpo" else ()
    return Schema(command, (*model, *data, *_COMMON, *rewards, *training))


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
    return Schema(command, (*model, *data, *common, *_REWARDS, *_SAMPLING, output))


def is_for_another(schema: Schema, key: str) -> bool:
    """Whether another command has this key and this one has not: a variable is set for all of them."""
    others = (training_schema("sft"), training_schema("grpo"), evaluate_schema())
    return not _has(schema, key) and any(_has(other, key) for other in others)


def _has(schema: Schema, key: str) -> bool:
    try:
        schema.locate(key)
    except R1Error:
        return False
    return True


def secret_error(key: str, where: str) -> R1Error:
    """The refusal of a secret; it names the key and never the value."""
    return R1Error(
        f"'{key}' is a secret, and secrets are never written to a run directory",
        where=where,
        mend="set it in the environment instead, as HF_TOKEN or WANDB_API_KEY",
    )
