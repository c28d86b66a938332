"""The values that name files of this machine: a run directory must mean the same from everywhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r1cli.config.config import ACCELERATE, AGAINST, LOCAL_PATHS, MEASUREMENTS, MIXTURE, PIPELINE, REWARDS
from r1cli.config.presets import accelerate_presets
from r1cli.files import existing_path

# The keys of a mixture's dataset that may be paths.
_OF_PARTS = ("id", "path", "data_files")


def absolute_paths(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that name files, with the files that exist named from the root."""
    found = {local: _absolute(values[local]) for local in LOCAL_PATHS & values.keys()}
    if values.get(ACCELERATE) in accelerate_presets():
        del found[ACCELERATE]
    found |= {path: _absolute(value) for path, value in values.items() if _is_parameter(path, value)}
    for path, absolute in ((REWARDS, _function), (MEASUREMENTS, _absolute), (AGAINST, _column)):
        if isinstance(values.get(path), list):
            found[path] = [absolute(str(name)) for name in values[path]]
    if values.get(PIPELINE):
        found[PIPELINE] = _before_colon(_absolute(values[PIPELINE]))
    if values.get(MIXTURE):
        found[MIXTURE] = _mixture(values[MIXTURE])
    return found


def _absolute(name: Any) -> Any:
    """A path that exists, from the root; any other value as it is."""
    path = existing_path(name) if isinstance(name, str) and name else None
    return str(path.absolute()) if path else name


def _looks_like_a_file(name: str) -> bool:
    """A word does not, whatever lies here: it may be a benchmark, or a choice."""
    return "/" in name or bool(Path(name).suffix)


def _is_parameter(path: str, value: Any) -> bool:
    """Whether this is a reward's parameter that may name a file."""
    of_reward = path.startswith("rewards.") and path.count(".") > 1
    return of_reward and isinstance(value, str) and _looks_like_a_file(value)


def _before_colon(name: str) -> str:
    """``FILE:PART`` with the file named from the root."""
    path, colon, part = name.rpartition(":")
    return f"{_absolute(path)}{colon}{part}"


def _function(name: str) -> str:
    """``file.py:function``; any other reward as it is."""
    return _before_colon(name) if name.rpartition(":")[0].endswith(".py") else name


def _column(name: str) -> str:
    """``FILE:COLUMN``; a benchmark as it is."""
    return _before_colon(name) if _looks_like_a_file(name.rpartition(":")[0]) else name


def _mixture(mixture: dict[str, Any]) -> dict[str, Any]:
    """A mixture whose local datasets are named from the root. Other values stay as they are."""
    parts = mixture.get("datasets")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        return mixture
    absolute = [
        {key: _absolute(value) if key in _OF_PARTS else value for key, value in part.items()}
        for part in parts
    ]
    return {**mixture, "datasets": absolute}
