"""What a run is doing where no line of its metrics says so: loading, or between two logged steps.

Its first worker writes it into a small file, and whoever watches the run reads it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r1cli.files import read_mapping, write_text

_FILE = Path("launch", "activity.json")


def write_activity(run_dir: Path, activity: Mapping[str, Any]) -> None:
    """Replaces what is shown: ``doing`` as text, or ``step`` and ``max_steps``."""
    write_text(run_dir / _FILE, json.dumps(activity) + "\n")


def read_activity(run_dir: Path) -> dict[str, Any]:
    """What is shown; empty where nothing is known."""
    return read_mapping(run_dir / _FILE)


def forget_activity(run_dir: Path) -> None:
    """Removes what an earlier attempt has left."""
    (run_dir / _FILE).unlink(missing_ok=True)
