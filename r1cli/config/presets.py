"""Presets: named YAML files, of recipes that train and of ways to launch them, from r1 and from plugins."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from r1cli.errors import R1Error, did_you_mean
from r1cli.files import existing_path, resource_dir
from r1cli.plugins.kinds import PRESET
from r1cli.plugins.registry import all_offers, find_one

#: The folder, and the kind, of the accelerate config files.
ACCELERATE = "accelerate"
# How messages name the owner of what ships with r1.
_OWN = "r1"


@dataclass(frozen=True)
class Preset:
    """A preset, and what it says of itself.

    Args:
        name: what users type: the file's stem.
        path: the file.
        plugin: the title of the plugin that brings it, empty for r1's own.
        kind: the command that it is for, ``sft`` or ``grpo``, or ``ACCELERATE``; empty when it says none.
        about: ``summary``, and where they apply ``source``, ``trl`` and ``hardware``.
        text: the YAML text.
    """

    name: str
    path: Path
    plugin: str
    kind: str
    about: dict[str, Any]
    text: str


def preset_paths() -> dict[str, Path]:
    """Name -> file, of every training preset that ships with r1."""
    folder = resource_dir("presets")
    paths = sorted(path for path in folder.rglob("*.yaml") if path.parent != folder / ACCELERATE)
    return {path.stem: path for path in paths}


def accelerate_presets() -> dict[str, Path]:
    """Name -> file, of every accelerate config file that ships with r1."""
    return {path.stem: path for path in sorted((resource_dir("presets") / ACCELERATE).glob("*.yaml"))}


def find_preset(name: str, where: str = "flag --preset") -> Path:
    """The file of a training preset.

    Raises:
        R1Error: no preset bears the name, or more than one does.
    """
    return find_one("preset", name, _training(), where)


def find_accelerate(name_or_path: str, where: str = "flag --launch.accelerate") -> Path:
    """An accelerate config file: one that ships with r1, or the user's own.

    Raises:
        R1Error: it is neither.
    """
    shipped = accelerate_presets()
    path = shipped.get(name_or_path) or existing_path(name_or_path)
    if path is None or not path.is_file():
        known = did_you_mean(name_or_path, shipped, f"the accelerate presets are {', '.join(shipped)}")
        raise R1Error(
            f"'{name_or_path}' is neither an accelerate preset nor a file",
            where=where,
            fix=f"{known}; or give the path of an accelerate config file",
        )
    return path


def all_presets() -> list[Preset]:
    """Those of every kind: for training, r1's own and the plugins', and then for accelerate."""
    training = [(path, plugin, "") for found in _training().values() for plugin, path in found]
    launching = [(path, _OWN, ACCELERATE) for path in accelerate_presets().values()]
    return [_read(path, plugin, kind) for path, plugin, kind in [*training, *launching]]


def read_preset(name: str, where: str) -> Preset:
    """The preset of any kind that bears a name.

    Raises:
        R1Error: none does, or more than one.
    """
    offers: dict[str, list[tuple[str, Preset]]] = {}
    for preset in all_presets():
        offers.setdefault(preset.name, []).append((preset.plugin or _OWN, preset))
    return find_one("preset", name, offers, where)


def _training() -> dict[str, list[tuple[str, Path]]]:
    """The owners and the files of each name."""
    offers = {name: [(_OWN, path)] for name, path in preset_paths().items()}
    for name, found in all_offers(PRESET).items():
        offers[name] = [*offers.get(name, ()), *found]
    return offers


def _read(path: Path, owner: str, kind: str) -> Preset:
    """The faults of a broken file are reported when it is used."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError:
        tree = None
    tree = tree if isinstance(tree, dict) else {}
    about = tree.get("about")
    if not isinstance(about, dict):
        first = text.partition("\n")[0]
        about = {"summary": first.removeprefix("#").strip() if first.startswith("#") else ""}
    plugin = "" if owner == _OWN else owner
    return Preset(path.stem, path, plugin, kind or str(tree.get("command", "")), about, text)
