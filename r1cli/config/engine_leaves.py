"""The leaves that TRL's and transformers' config classes have: each keeps its name, in a group of r1's."""

from collections.abc import Callable

from r1cli.config.engine_fields import engine_classes
from r1cli.config.engine_ranges import ENGINE_RANGES
from r1cli.config.leaf import Leaf

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


def trainer_leaves(owner: str) -> list[Leaf]:
    """The leaves of a trainer's config class, ``SFTConfig`` or ``GRPOConfig``."""
    return _engine_leaves(owner, _training_group)


def model_leaves() -> list[Leaf]:
    """The leaves of the group ``model`` where a model is trained."""
    return _engine_leaves("ModelConfig", lambda name: "model")


def _engine_leaves(owner: str, group_of: Callable[[str], str]) -> list[Leaf]:
    leaves = []
    for name, field in engine_classes()[owner].items():
        group = group_of(name)
        if group:
            choices = tuple(field.get("choices") or _CHOICES.get(f"{owner}.{name}", ()))
            path, written = f"{group}.{name}", name in _DEFAULTS
            default = _DEFAULTS.get(name, field["default"])
            types = (*field["types"], *_MORE_TYPES.get(f"{owner}.{name}", ()))
            leaves.append(
                Leaf(path, types, default, field["help"], choices, owner, written, ENGINE_RANGES.get(path))
            )
    return leaves


def _training_group(name: str) -> str:
    if name in _MANAGED_FIELDS or name == "reward_weights":
        return ""
    if name in _TRACKING_FIELDS or name.startswith("trackio_"):
        return "tracking"
    return "vllm" if name.startswith("vllm_") or name == "use_vllm" else "training"
