"""A model's files on this machine, and what they say of it without being loaded."""

import json
from pathlib import Path
from typing import Any

from r1cli.environment import hub_cache
from r1cli.files import existing_path


def model_folder(name: str, home: str | None = None) -> Path | None:
    """Where a model's files are on this machine, its own folder or the Hub client's; None when nowhere.

    Args:
        name: a path or a Hub id.
        home: the folder of the Hub client, where it is not this process's.
    """
    snapshots = hub_cache("HF_HUB_CACHE", "hub", home) / f"models--{name.replace('/', '--')}" / "snapshots"
    local = existing_path(name) if name else None
    candidates = [local] if local else [*snapshots.glob("*")]
    return next((folder for folder in candidates if (folder / "config.json").is_file()), None)


def read_model_config(folder: Path) -> dict[str, Any] | None:
    """What a model's config.json says; None when it is not a JSON mapping."""
    return _read_mapping(folder / "config.json")


def chat_template(name: str) -> str | None:
    """A model's chat template: empty without one, None when its tokenizer's files are not on this machine."""
    folder = model_folder(name)
    plain = folder / "chat_template.jinja" if folder else None
    if plain and plain.is_file():
        return plain.read_text(encoding="utf-8")
    if folder is None or not any(
        (folder / file).is_file() for file in ("tokenizer_config.json", "tokenizer.json")
    ):
        return None
    for file in ("tokenizer_config.json", "chat_template.json"):
        template = (_read_mapping(folder / file) or {}).get("chat_template")
        if isinstance(template, list):
            # Several, each with a name.
            template = next((one["template"] for one in template if one.get("name") == "default"), "")
        if template:
            return str(template)
    return ""


def text_config(name: str | None) -> dict[str, Any]:
    """What a model's config.json says of the part that writes text; empty when it is not on this machine."""
    folder = model_folder(name) if name else None
    config = (read_model_config(folder) if folder else None) or {}
    nested = config.get("text_config")
    return nested if isinstance(nested, dict) else config


def context_length(name: str | None) -> int | None:
    """A model's longest text in tokens; None when that cannot be known on this machine."""
    text = text_config(name)
    # Scaled positions reach further than the config's number says.
    rope = text.get("rope_parameters")
    scaled = isinstance(rope, dict) and rope.get("rope_type", "default") != "default"
    context = text.get("max_position_embeddings")
    return context if isinstance(context, int) and not scaled and not text.get("rope_scaling") else None


def _read_mapping(file: Path) -> dict[str, Any] | None:
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return tree if isinstance(tree, dict) else None
