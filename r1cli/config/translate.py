"""From the names that other tools and older versions use to r1's own, setting by setting."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from r1cli.config.alias_values import VALUES
from r1cli.config.aliases import ALIASES, COUNT_LAST, MOVED, NOT_MEASURED, PUSH, PUSHED, Alias, is_dropped
from r1cli.config.settings import ENVIRONMENT, Setting, Standing
from r1cli.errors import R1Error
from r1cli.yaml12 import parse_scalar

#: The model's arguments that r1 has keys for.
_MODEL_ARGUMENTS = {
    "dtype": "model.dtype",
    "torch_dtype": "model.dtype",
    "revision": "model.model_revision",
    "attn_implementation": "model.attn_implementation",
    "trust_remote_code": "training.trust_remote_code",
}
#: r1's own groups, in which a name that TRL has dropped may stand too.
_GROUPS = {"model", "data", "training", "vllm", "tracking", "rewards", "launch"}
_PREFIXES = {
    key[:end] for key in ALIASES if key not in MOVED for end, letter in enumerate(key) if letter == "."
}  # fmt: skip


def is_prefix(path: str) -> bool:
    """Whether a mapping under this name, in a file of another layout, is a group and not a value."""
    return path in _PREFIXES


def todays_name(key: str) -> str:
    """The name that a key of r1's own has today."""
    return MOVED.get(key, key)


def counts_last(setting: Setting) -> bool:
    """Whether a setting counts after the others of its source, wherever it is.

    ``enabled: false`` does, after what it switches off; and so do a router, and the provider of some rewards
    after that of all.
    """
    key = setting.key.replace("-", "_")
    return key in COUNT_LAST or (key.endswith(".enabled") and setting.value is False)


def translate(setting: Setting, has: Callable[[str], bool], warn: Callable[[str], None]) -> Iterator[Setting]:
    """A setting under r1's own names: itself, under another name, or as several; none when it is dropped.

    Args:
        setting: as it was written.
        has: whether the command has a key of a name.
        warn: told what changes, when the user should know.

    Raises:
        R1Error: the value cannot be converted.
    """
    key = setting.key.replace("-", "_")
    if key == "callbacks":
        yield from _without_push(setting, warn)
        return
    name, _, argument = key.removeprefix("training.").partition(".")
    if name == "model_init_kwargs" and has(key):
        yield from _model_arguments(setting, argument)
        return
    alias = find_alias(key, has)
    if alias is None:
        changed = VALUES.get(key.rpartition(".")[2])
        yield setting if changed is None else replace(setting, value=changed(setting.value))
        return
    if alias.otherwise and not has(alias.to):
        alias = is_dropped(alias.otherwise)
    found = list(_renamed(setting, key, alias)) if alias.to else []
    if alias.says and (found or not alias.to):
        becomes = f" becomes {alias.to}" if alias.to else " is left out"
        warn(f"{setting.origin}: '{key}'{becomes}: {alias.says}")
    yield from found


def _model_arguments(setting: Setting, argument: str) -> Iterator[Setting]:
    """Arguments for the model, for some of which r1 has keys: one, or all as a mapping or its JSON."""
    value = {argument: setting.value} if argument in _MODEL_ARGUMENTS else setting.value
    if isinstance(value, str):
        with suppress(ValueError):
            value = json.loads(value)
    if not isinstance(value, dict) or (argument and argument not in _MODEL_ARGUMENTS):
        yield setting
        return
    for name, key in _MODEL_ARGUMENTS.items():
        if name in value:
            origin = f"{setting.origin} (as model_init_kwargs.{name})"
            yield replace(setting, key=key, value=value[name], origin=origin, text="")
    left = {name: of_it for name, of_it in value.items() if name not in _MODEL_ARGUMENTS}
    if left or not value:
        yield replace(setting, value=left)


def _renamed(setting: Setting, key: str, alias: Alias) -> Iterator[Setting]:
    renamed = replace(setting, key=alias.to, origin=f"{setting.origin} (as {key})")
    if alias.convert is None:
        yield renamed
        return
    try:
        values = alias.convert(setting.value)
    except ValueError as error:
        raise R1Error(
            f"{key}: {error}, found '{setting.value}'", where=setting.origin, fix=f"r1's name is {alias.to}"
        ) from None
    standing = _standing_of(setting)
    for path, value in values.items():
        is_nothing = value is None and standing is Standing.SAID
        of_it = Standing.GIVES_WAY if is_nothing else standing
        yield replace(renamed, key=path, value=value, text="", standing=of_it)


def _standing_of(setting: Setting) -> Standing:
    """What is switched off, as in a file that writes down every default, gives way to what is asked for."""
    if counts_last(setting):
        return Standing.COUNTS
    return Standing.SAID if parse_scalar(setting.value) else Standing.GIVES_WAY


def find_alias(key: str, has: Callable[[str], bool]) -> Alias | None:
    """What becomes of a name; None when it is r1's own.

    Args:
        key: with underscores.
        has: whether the command has a key of a name.
    """
    alias = ALIASES.get(key) or _nested_alias(key, has)
    # What others call otherwise, or dropped, may be a key of this command's own.
    own = alias is not None and has(key) and (not alias.to or not has(alias.to))
    return None if own else alias


def _nested_alias(key: str, has: Callable[[str], bool]) -> Alias | None:
    """What an unknown key in a group means by its last part: ``training.warmup_ratio``, ``grpo.beta``."""
    group, _, name = key.rpartition(".")
    if not group or has(key):
        return None
    flat = ALIASES.get(name)
    if group in _GROUPS:
        # TRL's arguments for the trainer and those for the model are r1's groups training and model.
        groups = ("training.", "model.") if group == "training" else (f"{group}.",)
        return flat if flat and (not flat.to or flat.to.startswith(groups)) else None
    if is_prefix(group):
        return Alias(name) if has(name) else flat if flat and not flat.to else None
    return None


def _without_push(setting: Setting, warn: Callable[[str], None]) -> Iterator[Setting]:
    """open-r1's one callback is what transformers' own push to the Hub does."""
    value = [] if setting.value is None else setting.value
    names = value if isinstance(value, list) else [value]
    kept = [name for name in names if name != PUSH]
    if len(kept) < len(names):
        warn(f"{setting.origin}: '{PUSH}' becomes training.push_to_hub: {PUSHED}, and {NOT_MEASURED}")
        origin = f"{setting.origin} (as {PUSH})"
        yield replace(setting, key="training.push_to_hub", value=True, origin=origin)
    if kept or not names:
        yield replace(setting, value=kept)


def from_grpo_environment(leaves: Iterable[str], warn: Callable[[str], None]) -> Iterator[Setting]:
    """The hierarchical layout's variables: ``GRPO_MODEL_NAME`` is its ``model.name``."""
    keys = {key.replace(".", "_"): key for key in (*leaves, *ALIASES)}
    for name in sorted(name for name in os.environ if name.startswith("GRPO_")):
        key = keys.get(name.removeprefix("GRPO_").lower())
        if key:
            yield Setting(key, os.environ[name], f"environment {name}", ENVIRONMENT)
        else:
            warn(f"the environment variable {name} is not recognised")
