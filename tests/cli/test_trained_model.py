"""Which model is measured where the command line names a run, or nothing."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import RunR1


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs below ./runs: an older finished one, a newer one, one that failed, and an evaluation."""
    monkeypatch.chdir(tmp_path)
    made = (
        ("old", "sft", "finished"),
        ("new", "grpo", "finished"),
        ("broken", "grpo", "failed"),
        ("e", "evaluate", "finished"),
    )
    for age, (name, command, state) in enumerate(made):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        (folder / "run.yaml").write_text(f"command: {command}\nconfig: {{}}\n")
        (folder / "status.json").write_text(json.dumps({"state": state}))
        (folder / "config.json").write_text('{"max_position_embeddings": 4096}')
        os.utime(folder / "run.yaml", (age, age))
    return tmp_path / "runs"


def model_of(main: RunR1, *words: str) -> tuple[str, str]:
    done = main(*words, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["config"]["model"]["model_name_or_path"], done.stderr


def test_without_a_model_the_newest_finished_training_is_measured(main: RunR1, runs: Path) -> None:
    model, said = model_of(main, "evaluate", "tiny_sum")
    assert model == str(runs / "new")
    assert said.splitlines()[0] == "model: new, the newest finished run"
    checked = main("config", "check", "evaluate", "tiny_sum")
    assert (checked.returncode, checked.stderr.splitlines()[0]) == (0, said.splitlines()[0])
    assert str(runs / "new") in main("config", "show", "evaluate", "tiny_sum").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "runs/old", "tiny_sum"),
        ("evaluate", "old", "tiny_sum"),
        ("evaluate", "tiny_sum", "--run", "runs/old"),
        ("serve", "runs/old"),
        ("serve", "--run", "runs/old"),
    ],
)
def test_a_run_is_named_as_a_word_or_an_option(words: tuple[str, ...], main: RunR1, runs: Path) -> None:
    assert model_of(main, *words)[0] == str(runs / "old")


def test_a_benchmark_keeps_its_name_where_a_run_bears_it_too(main: RunR1, runs: Path) -> None:
    (runs / "e").rename(runs / "tiny_sum")
    again = ("evaluate", "tiny_sum", "--output-dir", "runs/tiny_sum")
    assert model_of(main, *again)[0] == str(runs / "new")
    assert model_of(main, *again, "--run", "old")[0] == str(runs / "old")
    assert model_of(main, *again, "--model", "some/model")[0] == "some/model"


def test_a_folder_with_a_model_is_named_as_a_run_is(main: RunR1, runs: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text('{"max_position_embeddings": 4096}')
    for words in (("mine", "tiny_sum"), ("tiny_sum", "./mine"), ("tiny_sum", "--run", "mine")):
        assert model_of(main, "evaluate", *words)[0] == str(tmp_path / "mine"), words
    checkpoint = runs / "broken" / "checkpoint-3"
    shutil.copytree(tmp_path / "mine", checkpoint)
    refused = main("evaluate", str(checkpoint), "tiny_sum", "--dry-run")
    assert (refused.returncode, "the checkpoint is not whole" in refused.stderr) == (2, True)
    (checkpoint / "whole.json").write_text('{"step": 3}')
    assert model_of(main, "evaluate", str(checkpoint), "tiny_sum")[0] == str(checkpoint)
    # A benchmark is one, whatever lies beside it.
    (tmp_path / "mine").rename(tmp_path / "tiny_sum")
    assert model_of(main, "evaluate", "tiny_sum")[0] == str(runs / "new")


def test_what_to_add_is_said(
    main: RunR1, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = main("evaluate", "runs/old", "runs/new", "tiny_sum", "--dry-run")
    assert (refused.returncode, "two models are named" in refused.stderr) == (2, True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    refused = main("evaluate", "tiny_sum", "--dry-run")
    assert refused.returncode == 2
    assert "add --model MODEL, --run RUN or --endpoint URL" in refused.stderr
    assert model_of(main, "evaluate", "tiny_sum", "--model", "m/x")[0] == "m/x"


def test_benchmarks_and_their_groups_are_listed(main: RunR1) -> None:
    listed = json.loads(main("evaluate", "list", "--json").stdout)
    assert {"name": "aime24", "groups": ["math", "r1"]}.items() <= next(
        one for one in listed if one["name"] == "aime24"
    ).items()


def test_what_holds_no_model_is_answered_with_what_does(main: RunR1, runs: Path) -> None:
    refused = main("evaluate", "runs", "tiny_sum", "--dry-run")
    assert (refused.returncode, "'runs' is a folder of runs, and not a run" in refused.stderr) == (2, True)
    (runs / "e" / "config.json").unlink()
    for words in (("serve", "e"), ("evaluate", "tiny_sum", "--run", "e")):
        refused = main(*words, "--dry-run")
        assert (refused.returncode, "a run of `r1 evaluate` makes no model" in refused.stderr) == (2, True)
    refused = main("serve", "runs", "--dry-run")
    assert "name one of the folders in it:" in refused.stderr and "runs/e" not in refused.stderr
    refused = main("evaluate", "score", "old")
    assert "this is a run of `r1 sft`, and not an evaluation" in refused.stderr
    refused = main("rerun", "runs", "--dry-run")
    assert (refused.returncode, "is a folder of runs" in refused.stderr) == (2, True)


def test_the_newest_run_is_measured_on_a_cluster_too(main: RunR1, runs: Path) -> None:
    done = main("slurm", "submit", "evaluate", "tiny_sum", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["config"]["model"]["model_name_or_path"] == str(runs / "new")
    assert done.stderr.startswith("model: new, the newest finished run")
