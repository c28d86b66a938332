"""Measuring against the scripted service: rows, figures, adaptive sampling, held-out samples, shares."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from r1cli.config.resolve import Request
from r1cli.errors import R1Error
from r1cli.prepare.request import prepare
from r1cli.runs.job import SHARE
from tests.command_line import flags_of
from tests.completion_service import REFUSED, Service
from tests.conftest import RunR1
from tests.generate.runs import write_rows
from tests.pass_rate.runs import MEASURE, RUN, Pupil, carry_out, figures_of, rows_of, run

pytestmark = pytest.mark.e2e

#: Two problems of each pass rate: 0, 1/4, ... 1. The last number says how many of four samples are right.
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
    sampled = ("--endpoint", service.url, "--reward", "accuracy")
    return ("--dataset", rows, "--data.columns.prompt", "question", *sampled, *more)


def asked(service: Service) -> Counter[str]:
    """How many samples of each problem the service was asked for."""
    return Counter(body["messages"][-1]["content"] for body in service.bodies)


def test_a_row_has_all_completions_and_what_was_found_of_them(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    folder = run(MEASURE, tmp_path / "run", *words(service, rows, "--samples", "4")) / "dataset"
    found = rows_of(folder)
    assert [row["id"] for row in found] == [problem["id"] for problem in PROBLEMS]
    assert [row["pass_rate"] for row in found] == [0, 0.25, 0.5, 0.75, 1] * 2
    row = found[2]
    # As it is in the dataset, and not as the model was asked.
    assert (row["prompt"], row["solution"]) == ("2 2", "1")
    assert sorted(row["pass_rate_rewards"]) == [0, 0, 1, 1]
    for completion, reward, sample in zip(
        row["pass_rate_generations"], row["pass_rate_rewards"], row["pass_rate_samples"], strict=True
    ):
        assert sample["rewards"] == {"accuracy": reward}
        assert completion == ("\\boxed{1}" if reward else "\\boxed{2}")
    assert [sample["sample"] for sample in row["pass_rate_samples"]] == [0, 1, 2, 3]
    assert (row["pass_rate_origin"]["model"], row["pass_rate_origin"]["temperature"]) == ("the-model", 1.0)
    figures = figures_of(tmp_path / "run")["measurement"]
    assert figures["outcomes"] == {"right": 20, "wrong": 20, "truncated": 0, "faulty": 0, "unscored": 0}
    # Of 4 samples with c right, 1 - C(4 - c, 2) / C(4, 2) is pass@2.
    assert figures["pass_at"] == {"1": 0.5, "2": round((0 + 0.5 + 5 / 6 + 1 + 1) / 5, 4), "4": 0.8}
    assert figures["histogram"]["rows"] == [2, 0, 0, 2, 0, 2, 0, 0, 2, 0, 0, 2]
    for name in ("README.md", "lineage.json", "measurement.json"):
        text = (folder / name).read_text()
        assert str(tmp_path) not in text and "127.0.0.1" not in text, name


def test_truncated_completions_count_as_the_option_says(service: Service, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [{"question": "1", "solution": "1"}])
    # One right and one wrong, whole and cut off.
    answers = iter([("\\boxed{1}", "stop"), ("\\boxed{2}", "stop"), ("\\boxed{1}", "length"), ("", "length")])
    service.answer = lambda body: next(answers)
    asks = words(service, rows, "--samples", "4")
    folder = run(MEASURE, tmp_path / "run", *asks, "--truncated", "wrong") / "dataset"
    assert rows_of(folder)[0]["pass_rate"] == 0.25
    outcomes = figures_of(tmp_path / "run")["measurement"]["outcomes"]
    assert (outcomes["right"], outcomes["wrong"], outcomes["truncated"]) == (1, 1, 2)
    card = (folder / "README.md").read_text()
    assert "| truncated completions | wrong |" in card and "cut off counts as 0" in card


def test_a_fault_is_not_a_wrong_answer_unless_it_is_asked_to_be(service: Service, tmp_path: Path) -> None:
    reward = tmp_path / "mine.py"
    reward.write_text(
        "def mine(completions, **kwargs):\n"
        "    return [1.0 if '1' in one[0]['content'] else float('nan') for one in completions]\n"
    )
    rows = write_rows(tmp_path / "rows.jsonl", [{"question": "3"}, {"question": "0"}])
    asks = ("--dataset", rows, "--data.columns.prompt", "question", "--endpoint", service.url)
    scored = ("--reward", f"{reward}:mine", "--rewards.max_fault_share", "1", "--samples", "4")
    folder = run(MEASURE, tmp_path / "run", *asks, *scored) / "dataset"
    found = rows_of(folder)
    assert [row["pass_rate"] for row in found] == [1.0, None]
    assert sum(bool(sample["fault"]) for row in found for sample in row["pass_rate_samples"]) == 5
    assert figures_of(tmp_path / "run")["measurement"]["outcomes"]["faulty"] == 5
    # Nothing names a folder of this machine.
    assert set(found[0]["pass_rate_samples"][0]["rewards"]) == {"mine.py:mine"}
    assert str(tmp_path) not in (folder / "README.md").read_text()
    wrong = run(MEASURE, tmp_path / "again", *asks, *scored, "--faulty", "wrong") / "dataset"
    assert [row["pass_rate"] for row in rows_of(wrong)] == [0.75, 0]


def test_adaptive_sampling_stops_where_the_bounds_are_out_of_reach(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    adaptive = words(service, rows, "--samples", "16", "--adaptive", "--first-samples", "4")
    folder = run(MEASURE, tmp_path / "run", *adaptive) / "dataset"
    sizes = [len(row["pass_rate_samples"]) for row in rows_of(folder)]
    # 2 of 4 cannot lie at 0.1 or 0.9; 1 of 4 can; 0 of 16 may still be 0.1.
    assert sizes == [16, 16, 4, 16, 16] * 2
    figures = figures_of(tmp_path / "run")["measurement"]["adaptive"]
    assert (figures["samples"], figures["samples_of_a_fixed_number"], figures["saved"]) == (136, 160, 24)
    assert figures["undecided_rows"] == 4
    assert sum(asked(service).values()) == 136
    # Again, from what is stored: nothing is asked for, and the same comes out.
    (tmp_path / "run" / "dataset" / "README.md").unlink()
    again = run(MEASURE, tmp_path / "run", *adaptive) / "dataset"
    assert len(service.bodies) == 136
    assert [len(row["pass_rate_samples"]) for row in rows_of(again)] == sizes


def test_held_out_samples_are_those_of_rows_within_the_bounds(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    folder = run(RUN, tmp_path / "run", *words(service, rows, "--samples", "4", "--holdout", "4"))
    assert sorted(asked(service).values()) == [4] * 4 + [8] * 6
    found = rows_of(folder / "dataset")
    assert [row["id"] for row in found] == ["p1", "p2", "p3", "p6", "p7", "p8"]
    for row in found:
        assert [sample["sample"] for sample in row["pass_rate_held_out"]] == [4, 5, 6, 7]
        assert len(row["pass_rate_generations"]) == len(row["pass_rate_rewards"]) == 4
    assert len(rows_of(folder / "measurement")) == 10
    bias = figures_of(folder)["selection"]["bias"]
    assert (bias["rows"], bias["all"]["selected_by"], bias["all"]["held_out"]) == (6, 0.5, 0.5)
    assert "| lower half | 2 | 0.250 | 0.250 | +0.000 |" in (folder / "dataset" / "README.md").read_text()


def test_a_failed_request_is_recorded_and_the_row_keeps_the_others(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    limits = ("--samples", "4", "--concurrency", "1")
    service.fail = lambda number: REFUSED if number == 3 else None
    folder = run(MEASURE, tmp_path / "run", *words(service, rows, *limits))
    (line,) = map(json.loads, (folder / "errors.jsonl").read_text().splitlines())
    assert (line["id"], line["sample"], line["reason"]) == ("p0", 2, "refused")
    assert [len(row["pass_rate_samples"]) for row in rows_of(folder / "dataset")] == [3] + [4] * 9
    assert figures_of(folder)["measurement"]["failures"] == {"refused": 1}


def test_the_last_share_of_an_array_writes_the_whole(
    service: Service, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = ("--samples", "4", "--adaptive", "--first-samples", "2", "--holdout", "2")
    asks = words(service, rows, *more)
    for share in (0, 1):
        monkeypatch.setenv(SHARE, f"{share}/2")
        assert not (tmp_path / "run" / "dataset").exists()
        run(RUN, tmp_path / "run" / "shares" / str(share), *asks)
    found = rows_of(tmp_path / "run" / "dataset")
    assert [row["id"] for row in rows_of(tmp_path / "run" / "measurement")] == [one["id"] for one in PROBLEMS]
    monkeypatch.delenv(SHARE)
    count = len(service.bodies)
    service.answer = Pupil()
    run(RUN, tmp_path / "alone", *asks)
    assert len(service.bodies) == 2 * count
    assert [row["id"] for row in found] == [row["id"] for row in rows_of(tmp_path / "alone" / "dataset")]


def test_open_r1s_filtering_configs_run_as_they_are(service: Service, tmp_path: Path, main: RunR1) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [{**one, "prompt": one["question"]} for one in PROBLEMS])
    config = tmp_path / "filter.yaml"
    config.write_text(
        f"""\
model_name_or_path: open-r1/R1-Distill-Qwen-Math-7B-Merges
model_revision: main
torch_dtype: bfloat16
attn_implementation: flash_attention_2
dataset_name: {rows}
dataset_split: train
max_completion_length: 16384
num_generations: 4
temperature: 0.7
reward_funcs:
- accuracy
reward_weights:
- 1.0
pass_rate_min: 0.1
pass_rate_max: 0.6
dataset_start_index: 1
dataset_end_index: 8
output_dataset_name: me/filtered
"""
    )
    asks = ("--config", config, "--endpoint", service.url)
    done = main("filter-pass-rate", *asks, "--dry-run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["job"]["run_dir"] == str(tmp_path / "me" / "filtered")
    assert (plan["config"]["sampling"]["samples"], plan["config"]["sampling"]["max_new_tokens"]) == (4, 16384)
    assert plan["forecast"][0].startswith("7 rows, 28 completions")
    flags = flags_of("--endpoint", service.url, "--output-dir", str(tmp_path / "run"), command=RUN)
    carry_out(prepare(RUN, Request(files=(config,), flags=flags)).job)
    found = rows_of(tmp_path / "run" / "dataset")
    assert [row["id"] for row in found] == ["p1", "p2", "p6", "p7"]
    assert {body["temperature"] for body in service.bodies} == {0.7}


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (("--min", "0.9", "--max", "0.1"), "no pass rate is above 0.9 and below 0.1"),
        (("--adaptive", "--samples", "4"), "adaptive sampling begins with 4 samples, and ends at 4"),
        (("--shape", "hard"), "add --target-size N"),
        (("--start-index", "5", "--end-index", "5"), "no row is from 5 to before 5"),
        (("--pass_rate.reward", "format"), "'format' is not one of the rewards"),
    ],
)
def test_mistakes_are_found_at_once(
    more: tuple[str, ...], what: str, rows: Path, main: RunR1, tmp_path: Path
) -> None:
    asks = ("--dataset", rows, "--data.columns.prompt", "question", "--model", "some/model")
    done = main("filter-pass-rate", *asks, "--reward", "accuracy", *more, cwd=tmp_path)
    assert done.returncode == 2
    assert what in " ".join(done.stderr.split())


def test_a_reward_outside_of_0_to_1_cannot_decide_when_to_stop(
    service: Service, rows: Path, tmp_path: Path
) -> None:
    reward = tmp_path / "mine.py"
    reward.write_text("def mine(completions, **kwargs):\n    return [2.0] * len(completions)\n")
    asks = ("--dataset", rows, "--data.columns.prompt", "question", "--endpoint", service.url)
    with pytest.raises(R1Error, match="adaptive sampling needs a reward between 0 and 1"):
        run(MEASURE, tmp_path / "run", *asks, "--reward", f"{reward}:mine", "--adaptive")
