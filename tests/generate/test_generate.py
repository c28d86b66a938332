"""`r1 generate` against the scripted service: what becomes of rows, completions and failures."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from r1cli.config.groups.data import Data
from r1cli.data.load import load_rows
from r1cli.errors import R1Error
from r1cli.generate import score_store
from r1cli.generate.output_rows import features_of
from r1cli.generate.prompts import Prompts
from r1cli.generate.schema import OWN_COLUMNS, SCORE_COLUMNS
from tests.completion_service import REFUSED, RUBBISH, TOO_LONG, Service
from tests.conftest import RunR1
from tests.generate.runs import PROBLEMS, figures_of, generate, rows_of, write_rows

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def shared() -> Service:
    return Service(seconds=0)


@pytest.fixture
def service(shared: Service) -> Iterator[Service]:
    shared.bodies.clear()
    yield shared
    shared.fail, shared.answer = lambda number: None, None


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", PROBLEMS)


def words(service: Service, rows: Path, *more: str) -> tuple[str | Path, ...]:
    return ("--dataset", rows, "--data.columns.prompt", "problem", "--endpoint", service.url, *more)


@pytest.mark.parametrize("answers", ["the same", "others"])
def test_a_server_that_gives_copies_is_noticed(
    service: Service, rows: Path, tmp_path: Path, answers: str
) -> None:
    service.answer = lambda body: answers if answers == "the same" else str(body["seed"])
    run = generate(tmp_path / "run", *words(service, rows, "--samples", "2"))
    warned = "all completions of each prompt are the same" in (run / "metrics.jsonl").read_text()
    assert warned == (answers == "the same")


def test_each_completion_is_a_row_that_says_where_it_comes_from(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    service.answer = lambda body: f"<think>\nhm {body['messages'][-1]['content']}\n</think>\n\\boxed{{1}}"
    asked = words(service, rows, "--samples", "2", "--reward", "accuracy,format:0.5", "--price", "1,2")
    run = generate(tmp_path / "run", *asked, "--system-prompt", "Think.")
    found = rows_of(run)
    assert [row["id"] for row in found] == [
        f"q{number}-{sample}" for number in range(12) for sample in (0, 1)
    ]
    assert found[3] == {
        "id": "q1-1",
        "solution": "1",
        "prompt": [{"role": "system", "content": "Think."}, {"role": "user", "content": "1"}],
        "completion": "<think>\nhm 1\n</think>\n\\boxed{1}",
        "reasoning": "hm 1",
        "answer": "\\boxed{1}",
        "finish_reason": "stop",
        "prompt_tokens": 3,
        "completion_tokens": 5,
        "seconds": found[3]["seconds"],
        "source_id": "q1",
        "sample": 1,
        "model": "the-model",
        "model_revision": None,
        "server": "endpoint",
        "temperature": 0.6,
        "top_p": 0.95,
        "max_new_tokens": 8192,
        "seed": 0,
        "rewards": {"accuracy": 1.0, "format": 0.0},
        "reward": 1.0,
        "fault": None,
    }
    figures = figures_of(run)
    assert (figures["rows"], figures["completions"], figures["written"]) == (12, 24, 24)
    assert figures["mean"] == {"accuracy": 0.5, "format": 0.0}
    assert figures["cost"] == round((24 * 3 + 24 * 5 * 2) / 1e6, 4)
    # Every completion had its own seed, and was asked for once.
    assert len({body["seed"] for body in service.bodies}) == len(service.bodies) == 24


def test_the_dataset_is_read_by_its_run_and_names_no_folder_or_host(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    run = generate(tmp_path / "run", *words(service, rows))
    assert len(load_rows(Data(dataset_name=str(run)), "train")) == 12
    for name in ("README.md", "lineage.json", "dataset_info.json"):
        text = (run / "dataset" / name).read_text()
        assert str(tmp_path) not in text and "127.0.0.1" not in text, name
    lineage = json.loads((run / "dataset" / "lineage.json").read_text())
    (step,) = lineage["steps"]
    assert step["command"] == "generate"
    assert step["inputs"][0]["name"] == "rows.jsonl" and step["inputs"][0]["rows"] == 12
    again = generate(tmp_path / "again", *words(service, run, "--data.columns.prompt", "prompt"))
    lineage = json.loads((again / "dataset" / "lineage.json").read_text())
    assert [step["inputs"][0]["name"] for step in lineage["steps"]] == ["rows.jsonl", "run"]


def test_only_what_is_missing_is_asked_for_in_any_order_of_rows(service: Service, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", PROBLEMS[:8])
    generate(tmp_path / "run", *words(service, rows))
    write_rows(rows, [PROBLEMS[9], *reversed(PROBLEMS[:8]), PROBLEMS[2]])
    run = generate(tmp_path / "run", *words(service, rows))
    # One new row, and one that equals another: it gets its own completion.
    assert sorted(body["messages"][0]["content"] for body in service.bodies[8:]) == ["2", "9"]
    assert [row["id"] for row in rows_of(run)] == [f"q{n}-0" for n in (9, 7, 6, 5, 4, 3, 2, 1, 0, "2.1")]


def test_a_bad_row_and_a_failed_request_are_recorded_and_the_others_continue(
    service: Service, tmp_path: Path
) -> None:
    bad = [{**PROBLEMS[0], "id": "none", "problem": None}, {**PROBLEMS[0], "id": "blank", "problem": " "}]
    rows = write_rows(tmp_path / "rows.jsonl", [*PROBLEMS, *bad])
    service.fail = lambda number: (
        TOO_LONG if service.bodies[number - 1]["messages"][0]["content"] == "5" else None
    )
    run = generate(tmp_path / "run", *words(service, rows))
    errors = [json.loads(line) for line in (run / "errors.jsonl").read_text().splitlines()]
    assert [(error["id"], error["reason"]) for error in errors] == [
        ("q5", "too long for the context"),
        ("none", "the prompt is empty, or neither a text nor a chat"),
        ("blank", "the prompt is empty, or neither a text nor a chat"),
    ]
    figures = figures_of(run)
    assert (figures["written"], figures["rows_without_prompt"]) == (11, 2)
    assert figures["failures"] == {"too long for the context": 1}


def test_rows_without_any_prompt_are_refused_before_anything_is_asked(
    service: Service, tmp_path: Path
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [{"prompt": " "}, {"prompt": ""}])
    with pytest.raises(R1Error, match="none of the 2 rows has a prompt"):
        generate(tmp_path / "run", "--dataset", rows, "--endpoint", service.url)
    assert not service.bodies


def test_columns_of_the_completions_replace_those_of_the_rows_with_a_warning(
    main: RunR1, service: Service, tmp_path: Path
) -> None:
    own = features_of(Prompts(Dataset.from_list([{"prompt": "x"}]), chats=False), ["accuracy"])
    assert set(own) == {"id", "prompt", *OWN_COLUMNS, *SCORE_COLUMNS}
    rows = write_rows(
        tmp_path / "rows.jsonl", [{"prompt": "x", "completion": "y", "reward": 1, "solution": 2}]
    )
    done = main("generate", "--dataset", rows, "--endpoint", service.url, "--reward", "accuracy", "--dry-run")
    assert "columns completion, reward are replaced" in done.stderr
    # What the memory of a million rows is measured with: tests/test_memory.py.
    assert "MALLOC_ARENA_MAX=1" in done.stdout and "ARROW_DEFAULT_MEMORY_POOL=system" in done.stdout


def test_it_ends_when_most_requests_fail_for_good(service: Service, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [{"prompt": str(number)} for number in range(200)])
    service.fail = lambda number: REFUSED if number > 5 else None
    asked = ("--dataset", rows, "--endpoint", service.url, "--concurrency", "4")
    with pytest.raises(R1Error, match=r"of the first \d+ requests failed for good.*refused"):
        generate(tmp_path / "run", *asked)
    assert 20 <= len(service.bodies) < 30
    service.fail = lambda number: None
    asked_before = len(service.bodies)
    generate(tmp_path / "run", *asked)
    assert len(service.bodies) - asked_before <= 195


def test_what_may_succeed_later_is_tried_again_by_the_same_command(
    service: Service, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("r1cli.sampling.backend.Client", _impatient)
    service.fail = lambda number: (
        RUBBISH if service.bodies[number - 1]["messages"][0]["content"] == "5" else None
    )
    with pytest.raises(
        R1Error, match=r"1 completions failed and may succeed on another try: unusable answer"
    ):
        generate(tmp_path / "run", *words(service, rows))
    assert len(rows_of(tmp_path / "run")) == 11
    service.fail = lambda number: None
    asked = len(service.bodies)
    generate(tmp_path / "run", *words(service, rows))
    assert len(service.bodies) == asked + 1 and len(rows_of(tmp_path / "run")) == 12


def _impatient(*endpoints: Any, **settings: Any) -> Any:
    from r1cli.sampling.client import Client

    return Client(*endpoints, **settings, first_wait=0.01)


@pytest.mark.parametrize(("on_truncated", "kept"), [("keep", 12), ("drop", 11), ("retry", 12)])
def test_completions_that_are_cut_off(
    on_truncated: str, kept: int, service: Service, rows: Path, tmp_path: Path
) -> None:
    more = ("--on-truncated", on_truncated, "--max_new_tokens", "7")
    run = generate(tmp_path / "run", *words(service, rows, *more))
    found = rows_of(run)
    assert len(found) == kept
    limits = [body["max_tokens"] for body in service.bodies if body["messages"][0]["content"] == "3"]
    assert limits == ([7, 14] if on_truncated == "retry" else [7])
    if on_truncated == "drop":
        assert figures_of(run)["dropped"] == {"cut_off": 1}


def test_retries_that_nothing_needs_leave_the_progress_as_it_is(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    run = generate(tmp_path / "run", *words(service, rows, "--on-truncated", "retry", "--num-rows", "2"))
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    assert (last["step"], last["max_steps"], last["title"]) == (2, 2, "completions")


@pytest.mark.parametrize(
    ("keep", "kept"),
    [("all", 48), ("correct", 24), ("best", 12), ("3", 36)],
)
def test_rejection_sampling(keep: str, kept: int, service: Service, rows: Path, tmp_path: Path) -> None:
    # Two of the four completions of each problem are right.
    count: dict[str, int] = {}

    def answer(body: dict[str, Any]) -> str:
        problem = body["messages"][0]["content"]
        count[problem] = count.get(problem, 0) + 1
        right = int(problem) % 2
        return f"\\boxed{{{right if count[problem] % 2 else 7}}}"

    service.answer = answer
    more = ("--samples", "4", "--reward", "accuracy", "--keep", keep)
    run = generate(tmp_path / "run", *words(service, rows, *more))
    found = rows_of(run)
    assert len(found) == kept
    if keep in ("correct", "best"):
        assert {row["reward"] for row in found} == {1.0}


def test_stored_completions_get_the_scores_that_a_kill_has_left_out(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    asked = words(service, rows, "--reward", "accuracy")
    run = generate(tmp_path / "run", *asked)
    (segment,) = (run / "scores").glob("*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:5]) + lines[5][:9])
    segment.with_suffix(".index").unlink()
    before = rows_of(run)
    generate(run, *asked)
    assert rows_of(run) == before
    assert len(service.bodies) == 12


def test_mistakes_are_found_at_once(main: RunR1, rows: Path) -> None:
    done = main(
        "generate", "--dataset", rows, "--prompt-template", "{{ problem }}", "--model", "m", "--keep", "best",
        "--filters", "unfinishd", "--price", "1", "--retry-max-new-tokens", "3",
    )  # fmt: skip
    assert done.returncode == 2
    for what in (
        "needs rewards",
        "did you mean unfinished?",
        "expected two numbers",
        "nothing is tried again",
    ):
        assert what in " ".join(re.sub(r"[│\s]+", " ", done.stderr).split()), what


def test_open_r1s_flags_mean_the_same(main: RunR1, rows: Path) -> None:
    done = main(
        "generate", "--hf-dataset", rows, "--hf-dataset-split", "train", "--prompt-column", "problem",
        "--model", "some/model", "--vllm-server-url", "http://localhost:8000/v1", "--num-generations", "16",
        "--hf-output-dataset", "out", "--input-batch-size", "64", "--dry-run", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    config = json.loads(done.stdout)["config"]
    assert "12 rows, 192 completions: about" in json.loads(done.stdout)["forecast"][0]
    assert config["data"]["columns"] == {"prompt": "problem"}
    assert config["sampling"]["endpoint"] == "http://localhost:8000/v1"
    assert config["sampling"]["samples"] == 16
    assert config["training"]["output_dir"] == "out"
    refused = main(
        "generate", "--dataset", rows, "--model", "m", "--prompt-template", "{{ problem | upper }}"
    )
    assert refused.returncode == 2 and "only names columns" in refused.stderr


def test_rows_that_arrive_faster_than_they_are_scored_are_scored_afterwards(
    service: Service, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_store, "_ROWS", 1)
    reward = tmp_path / "reward.py"
    code = ("import time", "def slow(completions, **columns):", "    time.sleep(0.05)", "    return [1]")
    reward.write_text("\n".join(code).replace("[1]", "[1] * len(completions)"))
    run = generate(tmp_path / "run", *words(service, rows, "--reward", f"{reward}:slow"))
    assert [row["reward"] for row in rows_of(run)] == [1.0] * len(PROBLEMS)
