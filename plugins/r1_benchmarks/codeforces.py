"""Problems of Codeforces, which have ratings."""

import os
from collections.abc import Mapping
from typing import Any

from r1cli import Benchmark

_KEPT = (
    "id", "rating", "tags", "contest_type", "time_limit", "memory_limit", "input_mode", "official_tests",
    "generated_checker",
)  # fmt: skip
# The variable by which `cf_code` finds the generated tests, as open-r1 does.
_FOLDER = "CF_TESTS_FOLDER"
_SECTIONS = (
    ("", "description"),
    ("Input", "input_format"),
    ("Output", "output_format"),
    ("Note", "note"),
)


def codeforces(sampling: Mapping[str, float]) -> list[Benchmark]:
    """Problems of Codeforces whose tests are complete."""
    return [
        Benchmark(
            "codeforces",
            summary="problems of Codeforces with complete tests, in C++: an estimated rating, pass rates",
            dataset="open-r1/codeforces",
            dataset_config="verifiable",
            rows="r1_benchmarks.codeforces:problem",
            prompt="{task}",
            solution="",
            verifier="cf_code",
            parameters={
                "scoring_mode": "pass_fail",
                "test_batch_size": 8,
                "no_compile_reward": 0.0,
                "no_submission_reward": 0.0,
            },
            sampling=sampling,
            groups=("code",),
            figures="rating",
            source="open-r1/codeforces",
        )
    ]


def problem(row: dict[str, Any]) -> dict[str, Any] | None:
    """The row with its prompt; None for an interactive problem, and for one whose tests are not complete.

    The site cuts long tests: a problem whose official tests are cut counts only if generated ones take their
    place.
    """
    generated = bool(os.environ.get(_FOLDER)) and (row["generated_tests"] or 0) > 0
    complete = bool(row["official_tests"]) and bool(row["official_tests_complete"])
    if row.get("interaction_format") or not (complete or generated):
        return None
    return {**{name: row[name] for name in _KEPT}, "language": "cpp", "task": _task(row)}


def _task(row: Mapping[str, Any]) -> str:
    by_file = row["input_mode"] == "file"
    parts = [
        f"Write a C++17 program that solves the problem '{row['title']}' of Codeforces. It may run for "
        f"{float(row['time_limit'] or 2):g} seconds on each test, and use "
        f"{float(row['memory_limit'] or 256):g} MB of memory."
    ]
    if by_file:
        parts.append("It reads the file input.txt and writes the file output.txt.")
    else:
        parts.append("It reads from standard input and writes to standard output.")
    for title, column in _SECTIONS:
        text = str(row[column] or "").strip()
        if text:
            parts.append(f"{title}:\n{text}" if title else text)
    for number, example in enumerate(row["examples"] or (), start=1):
        shown = f"input\n```\n{example['input'].strip()}\n```\noutput\n```\n{example['output'].strip()}\n```"
        parts.append(f"Example {number}:\n{shown}")
    parts.append("End with the whole program, in one block fenced as ```cpp ... ```.")
    return "\n\n".join(parts)
