"""Measuring against the scripted service: rows, figures, adaptive sampling, samples that are held out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.completion_service import Service
from tests.generate.runs import write_rows
from tests.pass_rate.runs import MEASURE, Pupil, figures_of, rows_of, run

#: Two problems of each pass rate: 0, 1/4, ... 1. The number is how many of four samples are right.
PROBLEMS = [
    {"id": f"p{number}", "question": f"{number} {number % 5}", "solution": "1"} for number in range(10)
]


@pytest.fixture(scope="module")
def shared() -> Service:
    return Service(seconds=0)


@pytest.fixture
def service(shared: Service) -> Iterator[Service]:
    shared.bodies.clear()
    shared.answer = Pupil()
    yield shared
    shared.fail, shared.answer = lambda number: None, None


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", PROBLEMS)


def words(service: Service, rows: Path, *more: str) -> tuple[str | Path, ...]:
    sampled = ("--endpoint", service.url, "--reward", "accuracy", "--samples", "4")
    return ("--dataset", rows, "--data.columns.prompt", "question", *sampled, *more)


def test_a_row_has_all_completions_and_what_was_found_of_them(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    folder = run(MEASURE, tmp_path / "run", *words(service, rows)) / "dataset"
    found = rows_of(folder)
    assert [row["id"] for row in found] == [problem["id"] for problem in PROBLEMS]
    assert [row["pass_rate"] for row in found] == [0, 0.25, 0.5, 0.75, 1] * 2
    row = found[2]
    assert (row["prompt"], row["solution"]) == ("2 2", "1")
    assert sorted(row["pass_rate_rewards"]) == [0, 0, 1, 1]
    for completion, reward, sample in zip(
        row["pass_rate_generations"], row["pass_rate_rewards"], row["pass_rate_samples"], strict=True
    ):
        assert sample["rewards"] == {"accuracy": reward}
        assert completion == ("\\boxed{1}" if reward else "\\boxed{2}")
    assert [sample["sample"] for sample in row["pass_rate_samples"]] == [0, 1, 2, 3]
    assert row["pass_rate_origin"]["model"] == "the-model"
    assert row["pass_rate_origin"]["temperature"] == 1.0
    figures = figures_of(tmp_path / "run")["measurement"]
    assert figures["outcomes"] == {"right": 20, "wrong": 20, "truncated": 0, "faulty": 0, "unscored": 0}
    # Of 4 samples with c right, 1 - C(4 - c, 2) / C(4, 2) is pass@2.
    assert figures["pass_at"] == {"1": 0.5, "2": round((0 + 0.5 + 5 / 6 + 1 + 1) / 5, 4), "4": 0.8}
    assert figures["histogram"]["rows"] == [2, 0, 0, 2, 0, 2, 0, 0, 2, 0, 0, 2]
