"""The International Olympiad in Informatics, by subtask."""

from collections.abc import Mapping
from typing import Any

from r1cli import Benchmark

_KEPT = (
    "id", "name", "year", "day", "subtask", "score", "test_names", "grader_files", "task_type", "time_limit",
    "memory_limit", "score_precision",
)  # fmt: skip
_TASK = """\
This is a task of the International Olympiad in Informatics. Solve its subtask {subtask}, which is worth \
{score} points.

{statement}

Your program may run for {seconds:g} seconds on each test, and use {megabytes} MB of memory. It is compiled \
as C++17 together with a grader, so write no main function, and neither read nor print anything yourself \
unless the task says so.
"""
_START = "\nBegin with this code, and keep its functions:\n\n```cpp\n{code}\n```\n"
_BLOCK = "\nEnd with the whole program, in one block fenced as ```cpp ... ```."


def olympiads(sampling: Mapping[str, float]) -> list[Benchmark]:
    """The olympiad of 2024."""
    return [
        Benchmark(
            "ioi24",
            summary="the subtasks of IOI 2024, in C++: points of 600, the best of --samples for each subtask",
            dataset="open-r1/ioi",
            rows="r1_benchmarks.ioi:subtask",
            prompt="{task}",
            solution="",
            verifier="ioi_code",
            datasets={"tests": "open-r1/ioi-test-cases:2024"},
            sampling=sampling,
            groups=("code",),
            figures="points",
            source="open-r1/ioi and open-r1/ioi-test-cases; https://stats.ioinformatics.org/tasks/2024",
        )
    ]


def subtask(row: dict[str, Any]) -> dict[str, Any] | None:
    """The row with its prompt; None for samples, which have no points."""
    if not row["score"]:
        return None
    start = str(row["starting_code"] or "").strip()
    task = _TASK.format(
        subtask=row["subtask"],
        score=row["score"],
        statement=str(row["statement"]).strip(),
        seconds=float(row["time_limit"]),
        megabytes=int(row["memory_limit"]) >> 20,
    )
    # The statement and the code may have braces.
    task += (_START.replace("{code}", start) if start else "") + _BLOCK
    return {**{name: row[name] for name in _KEPT}, "task": task}
