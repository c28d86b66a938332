"""Benchmarks of programs, from datasets in their published shapes to prompts and columns."""

import pickle
from pathlib import Path
from typing import Any

import pytest
from r1_benchmarks import r1_benchmarks

from r1cli.config.groups.rewards import Rewards
from r1cli.decontaminate.benchmark_texts import QUESTION, load_texts
from r1cli.decontaminate.schema import Decontaminate
from r1cli.errors import R1Error
from r1cli.evaluate.load_problems import load_problems
from r1cli.evaluate.problem import Problem
from r1cli.evaluate.task import rewards_of
from r1cli.plugins.types import Benchmark
from tests.conftest import RunR1
from tests.evaluate import program_sets

BENCHMARKS = {benchmark.name: benchmark for benchmark in r1_benchmarks()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    program_sets.livecodebench(folder)
    program_sets.olympiad(folder)
    program_sets.codeforces(folder)
    return folder


def ids(problems: list[Problem]) -> list[str]:
    return [problem.columns["question_id"] for problem in problems]


@pytest.mark.parametrize(
    ("name", "dates", "contests"),
    [
        ("lcb", None, [1, 2, 3, 4, 5, 6]),
        ("lcb", "2024-07-02..2024-08", [3]),
        ("lcb", "2024-10..", [5, 6]),
        ("lcb:v4", None, [4]),
        ("lcb:v4_v5", None, [4, 5]),
        # The sixth file is of a later release.
        ("lcb:v5", None, [3, 4, 5]),
        ("lcb:v6", None, [3, 4, 5, 6]),
        ("lcb:v6", "..2024-06", [1]),
    ],
)
def test_releases_and_windows_of_livecodebench(
    home: Path, name: str, dates: str | None, contests: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pickle, "loads", None)
    found = ids(load_problems(BENCHMARKS[name], data_dir=str(home), dates=dates))
    assert found == [one for number in contests for one in (f"abc{number}_a", f"30{number}")]


def test_a_window_without_problems_is_said(home: Path) -> None:
    with pytest.raises(R1Error, match=r"the dataset has no problems of 2030-01\.\."):
        load_problems(BENCHMARKS["lcb"], data_dir=str(home), dates="2030-01..")


def test_prompts_show_starter_code_and_private_tests_stay_packed(home: Path) -> None:
    plain, functional = load_problems(BENCHMARKS["lcb"], 2, str(home))
    text = plain.prompt[0]["content"]
    assert "two {numbers}" in text and "standard input" in text and "```python" in text
    assert plain.columns["private_test_cases"].startswith("eJ")
    text = functional.prompt[0]["content"]
    assert "def double(self, n: int)" in text and "standard input" not in text
    assert "solution" not in plain.columns


def test_subtasks_of_the_olympiad_and_their_tests(home: Path) -> None:
    ioi = BENCHMARKS["ioi24"]
    small, everything = load_problems(ioi, data_dir=str(home))
    text = small.prompt[0]["content"]
    assert "subtask 01-small" in text and "{a} and {b}" in text and "int join(int a, int b) {" in text
    assert "256 MB" in text and "```cpp" in text
    assert everything.columns["test_names"] == ["s1", "t1", "t2"]
    chosen = rewards_of(ioi, Rewards(), str(home)).parameters["ioi_code"]
    assert chosen["tests"] == str(home / "open-r1/ioi-test-cases")
    assert rewards_of(ioi, Rewards()).parameters["ioi_code"]["tests"] == "open-r1/ioi-test-cases"


def test_problems_of_codeforces_have_complete_tests(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = load_problems(BENCHMARKS["codeforces"], data_dir=str(home))
    assert [first.columns["id"], second.columns["rating"]] == ["1/A", 1200]
    text = first.prompt[0]["content"]
    assert "$a$ and {b}" in text and "Example 1" in text and "standard input" in text and "```cpp" in text
    monkeypatch.setenv("CF_TESTS_FOLDER", str(home))
    found = load_problems(BENCHMARKS["codeforces"], data_dir=str(home))
    assert [problem.columns["id"] for problem in found] == ["1/A", "2/B", "3/C"]


def test_the_texts_of_problems_are_found_in_training_data(home: Path) -> None:
    names = ["lcb", "ioi24", "codeforces"]
    loaded = load_texts(Decontaminate(against=names, data_dir=str(home)))
    assert loaded.rows == {"lcb": 12, "ioi24": 3, "codeforces": 4}
    texts = {(text.benchmark, text.text) for text in loaded.texts if text.field == QUESTION}
    assert ("lcb", "Return the double of a number.") in texts
    assert ("codeforces", "Print the sum of $a$ and {b}.") in texts
    assert any(name == "ioi24" and text.startswith("Implement") for name, text in texts)


def test_a_missing_file_or_column_is_named(tmp_path: Path) -> None:
    program_sets.livecodebench(tmp_path)
    folder = tmp_path / "livecodebench" / "code_generation_lite"
    (folder / "test5.jsonl").unlink()
    with pytest.raises(R1Error, match=r"the file 'test5\.jsonl' of the dataset is missing"):
        load_problems(BENCHMARKS["lcb"], data_dir=str(tmp_path))
    (folder / "test4.jsonl").write_text('{"starter_code": "", "contest_date": "2024-09-01"}\n')
    with pytest.raises(R1Error, match="no column 'question_content'") as caught:
        load_problems(BENCHMARKS["lcb:v4"], data_dir=str(tmp_path))
    assert caught.value.where == "benchmark lcb:v4, row 0"


def test_rows_of_another_plugin(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"n": 1}\n{"n": 2}\n{"n": 3}\n')

    def odd(row: dict[str, Any]) -> dict[str, Any] | None:
        return {**row, "double": 2 * row["n"]} if row["n"] % 2 else None

    mine = Benchmark("mine", summary="", dataset=str(file), rows=odd, prompt="2 * {n}?", solution="double")
    assert [problem.columns["solution"] for problem in load_problems(mine)] == [2, 6]
    assert [problem.id for problem in load_problems(mine)] == ["0", "2"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("lcb", "--evaluate.dates", "2024-13.."), "'2024-13' is not a date"),
        (("lcb", "--evaluate.dates", "2024-08"), "'2024-08' is not a window of dates"),
        (("lcb", "--evaluate.dates", "2025-01..2024-08"), "ends before it starts"),
        (("ioi24", "--evaluate.dates", "2024-08.."), "the problems of ioi24 have no dates"),
        (("extended|lcb:codegeneration_v5|0|0",), "runs the model's programs as they are"),
        (("lighteval|math_500|5|0",), "asks for 5 examples in the prompt"),
        (("lcb:v5", "--code.provider", "e2b"), "the code provider 'e2b' needs E2B_API_KEY"),
    ],
)
def test_mistakes_are_found_before_anything_loads(words: tuple[str, ...], what: str, main: RunR1) -> None:
    done = main("evaluate", *words, "--model", "owner/model", "--dry-run")
    assert done.returncode == 2
    assert what in " ".join(done.stderr.split())
