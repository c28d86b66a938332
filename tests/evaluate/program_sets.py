"""Small datasets of programs, in the shapes in which they are published."""

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

SUM = "a, b = map(int, input().split())\nprint(a + b)"
DOUBLE = "class Solution:\n    def double(self, n: int) -> int:\n        return 2 * n"
GRADER = """\
#include <iostream>
#include "pair.h"
int main() { int a, b; std::cin >> a >> b; std::cout << join(a, b) << std::endl; }
"""
JOIN = '#include "pair.h"\nint join(int a, int b) { return a + b; }'
#: Right for small numbers only.
SMALL_JOIN = '#include "pair.h"\nint join(int a, int b) { return a > 9 ? 0 : a + b; }'
CPP_SUM = (
    "#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }"
)


def livecodebench(home: Path) -> None:
    """Two problems in each file, the second a functional one; dates are a month apart, from June 2024."""
    folder = home / "livecodebench" / "code_generation_lite"
    folder.mkdir(parents=True)
    for number in range(1, 7):
        rows = [_stdin(number), _functional(number)]
        name = f"test{number if number > 1 else ''}.jsonl"
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _stdin(number: int) -> dict[str, Any]:
    tests = [{"input": f"{number} 2\n", "output": f"{number + 2}\n", "testtype": "stdin"}]
    return {
        "question_title": "A plus B",
        "question_content": "Print the sum of two {numbers}.",
        "platform": "atcoder",
        "question_id": f"abc{number}_a",
        "contest_id": f"abc{number}",
        "contest_date": f"2024-{5 + number:02}-01T00:00:00",
        "starter_code": "",
        "difficulty": "easy",
        "public_test_cases": json.dumps(tests),
        "private_test_cases": packed(tests * 3),
        "metadata": "{}",
    }


def _functional(number: int) -> dict[str, Any]:
    tests = [{"input": str(number), "output": str(2 * number), "testtype": "functional"}]
    return {
        **_stdin(number),
        "question_title": "Double",
        "question_content": "Return the double of a number.",
        "platform": "leetcode",
        "question_id": f"30{number}",
        "starter_code": "class Solution:\n    def double(self, n: int) -> int:\n        ",
        "public_test_cases": json.dumps(tests),
        "private_test_cases": json.dumps(tests),
        "metadata": json.dumps({"func_name": "double"}),
    }


def packed(value: Any) -> str:
    """Private tests as LiveCodeBench stores them."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(value)))).decode()


def olympiad(home: Path) -> None:
    """A task with samples and two subtasks of 40 and 60 points, and the tests of its year."""
    rows = [
        _subtask("00-samples", 0, ["s1"]),
        _subtask("01-small", 40, ["s1", "t1"]),
        _subtask("02-all", 60, ["s1", "t1", "t2"]),
    ]
    _write(home / "open-r1/ioi/data/test-00000-of-00001.parquet", rows)
    tests = [
        {"year": 2024, "day": "1", "problem_name": "Pair", "problem_id": "pair", "test_name": name,
         "test_input": given, "test_output": answer}
        for name, given, answer in (("s1", "1 2\n", "3\n"), ("t1", "5 4\n", "9\n"), ("t2", "20 4\n", "24\n"))
    ]  # fmt: skip
    _write(home / "open-r1/ioi-test-cases/2024/train-00000-of-00001.parquet", tests)


def _subtask(name: str, score: int, tests: list[str]) -> dict[str, Any]:
    return {
        "year": 2024,
        "name": "Pair",
        "id": "pair",
        "day": "1",
        "subtask": name,
        "statement": "Implement `int join(int a, int b)`, which returns the sum of {a} and {b}.",
        "score": score,
        "time_limit": 1.0,
        "memory_limit": 256 << 20,
        "score_precision": 2,
        "task_type": "Batch",
        "test_names": tests,
        "starting_code": "int join(int a, int b) {\n}",
        "grader_files": [["graders/grader.cpp", GRADER], ["graders/pair.h", "int join(int a, int b);\n"]],
        "problem": "A ready prompt.",
    }


def codeforces(home: Path) -> None:
    """Four problems, of which one has no complete tests and one is interactive."""
    rows = [
        _problem("1/A", 800),
        _problem("2/B", 1200),
        {**_problem("3/C", 1600), "official_tests_complete": False, "generated_tests": 12},
        {**_problem("4/D", 1800), "interaction_format": "Ask."},
    ]
    folder = home / "open-r1" / "codeforces"
    _write(folder / "verifiable" / "test-00000-of-00001.parquet", rows)
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: verifiable\n  data_files:\n  - split: test\n"
        "    path: verifiable/test-*\n---\n",
        encoding="utf-8",
    )


def _problem(name: str, rating: int) -> dict[str, Any]:
    contest, _, index = name.partition("/")
    answer = "7" if rating == 800 else "8"
    return {
        "id": name,
        "aliases": [],
        "contest_id": contest,
        "contest_name": "Round",
        "contest_type": "CF",
        "contest_start": 1_700_000_000,
        "contest_start_year": 2023,
        "index": index,
        "time_limit": 1.0,
        "memory_limit": 256.0,
        "title": f"Sum {index}",
        "description": "Print the sum of $a$ and {b}.",
        "input_format": "Two numbers.",
        "output_format": "Their sum.",
        "interaction_format": None,
        "note": None,
        "editorial": None,
        "rating": rating,
        "tags": ["math"],
        "examples": [{"input": "3 4", "output": "7"}],
        "testset_size": 2,
        # No sum has the answer 8 here: nobody solves the second problem.
        "official_tests": [{"input": "3 4", "output": answer}, {"input": "1 1", "output": "2"}],
        "official_tests_complete": True,
        "input_mode": "stdio",
        "generated_checker": None,
        "executable": True,
        "generated_tests": 0,
    }


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
