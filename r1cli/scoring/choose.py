"""Turns the ``rewards`` group of a config into the rewards of a run, and their scorer."""

from r1cli.config.groups.code import Code
from r1cli.config.groups.rewards import Rewards
from r1cli.errors import R1Error
from r1cli.plugins.registry import find_reward, parameter_group
from r1cli.scoring.faults import FaultWatch
from r1cli.scoring.scorer import ChosenReward, Scorer


def choose_rewards(section: Rewards) -> list[ChosenReward]:
    """The rewards, weights and parameters that the config names.

    Raises:
        R1Error: a reward is unknown, claimed by two plugins, or runs in this process and cannot be loaded.
    """
    return [_choose(name, weight, section) for name, weight in section.weighted.items()]


def _choose(name: str, weight: float, section: Rewards) -> ChosenReward:
    reward = find_reward(name)
    function = reward.load() if reward.in_trainer else None
    parameters = section.parameters.get(parameter_group(name), {})
    return ChosenReward(name, function, weight, parameters, reward.per_group)


def start_scorer(section: Rewards, code: Code | None = None) -> Scorer:
    """The scorer that a config describes, whose scoring process loads the rewards meanwhile.

    Args:
        section: the rewards.
        code: where programs run; in sandboxes of this machine without it.

    Raises:
        R1Error: as `choose_rewards`.
    """
    watch = FaultWatch(section.max_fault_share)
    return Scorer(choose_rewards(section), watch, section.time_limit, code=code)


def make_scorer(section: Rewards, code: Code | None = None) -> Scorer:
    """The scorer that a config describes, ready to score.

    Raises:
        R1Error: as `choose_rewards`, or a reward cannot be loaded.
    """
    scorer = start_scorer(section, code)
    try:
        scorer.wait()
    except R1Error:
        scorer.close()
        raise
    return scorer
