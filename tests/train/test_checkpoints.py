"""When a checkpoint is whole, and which of them stay."""

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from r1cli.errors import R1Error
from r1cli.runs.model import WHOLE
from tests.train.lazily import Lazily

checkpoints = Lazily("r1cli.train.checkpoints")
pytestmark = pytest.mark.xdist_group("torch")

WRITES = SimpleNamespace(should_save=True, save_only_model=False)


class Killed(BaseException):
    """Stands for the end of the process."""


def state(step: int, best: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(global_step=step, best_model_checkpoint=best)


def end(*arguments: Any, **options: Any) -> None:
    raise Killed


def complete(run: Path, step: int, limit: int | None = None, best: str | None = None) -> None:
    save(run, step)
    checkpoints.Checkpoints(run, {}, limit).on_save(WRITES, state(step, best), None)


def steps(run: Path) -> list[int]:
    return sorted(int(path.name.rpartition("-")[2]) for path in run.glob("checkpoint-*"))


def save(run: Path, step: int) -> Path:
    """A checkpoint as a trainer leaves it."""
    checkpoint = run / f"checkpoint-{step}"
    (checkpoint / "global_step").mkdir(parents=True)
    (checkpoint / "model.safetensors").write_text(f"weights {step}")
    (checkpoint / "global_step" / "optimizer.pt").write_text("moments")
    return checkpoint


def test_checkpoints_outlive_their_deletion(tmp_path: Path) -> None:
    keeper = checkpoints.PreserveCheckpoints(tmp_path, every=10)
    for step in (5, 10, 15):
        checkpoint = save(tmp_path, step)
        # What a kill left of an earlier try.
        (tmp_path / "preserved" / f".checkpoint-{step}.partial" / "global_step").mkdir(parents=True)
        keeper.on_save(WRITES, state(step), None)
        shutil.rmtree(checkpoint)
    kept = tmp_path / "preserved" / "checkpoint-10"
    assert [path.name for path in (tmp_path / "preserved").glob("c*")] == [kept.name]
    assert (kept / "model.safetensors").read_text() == "weights 10"
    assert (kept / "global_step" / "optimizer.pt").read_text() == "moments"

    (save(tmp_path, 10) / "model.safetensors").write_text("another run's")
    keeper.on_save(WRITES, state(10), None)
    assert (kept / "model.safetensors").read_text() == "weights 10"


def test_a_checkpoint_is_preserved_once_the_run_goes_on_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, target: str) -> None:
        raise PermissionError("this file system has no hard links")

    save(tmp_path, 10)
    monkeypatch.setattr(os, "link", refuse)
    keeper = checkpoints.PreserveCheckpoints(tmp_path, every=10)
    keeper.on_train_begin(SimpleNamespace(should_save=False), state(10), None)
    assert not (tmp_path / "preserved").exists()
    keeper.on_train_begin(WRITES, state(10), None)
    assert (tmp_path / "preserved" / "checkpoint-10" / "model.safetensors").read_text() == "weights 10"


def test_a_kill_before_all_ranks_have_written_leaves_the_last_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(tmp_path, 1)
    monkeypatch.setattr(checkpoints.PartialState, "wait_for_everyone", end)
    with pytest.raises(Killed):
        complete(tmp_path, 2, limit=1)
    assert steps(tmp_path) == [1, 2]
    assert checkpoints.start_from(tmp_path, sharded=False) == str(tmp_path / "checkpoint-1")


def test_a_kill_while_an_old_one_is_deleted_leaves_no_half_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(tmp_path, 1)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(shutil, "rmtree", end)
        complete(tmp_path, 2, limit=1)
    shutil.rmtree(tmp_path / "checkpoint-2")
    assert checkpoints.start_from(tmp_path, sharded=False) is None


@pytest.mark.parametrize(
    ("limit", "best", "kept"),
    [
        (None, None, [10, 20, 30, 40]),
        (1, None, [40]),
        (2, None, [30, 40]),
        (1, 10, [10, 40]),
        (3, 10, [10, 30, 40]),
    ],
)
def test_whole_ones_stay_up_to_the_limit_and_half_written_ones_do_not(
    tmp_path: Path, limit: int | None, best: int | None, kept: list[int]
) -> None:
    for step in (10, 20, 30):
        complete(tmp_path, step)
    save(tmp_path, 35)
    complete(tmp_path, 40, limit, best and str(tmp_path / f"checkpoint-{best}"))
    assert steps(tmp_path) == kept


def test_a_run_goes_on_from_the_highest_step(tmp_path: Path) -> None:
    assert checkpoints.start_from(tmp_path, sharded=False) is None
    for step in (9, 10):
        complete(tmp_path, step)
    save(tmp_path, 11)
    # A machine that failed may leave an empty file.
    (save(tmp_path, 12) / WHOLE).touch()
    (tmp_path / "checkpoint-mine").mkdir()
    assert checkpoints.start_from(tmp_path, sharded=False) == str(tmp_path / "checkpoint-10")


@pytest.mark.parametrize("kept", [True, False])
def test_the_best_checkpoint_of_a_run_that_was_moved_is_found(tmp_path: Path, kept: bool) -> None:
    """Else the trainer forgets it, and the run ends with another model."""
    complete(tmp_path, 1)
    complete(tmp_path, 2)
    if not kept:
        (tmp_path / "checkpoint-1" / WHOLE).unlink()
    file = tmp_path / "checkpoint-2" / "trainer_state.json"
    file.write_text(json.dumps({"best_model_checkpoint": "/old/run/checkpoint-1", "global_step": 2}))
    assert checkpoints.start_from(tmp_path, sharded=False) == str(tmp_path / "checkpoint-2")
    best = str(tmp_path / "checkpoint-1") if kept else "/old/run/checkpoint-1"
    assert json.loads(file.read_text()) == {"best_model_checkpoint": best, "global_step": 2}


def test_ranks_that_share_a_model_out_cannot_go_on_from_the_model_alone(tmp_path: Path) -> None:
    save(tmp_path, 10)
    alone = SimpleNamespace(should_save=True, save_only_model=True)
    checkpoints.Checkpoints(tmp_path, {}).on_save(alone, state(10), None)
    with pytest.raises(R1Error, match="contains only the model") as caught:
        checkpoints.start_from(tmp_path, sharded=True)
    assert caught.value.where == str(tmp_path / "checkpoint-10")
