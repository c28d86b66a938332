"""What a training says of its data before the first step: rows, what is left out, the first row."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r1cli.files import read_mapping, write_text

_FILE = Path("launch", "data.json")


def write_data_facts(run_dir: Path, lines: list[str], first: str) -> None:
    """Writes what is to be shown.

    Args:
        run_dir: of the training.
        lines: about the rows.
        first: the first row, as the model sees it.
    """
    write_text(run_dir / _FILE, json.dumps({"lines": lines, "first": first}, indent=2) + "\n")


def read_data_facts(run_dir: Path) -> Mapping[str, Any]:
    """``lines`` and ``first``; empty before they are known."""
    return read_mapping(run_dir / _FILE)


def forget_data_facts(run_dir: Path) -> None:
    """Removes what an earlier attempt has left."""
    (run_dir / _FILE).unlink(missing_ok=True)
