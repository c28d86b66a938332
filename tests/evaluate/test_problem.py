"""The problems of a benchmark: datasets as they are published, and what is said when one is missing."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from datasets.packaged_modules.parquet.parquet import Parquet

from r1cli import Benchmark
from r1cli.errors import R1Error
from r1cli.evaluate.load_problems import load_problems
from r1cli.evaluate.problem import Problem

ROWS = [
    {
        "problem": f"What is {n} + {{1}}?",
        "answer": n + 1,
        "solution": "as one does",
        "url": None,
        "set": date(2024, 2, n),
    }
    for n in range(1, 5)
]
README = """---
configs:
- {config_name: easy, data_files: [{split: train, path: data/easy-*}]}
- {config_name: hard, data_files: [{split: train, path: data/hard-*}, {split: test, path: data/more-*}]}
---
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a dataset of two configs, in the shape that the Hub has."""
    data = tmp_path / "home" / "owner" / "puzzles" / "data"
    data.mkdir(parents=True)
    (data.parent / "README.md").write_text(README)
    for name, rows in (("easy", ROWS[:1]), ("hard", ROWS[:2]), ("more", ROWS)):
        Dataset.from_list(rows).to_parquet(data / f"{name}-00000-of-00001.parquet")
    return tmp_path / "home"


def puzzles(**more: Any) -> Benchmark:
    usual = {
        "dataset": "owner/puzzles",
        "dataset_config": "hard",
        "prompt": "{problem} Think.",
        "solution": "answer",
    }
    return Benchmark("puzzles", **{"summary": "", **usual, **more})


def test_a_dataset_in_its_published_shape(home: Path) -> None:
    problems = load_problems(puzzles(), data_dir=str(home))
    assert len(problems) == 4
    assert problems[1] == Problem(
        id="1",
        prompt=[{"role": "user", "content": "What is 2 + {1}? Think."}],
        columns={"problem": "What is 2 + {1}?", "solution": 3, "url": None, "set": "2024-02-02"},
    )
    assert load_problems(puzzles(), 3, str(home)) == problems[:3]
    assert len(load_problems(puzzles(split="train"), 9, str(home))) == 2


def test_a_single_file_has_no_splits_and_a_puzzle_may_have_no_gold(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"target": 24, "nums": [4, 6], "prompt": "old"}\n')
    benchmark = puzzles(dataset=str(file), prompt="{nums}: {target}?", solution="", verifier="equation")
    (problem,) = load_problems(benchmark)
    assert problem.prompt[0]["content"] == "[4, 6]: 24?"
    assert problem.columns == {"target": 24, "nums": [4, 6]}


@pytest.mark.parametrize(
    ("more", "what", "where", "fix"),
    [
        ({"prompt": "{problm}"}, "no column 'problm'", "puzzles, data.prompt_template", "mean problem"),
        ({"solution": "anwser"}, "no column 'anwser'", "puzzles, data.columns.solution", "mean answer"),
        ({"verifier": "equation"}, "no column 'target'", "whose verifier is equation", "its columns are"),
        ({"split": "tset"}, "no split 'tset'", "benchmark puzzles, ", "did you mean test?"),
        ({"dataset_config": "medium"}, "'medium' not found", "benchmark puzzles, ", ""),
        ({"dataset": "home/owner/puzles"}, "no dataset file", "benchmark puzzles", ""),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_with_the_benchmarks_name(
    home: Path, more: dict[str, Any], what: str, where: str, fix: str
) -> None:
    with pytest.raises(R1Error) as caught:
        load_problems(puzzles(**more), data_dir=str(home))
    assert what in caught.value.what
    assert where in caught.value.where and fix in caught.value.fix


LOAD = """
import json, sys
from r1cli import Benchmark, R1Error
from r1cli.evaluate.load_problems import load_problems

config = sys.argv[1]
mine = Benchmark("puzzles", summary="", dataset="owner/puzzles", dataset_config=config, solution="answer")
try:
    print(len(load_problems(mine)))
except R1Error as error:
    print(json.dumps(error.fields()))
"""


def load_elsewhere(tmp_path: Path, config: str, **environment: str) -> str:
    """What a process finds with its own cache: the Hub's libraries read their variables once."""
    variables = {**os.environ, "HF_HOME": str(tmp_path), **environment}
    # The session's own would win over it.
    variables.pop("HF_DATASETS_CACHE", None)
    command = [sys.executable, "-c", LOAD, config]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.e2e
@pytest.mark.parametrize(
    "unreachable", [{"HF_HUB_OFFLINE": "1"}, {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9"}]
)
def test_a_dataset_that_is_missing_is_named_at_once(tmp_path: Path, unreachable: dict[str, str]) -> None:
    said = load_elsewhere(tmp_path, "hard", **unreachable)
    assert "the dataset 'owner/puzzles' is not on this machine, and the Hub cannot be reached" in said
    assert "benchmark puzzles" in said and "r1 prefetch puzzles" in said


@pytest.mark.e2e
def test_a_dataset_in_the_cache_needs_no_network(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    Dataset.from_list(ROWS).to_parquet(file)
    prepared = Parquet(cache_dir=str(tmp_path), dataset_name="puzzles", data_files={"test": [str(file)]})
    prepared.download_and_prepare()
    # Where it lies when it has come from the Hub.
    place = tmp_path / "datasets" / "owner___puzzles" / "default" / "0.0.0"
    place.mkdir(parents=True)
    Path(prepared.cache_dir).rename(place / "abc")
    assert load_elsewhere(tmp_path, "default", HF_HUB_OFFLINE="1") == "4\n"
    other = load_elsewhere(tmp_path, "easy", HF_HUB_OFFLINE="1")
    assert "owner/puzzles" in other and "easy" in other and "r1 prefetch puzzles" in other
