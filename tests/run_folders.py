"""Run directories as r1 leaves them, for tests that need no training."""

import json
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml


def make_run(
    run_dir: Path,
    state: str = "finished",
    *,
    command: str = "sft",
    config: dict[str, Any] | None = None,
    metrics: Sequence[dict[str, Any]] = (),
    age: float = 0.0,
    **status: Any,
) -> Path:
    """Writes what a run has left: its record, its state, its metrics.

    Args:
        run_dir: the folder.
        state: as status.json has it; empty for a run that has not started.
        command: that the run is of.
        config: by group.
        metrics: the lines of metrics.jsonl.
        age: seconds since it was launched.
        status: what else status.json says; by default a dead process of this machine.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    record = {"command": command, "preset": None, "config": config or {}, "command_line": ["r1", command]}
    (run_dir / "run.yaml").write_text(yaml.safe_dump(record, sort_keys=False))
    if state:
        usual = {
            "reason": "",
            "pid": 2**22 + 1,
            "host": socket.gethostname(),
            "time": "2025-01-01T10:00:00+00:00",
        }
        (run_dir / "status.json").write_text(json.dumps({"state": state, **usual, **status}))
    if metrics:
        (run_dir / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in metrics))
    launched = datetime.fromtimestamp(time.time() - age, UTC)
    (run_dir / "launch").mkdir(exist_ok=True)
    (run_dir / "launch" / "started").write_text(launched.isoformat())
    return run_dir
