"""Profiles: named sets of overrides for one purpose, over whatever recipe they are put."""

from collections.abc import Mapping, Sequence

from r1cli.config.settings import Setting
from r1cli.errors import R1Error, did_you_mean

# What a run too short to keep anything has in common; a recipe may warm up for longer than it lasts.
_SHORT: dict[str, object] = {
    "training.warmup_steps": 0,
    "training.logging_steps": 1,
    "training.save_strategy": "no",
    "callbacks.preserve_checkpoints_every": None,
}
_UNTRACKED: dict[str, object] = {"training.eval_strategy": "no", "tracking.report_to": []}

#: What some write where they want none.
NO_PROFILE = "default"
#: The profiles that r1 brings. Keys that a command has not are left out for it.
BUILT_IN: dict[str, dict[str, object]] = {
    # Small, quick, no tracking.
    "dev": {"training.max_steps": 20, **_SHORT, **_UNTRACKED, "evaluate.num_problems": 32},
    # Full logging, checkpoints kept.
    "prod": {
        "training.logging_steps": 1,
        "training.logging_first_step": True,
        "training.log_completions": True,
        "training.include_num_input_tokens_seen": "all",
        "training.save_strategy": "steps",
        "training.save_steps": 100,
        "training.save_total_limit": None,
        "training.save_only_model": False,
    },
    # A few steps, to see that it runs.
    "test": {"training.max_steps": 3, **_SHORT, **_UNTRACKED, "evaluate.num_problems": 8},
    # Where the time goes.
    "profile": {
        "training.max_steps": 20,
        **_SHORT,
        "training.include_num_input_tokens_seen": "all",
        "training.skip_memory_metrics": False,
        "tracking.timings": True,
    },
}


def find_profile(name: str, of_files: Mapping[str, Sequence[Setting]]) -> tuple[list[Setting], bool]:
    """The settings of a profile, and whether r1 brings it: a file's own precedes one of that name.

    Raises:
        R1Error: no file and not r1 has a profile of that name.
    """
    if name in of_files:
        return list(of_files[name]), False
    if name == NO_PROFILE:
        return [], True
    if name in BUILT_IN:
        origin = f"profile {name}"
        return [Setting(key, value, origin, origin) for key, value in BUILT_IN[name].items()], True
    known = [*of_files, *BUILT_IN]
    fix = did_you_mean(name, known, f"there are {', '.join(known)}; a file's are under _profiles")
    raise R1Error(f"unknown profile '{name}'", where="flag --profile", fix=fix)
