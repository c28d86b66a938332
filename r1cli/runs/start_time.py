"""When a run was started, as it has recorded that itself: the dates of files change when they are copied."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from r1cli.files import read_mapping, write_text

_FILE = Path("launch", "started")
# Times in status.json are cut to whole seconds.
_CUT = 1.0


def record_start(run_dir: Path) -> None:
    """Records that an attempt at a run is launched or submitted now."""
    write_text(run_dir / _FILE, datetime.now(UTC).isoformat() + "\n")


def started(run_dir: Path) -> float:
    """When the last attempt at a run was launched or submitted; 0 where the run is gone meanwhile."""
    with suppress(OSError, ValueError):
        return datetime.fromisoformat((run_dir / _FILE).read_text(encoding="utf-8").strip()).timestamp()
    try:
        written = (run_dir / "run.yaml").stat().st_mtime
    except OSError:
        return 0.0
    # An earlier r1 recorded no start. Files that are newer than what the run says of itself are a copy's.
    said = _state_time(run_dir)
    if said is None or written < said + _CUT:
        return written
    first = _first_step_time(run_dir)
    return said if first is None else min(first, said)


def _state_time(run_dir: Path) -> float | None:
    with suppress(ValueError, KeyError, TypeError):
        return datetime.fromisoformat(read_mapping(run_dir / "status.json")["time"]).timestamp()
    return None


def _first_step_time(run_dir: Path) -> float | None:
    with (
        suppress(OSError, ValueError, KeyError, TypeError),
        (run_dir / "metrics.jsonl").open(encoding="utf-8") as file,
    ):
        return float(json.loads(file.readline())["time"])
    return None
