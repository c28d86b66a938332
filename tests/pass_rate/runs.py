"""Measurements and selections in this process: all of `r1 filter-pass-rate` but its supervisor."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet

from r1cli.config.resolve import Request
from r1cli.pass_rate import select_worker, worker
from r1cli.prepare.request import prepare
from r1cli.runs.job import Job
from r1cli.runs.run_dir import write_job
from tests.command_line import flags_of

RUN, MEASURE, SELECT = (f"filter-pass-rate{name}" for name in ("", " measure", " select"))


class Pupil:
    """Answers problems whose text ends in a number: of each four samples, as many are right as it says."""

    def __init__(self) -> None:
        self.asked = Counter[str]()

    def __call__(self, body: Mapping[str, Any]) -> str:
        problem = body["messages"][-1]["content"]
        self.asked[problem] += 1
        right = (self.asked[problem] - 1) % 4 < int(problem.split()[-1])
        return f"\\boxed{{{1 if right else 2}}}"


def run(command: str, run_dir: Path, *words: str | Path) -> Path:
    """Runs the worker of a request, and returns the run directory."""
    flags = flags_of(*map(str, words), "--output-dir", str(run_dir), command=command)
    carry_out(prepare(command, Request(flags=flags)).job)
    return run_dir


def carry_out(job: Job) -> None:
    """Does in this process what a job's worker does."""
    write_job(job)
    (select_worker if job.command == SELECT else worker).work(Path(job.run_dir), dict(job.record))


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The rows of a dataset folder."""
    files = sorted((folder / "data").iterdir())
    return [row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()]


def figures_of(run_dir: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run_dir / "figures.json").read_text())
    return found
