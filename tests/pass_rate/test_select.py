"""Selecting from measurements: bounds, numbers and shapes of rows, pooling, traces."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from r1cli.cli.filter_pass_rate import show_figures
from r1cli.config.groups.data import Data
from r1cli.config.resolve import Request
from r1cli.data.load import load_rows
from r1cli.errors import R1Error
from r1cli.prepare.request import prepare
from tests.command_line import flags_of
from tests.completion_service import Service
from tests.conftest import RunR1
from tests.generate.runs import write_rows
from tests.pass_rate.runs import MEASURE, SELECT, Pupil, carry_out, figures_of, rows_of, run

#: Four problems of each pass rate: 0, 1/4, ... 1.
PROBLEMS = [
    {"id": f"p{number}", "question": f"{number} {number % 5}", "solution": "1", "messages": "aside"}
    for number in range(20)
]

Measure = Callable[..., Path]


@pytest.fixture(scope="module")
def measure(tmp_path_factory: pytest.TempPathFactory) -> Measure:
    """Measures some problems with four samples each, and returns the run directory."""
    service, folder = Service(seconds=0), tmp_path_factory.mktemp("measurements")

    def measured(name: str, problems: list[dict[str, Any]], *more: str) -> Path:
        if (folder / name).exists():
            return folder / name
        service.answer = Pupil()
        rows = write_rows(folder / f"{name}.jsonl", problems)
        asks = ("--dataset", rows, "--data.columns.prompt", "question", "--endpoint", service.url)
        scored = ("--reward", "accuracy,format", "--system-prompt", "Think.")
        samples = () if "--samples" in more else ("--samples", "4")
        return run(MEASURE, folder / name, *asks, *scored, *samples, *more)

    return measured


@pytest.fixture(scope="module")
def measured(measure: Measure) -> Path:
    return measure("measured", PROBLEMS)


def select(run_dir: Path, measurements: list[Path], *words: str) -> Path:
    """Selects from measurements, and returns the run directory."""
    return run(SELECT, run_dir, "--measurements", ",".join(map(str, measurements)), *words)


def ids(run_dir: Path) -> list[str]:
    return [row["id"] for row in rows_of(run_dir / "dataset")]


def test_bounds_are_excluded_and_the_rows_are_those_of_the_source(measured: Path, tmp_path: Path) -> None:
    folder = select(tmp_path / "run", [measured], "--min", "0.25", "--max", "1")
    assert ids(folder) == [f"p{number}" for number in range(20) if number % 5 in (2, 3)]
    row = rows_of(folder / "dataset")[0]
    assert (row["prompt"], row["solution"], row["pass_rate"]) == ("2 2", "1", 0.5)
    figures = figures_of(folder)["selection"]
    assert (figures["rows_at_or_below_min"], figures["rows_at_or_above_max"]) == (8, 4)
    assert figures["samples_of_selected_rows"] == {"fewest": 4, "most": 4}
    assert figures["histogram"]["selected"] == [0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0, 0]
    assert len(load_rows(Data(dataset_name=str(folder)), "train")) == 8
    lineage = json.loads((folder / "dataset" / "lineage.json").read_text())
    assert [step["inputs"][0]["name"] for step in lineage["steps"]] == ["measured.jsonl", "measured"]
    assert "bias" not in figures
    card = (folder / "dataset" / "README.md").read_text()
    assert "`--holdout K` does" in card and "0.25 < pass rate < 1" in card


@pytest.mark.parametrize(
    ("shape", "rates"),
    [
        ((), None),
        (("--shape", "hard"), {0.25: 4, 0.5: 2}),
        (("--shape", "uniform"), {0.25: 2, 0.5: 2, 0.75: 2}),
    ],
)
def test_a_number_of_rows_has_the_shape_that_is_asked_for(
    measured: Path, tmp_path: Path, shape: tuple[str, ...], rates: dict[float, int] | None
) -> None:
    folder = select(tmp_path / "run", [measured], "--target-size", "6", *shape)
    found = rows_of(folder / "dataset")
    assert len(found) == 6
    assert rates in (None, Counter(row["pass_rate"] for row in found))
    numbers = [int(row["id"][1:]) for row in found]
    assert numbers == sorted(numbers)


def test_a_number_of_rows_that_is_not_there_is_warned_of(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--measurements", str(measured), "--target-size", "1000", "--output-dir", str(tmp_path / "run"))
    prepared = prepare(SELECT, Request(flags=flags_of(*words, command=SELECT)))
    carry_out(prepared.job)
    show_figures(prepared, tmp_path / "run")
    assert figures_of(tmp_path / "run")["selection"]["rows_missing_to_target_size"] == 988
    said = " ".join(capsys.readouterr().err.split())
    assert "warning: 12 rows of the 1,000" in said and "between 0.1 and 0.9" in said


def test_the_proposed_training_goes_by_the_columns(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--measurements", str(measured), "--output-dir", str(tmp_path / "run"))
    prepared = prepare(SELECT, Request(flags=flags_of(*words, command=SELECT)))
    carry_out(prepared.job)
    (file,) = (tmp_path / "run" / "dataset" / "data").iterdir()
    # Whatever scored the rows, `accuracy` needs a column that these do not have.
    table = pyarrow.parquet.read_table(file)
    pyarrow.parquet.write_table(table.drop(["solution"]), file)
    show_figures(prepared, tmp_path / "run")
    assert "r1 grpo --reward REWARD --model MODEL" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ((), ""),
        (("--truncated", "left_out", "--pass_rate.reward", "format"), "--reward format --truncated left_out"),
    ],
)
def test_the_proposed_selection_counts_as_the_measurement_did(
    measured: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], rule: str
) -> None:
    rows, server = str(measured.with_suffix(".jsonl")), "http://127.0.0.1:9/v1"
    words = (
        "--dataset",
        rows,
        "--columns.prompt",
        "question",
        "--endpoint",
        server,
        "--reward",
        "accuracy,format",
    )
    show_figures(prepare(MEASURE, Request(flags=flags_of(*words, *more, command=MEASURE))), measured)
    proposed = f"r1 filter-pass-rate select {measured} --min 0.1 --max 0.9 {rule}".strip()
    assert " ".join(capsys.readouterr().err.split()).endswith(proposed)


def test_a_measurement_is_named_as_a_run(
    measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(measured, tmp_path / "runs" / "first")
    by_name, by_path = (
        select(tmp_path / str(number), [Path(name)]) for number, name in enumerate(["first", "runs/first"])
    )
    assert figures_of(by_name) == figures_of(by_path)
    with pytest.raises(R1Error, match="there is no run 'fisrt'") as caught:
        select(tmp_path / "none", [Path("fisrt")])
    assert caught.value.fix == "did you mean first?"


def test_what_has_left_nothing_is_said(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--measurements", str(measured), "--output-dir", str(tmp_path / "run"))
    for more, why in (
        (("--min-samples", "9"), "the 12 rows within the bounds have too few samples"),
        (("--min", "-1", "--max", "0.01", "--as-traces"), "selected rows passes: raise --min"),
        (("--min", "20", "--max", "80"), "no row has a pass rate within the bounds"),
    ):
        prepared = prepare(SELECT, Request(flags=flags_of(*words, *more, command=SELECT)))
        carry_out(prepared.job)
        show_figures(prepared, tmp_path / "run")
        assert why in " ".join(capsys.readouterr().err.split())
        shutil.rmtree(tmp_path / "run")
    assert any("20 % is written 0.2" in one for one in prepared.warnings)


def test_the_limit_that_cut_off_most_completions_is_named(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(measured, tmp_path / "run")
    figures = figures_of(run)
    completions = figures["measurement"]["completions"]
    for cut, is_named in ((completions // 2, False), (completions // 2 + 1, True)):
        figures["measurement"]["outcomes"]["truncated"] = cut
        (run / "figures.json").write_text(json.dumps(figures))
        words = ("--dataset", str(measured), "--endpoint", "http://127.0.0.1:9/v1", "--reward", "format")
        show_figures(prepare(MEASURE, Request(flags=flags_of(*words, command=MEASURE))), run)
        said = " ".join(capsys.readouterr().err.split())
        assert (f"{cut} of {completions} completions were cut off: raise --max-new" in said) == is_named


def test_which_rows_are_taken_does_not_depend_on_their_order(
    measure: Measure, measured: Path, tmp_path: Path
) -> None:
    other = measure("reversed", PROBLEMS[::-1])
    few = ("--target-size", "5")
    first, second = (select(tmp_path / one.name, [one], *few) for one in (measured, other))
    assert sorted(ids(first)) == sorted(ids(second))


def test_another_reward_and_too_few_samples(measured: Path, tmp_path: Path) -> None:
    assert ids(select(tmp_path / "format", [measured], "--reward", "format")) == []
    folder = select(tmp_path / "many", [measured], "--min-samples", "5")
    assert ids(folder) == []
    assert figures_of(folder)["selection"]["rows_of_too_few_samples"] == 12


def test_traces_are_the_passing_completions_for_sft(measured: Path, tmp_path: Path) -> None:
    folder = select(tmp_path / "run", [measured], "--as-traces")
    found = rows_of(folder / "dataset")
    assert Counter(row["source_id"] for row in found) == {
        f"p{number}": number % 5 for number in range(20) if number % 5 in (1, 2, 3)
    }
    assert "messages" not in found[0]
    assert found[0]["prompt"] == [
        {"role": "system", "content": "Think."},
        {"role": "user", "content": "1 1"},
    ]
    assert {row["completion"] for row in found} == {"\\boxed{1}"}
    assert (found[0]["pass_rate"], found[0]["id"][:3]) == (0.25, "p1-")


def test_samples_set_aside_measure_the_bias(measured: Path, tmp_path: Path, main: RunR1) -> None:
    folder = select(tmp_path / "run", [measured], "--holdout", "2")
    bias = figures_of(folder)["selection"]["bias"]
    assert bias["rows"] == len(ids(folder)) > 0
    done = main("filter-pass-rate", "select", measured, "--holdout", "4", cwd=tmp_path)
    assert "hold out at most 3" in done.stderr


@pytest.mark.e2e
def test_the_same_prompt_in_several_measurements_is_pooled(
    measure: Measure, measured: Path, tmp_path: Path
) -> None:
    # Other samples of some of the rows, in another order and with a column more; and an additional row.
    others = [*PROBLEMS[9:4:-1], {"id": "new", "question": "new 2", "solution": "1"}]
    second = measure("second", [{**one, "level": 3} for one in others], "--seed", "1")
    folder = select(tmp_path / "run", [measured, second])
    found = {row["id"]: row for row in rows_of(folder / "dataset")}
    assert list(found) == [f"p{number}" for number in range(20) if number % 5 in (1, 2, 3)] + ["new"]
    sizes = {name: len(row["pass_rate_samples"]) for name, row in found.items()}
    assert sizes["p7"] == 8 and sizes["p2"] == 4 and sizes["new"] == 4
    assert len(found["p7"]["pass_rate_generations"]) == len(found["p7"]["pass_rate_rewards"]) == 8
    assert (found["p7"]["pass_rate"], found["p7"]["level"], found["p1"]["level"]) == (0.5, 3, None)
    # The same samples twice count once.
    copy = tmp_path / "copy"
    shutil.copytree(measured, copy)
    folder = select(tmp_path / "twice", [measured, copy])
    assert {len(row["pass_rate_samples"]) for row in rows_of(folder / "dataset")} == {4}
    # What one holds out and the other has for selection is not held out.
    held = measure("held", PROBLEMS, "--samples", "2", "--holdout", "2")
    row = rows_of(select(tmp_path / "held", [held, measured]) / "dataset")[0]
    assert (len(row["pass_rate_samples"]), row["pass_rate_held_out"]) == (4, [])
    # As a chat, the column of the prompts has another type.
    chats = [{**one, "question": [{"role": "user", "content": one["question"]}]} for one in others]
    with pytest.raises(R1Error, match="cannot be pooled, since a column differs in its type"):
        select(tmp_path / "mixed", [measured, measure("chats", chats)])


def test_measurements_that_differ_are_refused(
    measure: Measure, measured: Path, tmp_path: Path, main: RunR1
) -> None:
    other = measure("cold", PROBLEMS[:3], "--temperature", "0.5")
    done = main("filter-pass-rate", "select", measured, other, cwd=tmp_path)
    assert done.returncode == 2
    told = " ".join(done.stderr.split())
    assert "temperature: 1.0 in measured, 0.5 in cold" in told and "a separate run" in told


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((), "needs a measurement"),
        (("nowhere",), "there is no run 'nowhere'"),
        (("MEASURED", "--reward", "acuracy"), "did you mean accuracy"),
        (("MEASURED", "--samples", "4"), "it is a key of `r1 evaluate`"),
    ],
)
def test_mistakes_are_found_at_once(
    words: tuple[str, ...], what: str, measured: Path, main: RunR1, tmp_path: Path
) -> None:
    given = [str(measured) if word == "MEASURED" else word for word in words]
    done = main("filter-pass-rate", "select", *given, cwd=tmp_path)
    assert done.returncode == 2
    assert what in " ".join(done.stderr.split())
