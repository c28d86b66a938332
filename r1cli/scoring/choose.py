"""From the ``rewards`` group of a config to the rewards that a run uses."""

from collections.abc import Mapping
from typing import Any

from r1cli.plugins.registry import find_reward
from r1cli.scoring.scorer import ChosenReward


def choose_rewards(group: Mapping[str, Any]) -> list[ChosenReward]:
    """The functions, weights and parameters that the config names.

    Args:
        group: ``reward_funcs``, ``reward_weights``, and the parameters of each reward under its name.

    Raises:
        R1Error: a reward is unknown, or claimed by two plugins.
    """
    pairs = zip(group["reward_funcs"], group["reward_weights"], strict=True)
    return [
        ChosenReward(name, find_reward(name).load(), weight, group.get(name, {})) for name, weight in pairs
    ]
