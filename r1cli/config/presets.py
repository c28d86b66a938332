"""Presets: named YAML recipes that ship with r1."""

from pathlib import Path

from r1cli.errors import R1Error, did_you_mean
from r1cli.resources import resource_dir


def preset_paths() -> dict[str, Path]:
    """Name -> file, of every training preset."""
    return {path.stem: path for path in sorted(resource_dir("presets").rglob("*.yaml"))}


def find_preset(name: str, where: str = "flag --preset") -> Path:
    """The file of a preset.

    Raises:
        R1Error: no preset bears the name.
    """
    paths = preset_paths()
    if name not in paths:
        raise R1Error(
            f"unknown preset '{name}'",
            where=where,
            mend=did_you_mean(name, paths, f"there are {', '.join(paths)}"),
        )
    return paths[name]
