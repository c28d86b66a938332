"""What a model is, wherever it lies: the commit of one on the Hub, the contents of one in a folder."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from r1cli.config.groups.model import Model
from r1cli.data.hub import MODEL, hub_commit
from r1cli.digests import digest
from r1cli.files import existing_path, write_text

# The files of a model folder that its completions depend on; a run directory has others beside them.
_FILES = (
    "config.json", "generation_config.json", "adapter_config.json", "tokenizer*", "special_tokens_map.json",
    "added_tokens.json", "vocab.*", "merges.txt", "*.model", "chat_template*", "*.safetensors",
    "pytorch_model*.bin", "adapter_model.bin",
)  # fmt: skip


def with_commit(model: Mapping[str, Any], record: Path) -> dict[str, Any]:
    """A config's ``model`` group with the commit of a model on the Hub as its revision.

    Args:
        model: the group.
        record: the file of the run that keeps the commit, so that resuming samples from the same weights.
    """
    section = Model.read(model)
    name, revision = section.model_name_or_path or "", section.model_revision
    if not name or existing_path(name):
        return dict(model)
    asked = f"{name}@{revision}"
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    if asked not in known:
        known[asked] = hub_commit(MODEL, name, revision)
        write_text(record, json.dumps(known, indent=2) + "\n")
    return {**model, "model_revision": known[asked] or revision}


def model_identity(model: Mapping[str, Any]) -> dict[str, Any]:
    """What the completions of a model depend on, apart from how they are sampled.

    A folder that is moved or copied has the same identity; one that was trained on has another.

    Args:
        model: the config's ``model`` group, from `with_commit`.

    Returns:
        JSON values: the group, with the SHA-256 of each file in place of a folder's name.
    """
    folder = existing_path(str(model.get("model_name_or_path") or ""))
    if folder is None:
        return dict(model)
    settings = {name: value for name, value in model.items() if name != "model_name_or_path"}
    return {**settings, "files": {path.name: digest(path) for path in _files_of(folder)}}


def _files_of(folder: Path) -> Iterable[Path]:
    found = {path for pattern in _FILES for path in folder.glob(pattern) if path.is_file()}
    return sorted(found)
