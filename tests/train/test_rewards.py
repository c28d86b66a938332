"""The bridge to TRL's one function per reward."""

from typing import Any

from r1cli.scoring.scorer import ChosenReward, Scorer
from r1cli.train.rewards import TrainerRewards


def test_a_batch_is_scored_once_and_a_fault_in_the_last_reward_blanks_the_first() -> None:
    calls = []

    def good(completions: list[str], **kwargs: Any) -> list[float]:
        calls.append("good")
        return [1.0] * len(completions)

    def bad(completions: list[str], **kwargs: Any) -> list[float]:
        calls.append("bad")
        raise OSError("no disk")

    rewards = TrainerRewards(Scorer([ChosenReward("good", good), ChosenReward("bad", bad)])).functions()
    assert [function.__name__ for function in rewards] == ["good", "bad"]
    metrics: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    trl = {"log_metric": metrics.__setitem__, "log_extra": extra.__setitem__, "trainer_state": None}
    completions = ["a", "b"]
    assert [function(completions=completions, **trl) for function in rewards] == [[None, None]] * 2
    assert calls == ["good", "bad"]
    assert metrics == {"faults": 2.0}
    assert extra["good_raw"] == [1.0, 1.0]
    assert extra["fault"] == ["bad: OSError: no disk"] * 2
    # The next step brings another list, equal or not.
    rewards[0](completions=["a", "b"], **trl)
    assert len(calls) == 4
