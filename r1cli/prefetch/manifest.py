"""The manifest of a cache: what `r1 prefetch` has brought into it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from r1cli import __version__
from r1cli.data.hub import HubItem
from r1cli.environment import hub_cache
from r1cli.errors import R1Error
from r1cli.files import write_text
from r1cli.runs.run_dir import now

NAME = "r1-manifest.json"


def manifest_path(home: str | None) -> Path:
    """Beside the caches of models and of datasets."""
    return hub_cache("HF_HUB_CACHE", "hub", home).parent / NAME


def read_manifest(home: str | None) -> list[dict[str, Any]]:
    """What the manifest lists; nothing where there is none.

    Raises:
        R1Error: the file is no manifest.
    """
    path = manifest_path(home)
    try:
        items: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["items"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"this is no manifest of r1's: {error}"
        raise R1Error(what, where=str(path), fix="move it away: what is here stays here") from None
    return items


def enter(home: str | None, item: HubItem, commit: str, size: int, files: int) -> dict[str, Any]:
    """Writes down that an item is whole, in place of what was known of it, and returns the entry.

    Args:
        home: the folder, or None for this machine's own cache.
        item: what is there.
        commit: the commit of the Hub's repository.
        size: bytes of its files.
        files: how many they are.
    """
    entry = {
        "what": item.title, **asdict(item), "commit": commit, "bytes": size, "files": files, "time": now()
    }  # fmt: skip
    others = [other for other in read_manifest(home) if other["what"] != item.title]
    tree = {"written_by": f"r1 {__version__}", "items": [*others, entry]}
    write_text(manifest_path(home), json.dumps(tree, indent=2) + "\n")
    return entry
