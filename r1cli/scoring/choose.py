"""Turns the ``rewards`` group of a config into the rewards of a run, and their scorer."""

from collections.abc import Mapping
from typing import Any

from r1cli.errors import R1Error
from r1cli.plugins.registry import find_reward, parameter_group
from r1cli.scoring.faults import SHARE, FaultWatch
from r1cli.scoring.scorer import TIME_LIMIT, ChosenReward, Scorer


def choose_rewards(group: Mapping[str, Any]) -> list[ChosenReward]:
    """The rewards, weights and parameters that the config names.

    Args:
        group: ``reward_funcs``, ``reward_weights``, and the parameters of each reward under its name.

    Raises:
        R1Error: a reward is unknown, claimed by two plugins, or runs in this process and cannot be loaded.
    """
    pairs = zip(group["reward_funcs"], group["reward_weights"], strict=True)
    return [_choose(name, weight, group.get(parameter_group(name), {})) for name, weight in pairs]


def _choose(name: str, weight: float, parameters: Mapping[str, Any]) -> ChosenReward:
    reward = find_reward(name)
    function = reward.load() if reward.in_trainer else None
    return ChosenReward(name, function, weight, parameters, reward.per_group)


def start_scorer(group: Mapping[str, Any]) -> Scorer:
    """The scorer that a config describes, whose scoring process loads the rewards meanwhile.

    Raises:
        R1Error: as `choose_rewards`.
    """
    watch = FaultWatch(group.get("max_fault_share", SHARE))
    return Scorer(choose_rewards(group), watch, group.get("time_limit", TIME_LIMIT))


def make_scorer(group: Mapping[str, Any]) -> Scorer:
    """The scorer that a config describes, ready to score.

    Raises:
        R1Error: as `choose_rewards`, or a reward cannot be loaded.
    """
    scorer = start_scorer(group)
    try:
        scorer.wait()
    except R1Error:
        scorer.close()
        raise
    return scorer
