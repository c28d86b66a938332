"""The names of run directories that users have not named themselves."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from r1cli.config.config import DATASET, MODEL
from r1cli.files import existing_path

_LONGEST = 48
_UNSAFE = re.compile(r"[^A-Za-z0-9._]+")
_STAMP = re.compile(r"-\d{8}-\d{6}(-[0-9a-f]{4})?(?=-|$)")
_CHECKPOINT = re.compile(r"checkpoint-\d+")


def fresh_run_dir(
    command: str, preset: str | None, values: Mapping[str, Any], origins: Mapping[str, str]
) -> str:
    """A directory below ./runs that says which command works with which model, or by which preset.

    Args:
        command: its name.
        preset: of the config.
        values: of the config, by path.
        origins: where each value comes from.
    """
    subject = _subject(preset, values, origins)
    parts = [command.replace(" ", "-"), *([subject] if subject else []), time_stamp()]
    return f"runs/{'-'.join(parts)}"


def time_stamp() -> str:
    """The time, with four random digits: two runs that start in the same second do not share a name."""
    return f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _subject(preset: str | None, values: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    """The model; the preset where the model is the preset's; the dataset where there is neither."""
    model = values.get(MODEL)
    if preset and (not model or origins.get(MODEL, "").startswith("preset ")):
        return _plain(Path(preset).name)
    named = model or values.get(DATASET)
    return _plain(_short(named)) if isinstance(named, str) else ""


def _short(name: str) -> str:
    """What a model or dataset is called: of a run its name below ./runs, else the last part of the path."""
    path = existing_path(name)
    if path is None:
        return re.split("[/:]", name.partition("?")[0])[-1]
    path = path.absolute()
    path = path.with_suffix("") if path.is_file() else path
    runs = Path("runs").absolute()
    parts = path.relative_to(runs).parts if path.is_relative_to(runs) else path.parts[-1:]
    if len(parts) == 1 and _CHECKPOINT.fullmatch(path.name):
        parts = path.parts[-2:]
    return "-".join(_STAMP.sub("", part) for part in parts)


def _plain(name: str) -> str:
    return _UNSAFE.sub("-", name)[:_LONGEST].strip("-.")
