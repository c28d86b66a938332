"""Runs as a list: a row or a tree for each."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from r1cli.runs.locate import command_of, short_name
from r1cli.runs.metrics import last_step
from r1cli.runs.run_dir import read_status
from r1cli.runs.start_time import started
from r1cli.runs.state import Run

_HEADINGS = ("run", "command", "state", "step", "age", "job or host")
_IN_SLURM = ("in Slurm", "nodes", "time")
_SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def table_of(runs: Sequence[Run]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The headings and the rows; what Slurm knows of jobs is there where it knows one of them."""
    rows = [_row(run) for run in runs]
    if not any(run.job for run in runs):
        return _HEADINGS, rows
    return (*_HEADINGS, *_IN_SLURM), [
        (*row, run.job.state, run.job.node_count, run.job.elapsed) if run.job else (*row, "", "", "")
        for row, run in zip(rows, runs, strict=True)
    ]


def tree_of(run: Run) -> dict[str, Any]:
    """A run, for JSON."""
    job = {name: value for name, value in asdict(run.job).items() if value} if run.job else None
    return {
        "run": str(run.run_dir.absolute()),
        "command": command_of(run.run_dir),
        "state": run.state,
        "reason": run.reason,
        "confirmed": run.confirmed,
        "started": datetime.fromtimestamp(started(run.run_dir), UTC).isoformat(timespec="seconds"),
        "host": _host(run),
        "job_id": run.job_id,
        "job": job,
        "last_step": last_step(run.run_dir),
    }


def progress(run: Run) -> str:
    """How far a run has come, as ``3 of 10``; empty before its first step."""
    entry = last_step(run.run_dir)
    return f"{entry['step']} of {entry.get('max_steps', '?')}" if entry else ""


def duration(seconds: float) -> str:
    """A span of time in its greatest unit, as ``5 min``."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    return f"{max(0, seconds) // size:.0f} {unit}"


def span(seconds: float) -> str:
    """A span of time in its two greatest units, as ``1 min 12 s``."""
    whole = max(0, round(seconds))
    parts: list[str] = []
    for size, unit in _UNITS:
        count, whole = divmod(whole, size)
        if count or (parts and len(parts) < 2) or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def size(count: int) -> str:
    """Bytes, as ``1.5 GB``."""
    power, unit = next((found for found in _SIZES if count >= found[0]), _SIZES[-1])
    return f"{count / power:.1f} {unit}"


def _row(run: Run) -> tuple[str, ...]:
    state = run.state or "not started"
    return (
        short_name(run.run_dir),
        command_of(run.run_dir),
        state if run.confirmed else f"{state} (?)",
        progress(run),
        duration(time.time() - started(run.run_dir)),
        run.job_id or _host(run),
    )


def _host(run: Run) -> str:
    return str(read_status(run.run_dir).get("host", ""))
