"""The manifest of a cache: what `r1 prefetch` has downloaded into it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from r1cli.data.hub import HubItem
from r1cli.environment import hub_cache
from r1cli.errors import R1Error
from r1cli.files import write_text
from r1cli.runs.run_dir import now
from r1cli.version import __version__

NAME = "r1-manifest.json"


def manifest_path(home: str | None) -> Path:
    """The manifest's path, next to the caches of models and datasets."""
    return hub_cache("HF_HUB_CACHE", "hub", home).parent / NAME


def read_manifest(home: str | None) -> list[dict[str, Any]]:
    """The manifest's entries; empty if there is no manifest.

    Raises:
        R1Error: the file is not a manifest.
    """
    path = manifest_path(home)
    try:
        items: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["items"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"this is not a manifest written by r1: {error}"
        fix = "move the file away; the cache itself is not affected"
        raise R1Error(what, where=str(path), fix=fix) from None
    return items


def enter(home: str | None, item: HubItem, commit: str, size: int, files: int) -> dict[str, Any]:
    """Records that an item is complete, replaces its old entry, and returns the new one.

    Args:
        home: the folder, or None for this machine's own cache.
        item: the complete item.
        commit: the commit of the Hub's repository.
        size: bytes of its files.
        files: number of files.
    """
    entry = {
        "what": item.title, **asdict(item), "commit": commit, "bytes": size, "files": files, "time": now()
    }  # fmt: skip
    others = [other for other in read_manifest(home) if other["what"] != item.title]
    tree = {"written_by": f"r1 {__version__}", "items": [*others, entry]}
    write_text(manifest_path(home), json.dumps(tree, indent=2) + "\n")
    return entry
