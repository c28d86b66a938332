"""The run's record, and the callbacks of plugins."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from r1cli.errors import R1Error
from tests.train.lazily import Lazily

callbacks = Lazily("r1cli.train.callbacks")
pytestmark = pytest.mark.xdist_group("torch")


def state(step: int, rank_zero: bool = True) -> SimpleNamespace:
    return SimpleNamespace(global_step=step, max_steps=4, is_world_process_zero=rank_zero)


def steps(path: Path) -> list[int]:
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def test_a_resumed_run_writes_each_step_once(tmp_path: Path) -> None:
    callback = callbacks.MetricsCallback(tmp_path)
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


def test_a_metric_of_a_reward_does_not_replace_what_a_line_is_of(tmp_path: Path) -> None:
    callback = callbacks.MetricsCallback(tmp_path)
    callback.on_log(None, state(1), None, {"loss": 0.5, "time": 0.31, "step": 7})
    line = json.loads(callback.path.read_text())
    assert line["step"] == 1 and line["time"] > 1e9 and line["loss"] == 0.5


def test_other_ranks_write_nothing(tmp_path: Path) -> None:
    callbacks.MetricsCallback(tmp_path).on_log(None, state(1, rank_zero=False), None, {"loss": 0.5})
    assert not list(tmp_path.iterdir())


def test_a_run_that_was_stopped_has_no_summary_in_its_middle(tmp_path: Path) -> None:
    callback = callbacks.MetricsCallback(tmp_path)
    callback.on_log(None, state(1), None, {"loss": 0.5})
    callback.on_log(None, state(1), None, {"train_runtime": 3.0, "train_loss": 0.5})
    callback.on_train_begin(None, state(1), None)
    assert [json.loads(line).get("loss") for line in callback.path.read_text().splitlines()] == [0.5]


def test_seconds_are_summed_between_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each call of the clock is a second after the one before.
    seconds = iter(range(100))
    monkeypatch.setattr(callbacks.time, "perf_counter", lambda: float(next(seconds)))
    timings = callbacks.Timings()
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
    from transformers import TrainerCallback

    def raises() -> None:
        raise OSError("no disk")

    def offer(factory: Callable[[], Any]) -> Callable[..., SimpleNamespace]:
        return lambda name, where: SimpleNamespace(load=lambda: factory)

    monkeypatch.setattr("r1cli.train.callbacks.find_callback", offer(TrainerCallback))
    assert [type(callback) for callback in callbacks.plugin_callbacks(["mine"])] == [TrainerCallback]
    for factory, what in (
        (raises, "'mine' cannot be created: OSError: no disk"),
        (dict, "'mine' is not a transformers Trainer"),
    ):
        monkeypatch.setattr("r1cli.train.callbacks.find_callback", offer(factory))
        with pytest.raises(R1Error, match=what):
            callbacks.plugin_callbacks(["mine"])
