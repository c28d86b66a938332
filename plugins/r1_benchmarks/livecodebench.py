"""LiveCodeBench: problems of contests, by their dates."""

from collections.abc import Mapping
from typing import Any

from r1cli import Benchmark

# What it has is released in parts: each file has the problems that a release has added.
_FILES = ("test.jsonl", *(f"test{number}.jsonl" for number in range(2, 7)))
_KEPT = ("question_id", "question_title", "platform", "difficulty", "contest_date", "public_test_cases",
         "private_test_cases", "metadata")  # fmt: skip
_BLOCK = "End with the whole program, in one block fenced as ```python ... ```, and with nothing after it."
_STDIN = (
    "Write a Python program that solves this problem. It reads its input from standard input and prints its "
    f"output to standard output.\n\n{{content}}\n\n{_BLOCK}"
)
_FUNCTION = (
    "Solve this problem in Python by completing the code below it. Keep the names in it, because the tests "
    f"call them.\n\n{{content}}\n\n```python\n{{starter}}\n```\n\n{_BLOCK}"
)


def livecodebench(sampling: Mapping[str, float]) -> list[Benchmark]:
    """LiveCodeBench: all problems, those of a release, and those of the windows that others report."""
    shared: dict[str, Any] = {
        "dataset": "livecodebench/code_generation_lite",
        "rows": "r1_benchmarks.livecodebench:problem",
        "dates": "contest_date",
        "prompt": "{task}",
        "solution": "",
        "verifier": "lcb_code",
        "sampling": sampling,
        "source": "LiveCodeBench (arXiv:2403.07974)",
    }
    return [
        Benchmark(
            "lcb",
            summary="LiveCodeBench, all releases: 1,055 problems from May 2023 to April 2025",
            files=_FILES,
            aliases=("lcb:codegeneration_release_v6", "lcb:codegeneration_release_latest"),
            **shared,
        ),
        Benchmark(
            "lcb:v4",
            summary="LiveCodeBench, the 101 problems of release 4 alone (lighteval's codegeneration_v4)",
            files=_FILES[3:4],
            aliases=("lcb_v4", "lcb:codegeneration_v4"),
            **shared,
        ),
        Benchmark(
            "lcb:v4_v5",
            summary="LiveCodeBench, the 268 problems of releases 4 and 5 alone (lighteval's default)",
            files=_FILES[3:5],
            aliases=("lcb:codegeneration",),
            **shared,
        ),
        Benchmark(
            "lcb:v5",
            summary="LiveCodeBench, release 5 from August 2024 on: 279 problems, as DeepSeek-R1 reports",
            files=_FILES[:5],
            window="2024-08-01..2025-02-01",
            groups=("code",),
            **shared,
        ),
        Benchmark(
            "lcb:v6",
            summary="LiveCodeBench, release 6 from August 2024 on: 454 problems to April 2025",
            files=_FILES,
            window="2024-08-01..2025-05-01",
            **shared,
        ),
    ]


def problem(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its prompt; private tests stay as they are published, and only the reward opens them."""
    starter = str(row["starter_code"] or "").strip()
    template = _FUNCTION if starter else _STDIN
    task = template.replace("{starter}", starter).replace("{content}", str(row["question_content"]).strip())
    return {**{name: row[name] for name in _KEPT}, "task": task}
