"""The run's metrics."""

import json
from pathlib import Path
from types import SimpleNamespace

from r1cli.train.callbacks import MetricsCallback


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
