"""A run by its name below ./runs, and the runs of a folder, wherever a command takes them."""

from pathlib import Path

import pyarrow.parquet
import pytest

from r1cli.cli.evaluate_results import find_evaluations
from r1cli.errors import R1Error
from r1cli.rewards.run_completions import has_completions
from r1cli.serve.plan import find_model
from tests.conftest import RunR1
from tests.run_folders import make_run


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of runs below ./runs: a training, and its evaluation, which has results."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "quick"
    trained = make_run(folder / "sft", age=60)
    (trained / "config.json").write_text('{"max_position_embeddings": 4096}')
    (make_run(folder / "measured", command="evaluate") / "results.json").write_text("[]")
    return folder


def test_results_are_found_at_any_depth_and_once(quick: Path) -> None:
    own = Path("runs/quick/measured")
    assert find_evaluations([Path("runs")]) == [own]
    assert find_evaluations([Path("quick"), own, quick]) == [own]
    assert find_evaluations([Path("quick/measured")]) == [own]
    with pytest.raises(R1Error, match="no results"):
        find_evaluations([Path("quick/sft")])
    with pytest.raises(R1Error, match="there is no run 'quik'"):
        find_evaluations([Path("quik")])


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "show", "quick/measured", "--json"),
        ("evaluate", "table", "quick", "--json"),
        ("runs", "list", "quick", "--json"),
        ("evaluate", "tiny_sum", "--run", "quick/sft", "--dry-run"),
        ("serve", "--run", "quick/sft", "--dry-run"),
        ("serve", "quick/sft", "--dry-run"),
    ],
)
def test_a_run_may_be_named_below_runs(words: tuple[str, ...], main: RunR1, quick: Path) -> None:
    done = main(*words)
    assert done.returncode == 0, done.stderr


def test_a_name_that_is_nearly_there_is_proposed(main: RunR1, quick: Path) -> None:
    for words in (("evaluate", "show"), ("evaluate", "score"), ("evaluate", "tiny_sum", "--run")):
        refused = main(*words, "quick/measurd")
        assert refused.returncode == 2 and "did you mean quick/measured" in refused.stderr, refused.stderr
    assert find_model("quick/sft") == str(Path("runs/quick/sft"))
    assert find_model("owner/model") == "owner/model"


def test_the_newest_run_with_completions_is_inspected(main: RunR1, quick: Path) -> None:
    sampled = {"finish_reason": "stop", "completion_tokens": 1, "source_id": 0, "sample": 0}
    filtered = {"prompt": "p", "completion": "of another run"}
    for name, age, row in (("old", 9, sampled), ("new", 6, sampled), ("filtered", 3, filtered)):
        file = make_run(quick / name, command="generate", age=age) / "dataset" / "data" / "train-0.parquet"
        file.parent.mkdir(parents=True)
        pyarrow.parquet.write_table(
            pyarrow.Table.from_pylist([{"prompt": "p", "completion": f"of the {name} one", **row}]), file
        )
    probed = make_run(quick / "probed", command="probe")
    (probed / "completions").mkdir()
    (probed / "completions" / "samples.jsonl").write_text("{}\n")
    assert not has_completions(probed)
    assert "of the new one" in main("inspect").stdout
