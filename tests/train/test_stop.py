"""A run that is asked to stop leaves a checkpoint, and resumes from it as if it had not been."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1cli.files import write_text
from r1cli.runs.run_dir import STOP, STOPPED
from tests.train.conftest import Undisturbed
from tests.train.test_resume import assert_same
from tests.train.tiny_runs import STEPS, Start, TinyRun


def ask(run: TinyRun) -> None:
    """As the supervisor of node 0 does."""
    write_text(run.folder / STOP, "")


def stopped(run: TinyRun) -> dict[str, Any]:
    """What a run that has ended said; as the launcher does, it and the request are deleted."""
    said: dict[str, Any] = json.loads((run.folder / STOPPED).read_text())
    for path in (STOP, STOPPED):
        (run.folder / path).unlink()
    assert not (run.folder / "model.safetensors").exists()
    assert said["checkpoint"] == f"checkpoint-{said['step']}"
    return said


@pytest.mark.slow
@pytest.mark.parametrize("command", ["sft", "grpo"])
def test_all_ranks_stop_at_a_step_and_go_on_from_there(
    undisturbed: Undisturbed, tiny_start: Start, tmp_path: Path, command: str
) -> None:
    run = TinyRun(tmp_path / "run", command, tiny_start.config(command, save_strategy="no"), ranks=2)
    for step in (1, 2):
        ask(run)
        run.start()
        assert run.wait() == [0, 0], run.log()
        assert stopped(run) == {"step": step, "checkpoint": f"checkpoint-{step}"}
    run.train()
    assert not (run.folder / STOPPED).exists()
    assert_same(run, undisturbed(command, 2), range(1, STEPS + 1))


EPOCHS = {"eval_strategy": "epoch", "metric_for_best_model": "loss", "load_best_model_at_end": True}


@pytest.mark.parametrize(
    ("training", "logged"),
    [
        ({"save_steps": 1}, [1, 2]),
        pytest.param({"save_only_model": True}, [1, 2], marks=pytest.mark.slow),
        # An epoch that was broken off is not evaluated, and one that has come to its end is.
        pytest.param({"save_strategy": "epoch", **EPOCHS}, [1, 2, 2], marks=pytest.mark.slow),
        # The second model is no better than the first, and each step is an epoch.
        (
            {"save_strategy": "best", "greater_is_better": True, "gradient_accumulation_steps": 4, **EPOCHS},
            [1, 1, 2, 2],
        ),
    ],
    ids=["steps", "model alone", "epoch", "best"],
)
def test_however_a_run_saves_it_can_go_on_from_its_stop(
    tiny_start: Start, tmp_path: Path, training: dict[str, Any], logged: list[int]
) -> None:
    config = tiny_start.config("sft", max_steps=3, **training)
    config["data"]["test_size"] = 4
    run = TinyRun(tmp_path / "run", "sft", config)
    for step in (1, 2):
        ask(run)
        run.start()
        assert run.wait() == [0], run.log()
        assert stopped(run)["step"] == step
        assert (run.folder / f"checkpoint-{step}" / "optimizer.pt").exists()
        assert run.log().count("Writing model shards: 100%") == 1, "it was written twice"
    assert [entry["step"] for entry in run.metrics()] == logged
    run.train()
    assert "starts from scratch" not in run.log()
    assert {entry["step"] for entry in run.metrics()} == {1, 2, 3}


def test_a_run_at_its_last_step_is_finished(tiny_start: Start, tmp_path: Path) -> None:
    run = TinyRun(tmp_path / "run", "sft", tiny_start.config("sft", max_steps=1))
    ask(run)
    run.train()
    assert (run.folder / "model.safetensors").exists()
    assert not (run.folder / STOPPED).exists()


def test_what_was_stopped_is_not_judged(tiny_start: Start, tmp_path: Path) -> None:
    """No completion could be scored, which is an error at the end of a run."""
    config = tiny_start.config("grpo", max_steps=2)
    config["rewards"]["reward_funcs"] = [f"{tiny_start.folder / 'mine.py'}:down"]
    run = TinyRun(tmp_path / "run", "grpo", config)
    ask(run)
    run.start()
    assert run.wait() == [0], run.log()
    assert stopped(run)["step"] == 1
    run.start()
    assert run.wait() == [1]
    assert "all 8 completions could not be scored" in run.log()


def test_steps_without_a_signal_are_counted_over_a_stop(tiny_start: Start, tmp_path: Path) -> None:
    config = tiny_start.config("grpo", num_iterations=1, max_steps=2)
    config["rewards"] |= {"reward_funcs": [f"{tiny_start.folder / 'mine.py'}:same"], "max_dead_steps": 2}
    run = TinyRun(tmp_path / "run", "grpo", config)
    ask(run)
    run.start()
    assert run.wait() == [0], run.log()
    assert stopped(run)["step"] == 1
    run.start()
    assert run.wait() == [1]
    assert "the run learns nothing: for 2 steps in a row" in run.log()
