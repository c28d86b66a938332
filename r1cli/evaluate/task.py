"""A task: problems, sampling settings, and how the completions are scored."""

from dataclasses import dataclass, field, replace
from typing import Any

from r1cli.config.groups.code import Code
from r1cli.config.groups.rewards import Rewards
from r1cli.evaluate.problem import Problem
from r1cli.evaluate.protocol import find_protocol
from r1cli.plugins.registry import find_reward, parameter_group
from r1cli.plugins.types import Benchmark


@dataclass(frozen=True)
class Task:
    """One measurement.

    Args:
        name: of the benchmark.
        problems: in their order.
        rewards: what scores; the first reward is the score.
        samples: completions of each problem.
        sampling: ``temperature``, ``top_p``, ``max_tokens``, ``seed``, and ``stop`` if there are stop
            sequences.
        settings: the settings in effect, under the protocols' names.
        lighteval: the benchmark, if lighteval judges the completions.
        code: where programs run that rewards need.
    """

    name: str
    problems: list[Problem]
    rewards: Rewards
    samples: int
    sampling: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    lighteval: Benchmark | None = None
    code: Code = field(default_factory=Code)


def rewards_of(benchmark: Benchmark, rewards: Rewards) -> Rewards:
    """The section with a benchmark's verifier as its only reward."""
    parameters = {parameter_group(benchmark.verifier): benchmark.parameters}
    return replace(rewards, reward_funcs=[benchmark.verifier], reward_weights=[1.0], parameters=parameters)


def as_published(rewards: Rewards, protocol: str | None) -> Rewards:
    """The section with rewards that look for answers where the protocol does.

    Raises:
        R1Error: there is no such protocol or reward.
    """
    place = find_protocol(protocol).answer if protocol else "auto"
    parameters = dict(rewards.parameters)
    for name in rewards.reward_funcs if place != "auto" else ():
        if "answer" in find_reward(name).parameters():
            group = parameter_group(name)
            parameters[group] = {"answer": place, **parameters.get(group, {})}
    return replace(rewards, parameters=parameters)
