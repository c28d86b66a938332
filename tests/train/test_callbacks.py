"""The run's record, and the callbacks of plugins."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from transformers import TrainerCallback

from r1cli.errors import R1Error
from r1cli.train import callbacks
from r1cli.train.callbacks import MetricsCallback, PreserveCheckpoints, Timings, plugin_callbacks

WRITES = SimpleNamespace(should_save=True)


def state(step: int, rank_zero: bool = True) -> SimpleNamespace:
    return SimpleNamespace(global_step=step, max_steps=4, is_world_process_zero=rank_zero)


def steps(path: Path) -> list[int]:
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def test_a_resumed_run_writes_each_step_once(tmp_path: Path) -> None:
    callback = MetricsCallback(tmp_path)
    for step in (1, 2, 3):
        callback.on_log(None, state(step), None, {"loss": 0.5})
    # Killed while it wrote: the checkpoint was that of step 2.
    with callback.path.open("a") as file:
        file.write('{"step": 4, "lo')
    callback.on_train_begin(None, state(2), None)
    assert steps(callback.path) == [1, 2]
    callback.on_log(None, state(3), None, {"loss": 0.4})
    assert steps(callback.path) == [1, 2, 3]
    assert json.loads(callback.path.read_text().splitlines()[-1])["loss"] == 0.4


def test_other_ranks_write_nothing(tmp_path: Path) -> None:
    MetricsCallback(tmp_path).on_log(None, state(1, rank_zero=False), None, {"loss": 0.5})
    assert not list(tmp_path.iterdir())


def save(run: Path, step: int) -> Path:
    """A checkpoint as a trainer leaves it."""
    checkpoint = run / f"checkpoint-{step}"
    (checkpoint / "global_step").mkdir(parents=True)
    (checkpoint / "model.safetensors").write_text(f"weights {step}")
    (checkpoint / "global_step" / "optimizer.pt").write_text("moments")
    return checkpoint


def test_checkpoints_outlive_their_deletion(tmp_path: Path) -> None:
    keeper = PreserveCheckpoints(tmp_path, every=10)
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
    keeper = PreserveCheckpoints(tmp_path, every=10)
    keeper.on_train_begin(SimpleNamespace(should_save=False), state(10, rank_zero=False), None)
    assert not (tmp_path / "preserved").exists()
    keeper.on_train_begin(WRITES, state(10), None)
    assert (tmp_path / "preserved" / "checkpoint-10" / "model.safetensors").read_text() == "weights 10"


def test_seconds_are_summed_between_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each call of the clock is a second after the one before.
    seconds = iter(range(100))
    monkeypatch.setattr(callbacks.time, "perf_counter", lambda: float(next(seconds)))
    timings = Timings()
    for _ in range(2):
        for event in ("step_begin", "pre_optimizer_step", "optimizer_step", "step_end"):
            getattr(timings, f"on_{event}")(None, None, None)
        timings.add("rewards", 0.5)
    logs = {"loss": 1.0}
    timings.on_log(None, None, None, logs)
    expected = {"seconds/step": 6.0, "seconds/optimizer": 2.0, "seconds/between": 1.0, "seconds/rewards": 1.0}
    assert logs == {"loss": 1.0, **expected}
    last: dict[str, float] = {}
    timings.on_log(None, None, None, last)
    assert last == {}


def test_callbacks_of_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises() -> None:
        raise OSError("no disk")

    def offer(factory: Callable[[], Any]) -> Callable[..., SimpleNamespace]:
        return lambda name, where: SimpleNamespace(load=lambda: factory)

    monkeypatch.setattr(callbacks, "find_callback", offer(TrainerCallback))
    assert [type(callback) for callback in plugin_callbacks(["mine"])] == [TrainerCallback]
    for factory, what in (
        (raises, "'mine' cannot be made: OSError: no disk"),
        (dict, "'mine' is no Trainer"),
    ):
        monkeypatch.setattr(callbacks, "find_callback", offer(factory))
        with pytest.raises(R1Error, match=what):
            plugin_callbacks(["mine"])
