"""A run whose groups do not differ is warned of, and stopped."""

from types import SimpleNamespace
from typing import Any

import pytest

from r1cli.config.groups.rewards import GrpoRewards
from r1cli.errors import R1Error
from r1cli.scoring.scorer import ChosenReward
from tests.train.lazily import Lazily

learning_signal = Lazily("r1cli.train.learning_signal")
pytestmark = pytest.mark.xdist_group("torch")

DEAD = {"accuracy": [0.0] * 8, "format": [1.0] * 4 + [0.5] * 4}
ALIVE = {"accuracy": [0.0] * 7 + [1.0], "format": [1.0] * 8}
#: The two rewards differ, and their sum does not.
EVEN = {"accuracy": [0.0, 1.0] * 4, "format": [1.0, 0.0] * 4}
FAULTS: dict[str, list[float | None]] = {"accuracy": [None] * 8, "format": [None] * 8}


def watch(step: int = 0, training: bool = True, **limits: Any) -> Any:
    signal = learning_signal.SignalWatch({"accuracy": 1.0, "format": 1.0}, 4, **limits)
    state, model = SimpleNamespace(global_step=step), SimpleNamespace(training=training)
    signal.on_train_begin(None, state, None, model=model)
    return signal


def logged(signal: Any) -> dict[str, Any]:
    logs: dict[str, Any] = {}
    signal.on_log(None, None, None, logs)
    return logs


def test_the_first_batch_is_warned_of_once_with_each_reward(capsys: pytest.CaptureFixture[str]) -> None:
    signal = watch()
    for _ in range(2):
        signal.count(DEAD)
    said = capsys.readouterr().err
    assert said.count("warning: in 100% of the groups") == 1
    assert "(accuracy: 0 in 100%, format: 1 in 50%)" in said
    assert logged(signal)["warning"] in said
    assert logged(signal) == {}


def test_golds_that_nobody_can_read_are_not_blamed_on_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    unread: dict[str, list[float | None]] = {"accuracy": [None] * 8, "format": [1.0] * 7 + [0.0]}
    signal = watch(max_dead=1)
    signal.count(unread)  # format teaches something, and accuracy nothing
    said = capsys.readouterr().err
    assert "no score of accuracy (accuracy: no score in 100%" in said
    assert "r1 reward audit-gold" in said
    assert "start model" not in said
    with pytest.raises(R1Error) as caught:
        signal.count({"accuracy": [None] * 8, "format": [1.0] * 8})
    assert "audit-gold" in str(caught.value.fix)


def test_a_reward_that_fails_is_named_with_its_fault(capsys: pytest.CaptureFixture[str]) -> None:
    watch().count({"accuracy": [None] * 8, "format": [1.0] * 7 + [0.0]}, "accuracy: ZeroDivisionError")
    said = capsys.readouterr().err
    assert "no score of accuracy" in said and "accuracy: ZeroDivisionError" in said
    assert "audit-gold" not in said


def test_half_of_the_groups_is_no_reason_to_warn_and_null_never_does() -> None:
    for signal, values in ((watch(), ALIVE), (watch(warn_share=None), DEAD), (watch(step=5), DEAD)):
        signal.count(values)
        assert logged(signal) == {}


@pytest.mark.parametrize("values", [DEAD, EVEN, FAULTS])
def test_so_many_dead_steps_in_a_row_end_the_run(values: Any) -> None:
    signal = watch(max_dead=3)
    for step in (values, values, ALIVE, values, values):
        signal.count(step)
    with pytest.raises(R1Error, match="for 3 steps in a row") as caught:
        signal.count(values)
    assert (caught.value.exit_code, caught.value.where) == (1, "rewards.max_dead_steps")


def test_null_trains_on_and_an_evaluation_does_not_count() -> None:
    for signal in (watch(max_dead=None), watch(max_dead=2, training=False)):
        for _ in range(20):
            signal.count(DEAD)


def test_the_config_sets_the_limits_and_weights() -> None:
    rewards = [ChosenReward("accuracy", weight=1.0), ChosenReward("format", weight=0.0)]
    signal = learning_signal.watch_signal(GrpoRewards(max_dead_steps=None, warn_dead_share=0.5), rewards, 8)
    assert (signal.max_dead, signal.warn_share, signal.group_size) == (None, 0.5, 8)
    assert signal.weights == {"accuracy": 1.0, "format": 0.0}
    assert learning_signal.watch_signal(GrpoRewards(), rewards, 8).max_dead == 10
