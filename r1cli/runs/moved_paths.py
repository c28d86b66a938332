"""Paths in the record of a run that was moved since, together with what they lead to."""

import os
from pathlib import Path
from typing import Any

from r1cli.files import existing_path, read_mapping


def recorded_dir(run_dir: Path) -> str:
    """Where a run was when it was launched; empty where nothing says that."""
    place = read_mapping(run_dir / "job.json").get("run_dir")
    return place if isinstance(place, str) else ""


def relocate(value: Any, recorded: str, run_dir: Path) -> Any:
    """A value of a record: of a path, the same place seen from where the run is now.

    Args:
        value: as it is recorded.
        recorded: where the run was then.
        run_dir: where it is now.
    """
    if not (recorded and isinstance(value, str) and value.startswith("/")):
        return value
    return os.path.normpath(run_dir.absolute() / os.path.relpath(value, recorded))


def follow_move(value: Any, recorded: str, run_dir: Path) -> Any:
    """The same for a path that is gone, if there is something in the new place; any other value as it is."""
    if not isinstance(value, str) or existing_path(value):
        return value
    found = relocate(value, recorded, run_dir)
    return found if existing_path(found) else value
