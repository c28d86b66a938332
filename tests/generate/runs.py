"""Generations in this process: all of `r1 generate` but its supervisor."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet

from r1cli.config.resolve import Request
from r1cli.generate.worker import work
from r1cli.prepare.request import prepare
from r1cli.runs.run_dir import write_job
from tests.command_line import flags_of

#: Twelve problems, of which the scripted service answers that of "3" as cut off.
PROBLEMS = [{"id": f"q{number}", "problem": str(number), "solution": str(number % 2)} for number in range(12)]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def generate(run_dir: Path, *words: str | Path) -> Path:
    """Runs the worker on a request, and returns the run directory."""
    flags = flags_of(*map(str, words), "--output-dir", str(run_dir), command="generate")
    job = prepare("generate", Request(flags=flags)).job
    write_job(job)
    work(run_dir, dict(job.record))
    return run_dir


def rows_of(run_dir: Path) -> list[dict[str, Any]]:
    """The rows of a run's dataset."""
    files = sorted((run_dir / "dataset" / "data").iterdir())
    return [row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()]


def figures_of(run_dir: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run_dir / "figures.json").read_text())
    return found
