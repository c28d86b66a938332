"""A task: problems, sampling settings, and how the completions are scored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
        rewards: a config's ``rewards`` group; the first reward is the score.
        samples: completions of each problem.
        sampling: ``temperature``, ``top_p``, ``max_tokens``, ``seed``, and ``stop`` if there are stop
            sequences.
        settings: the settings in effect, under the protocols' names.
        lighteval: the benchmark, if lighteval judges the completions.
    """

    name: str
    problems: list[Problem]
    rewards: Mapping[str, Any]
    samples: int
    sampling: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    lighteval: Benchmark | None = None


def rewards_of(benchmark: Benchmark, rewards: Mapping[str, Any]) -> dict[str, Any]:
    """A config's ``rewards`` group with a benchmark's verifier as its only reward."""
    return {
        # Time limits and the like.
        **{name: value for name, value in rewards.items() if not isinstance(value, Mapping)},
        "reward_funcs": [benchmark.verifier],
        "reward_weights": [1.0],
        parameter_group(benchmark.verifier): dict(benchmark.parameters),
    }


def as_published(rewards: Mapping[str, Any], protocol: str | None) -> dict[str, Any]:
    """A config's ``rewards`` group, whose rewards look for answers where the protocol does.

    Raises:
        R1Error: there is no such protocol or reward.
    """
    place = find_protocol(protocol).answer if protocol else "auto"
    chosen = dict(rewards)
    for name in rewards["reward_funcs"] if place != "auto" else ():
        if "answer" in find_reward(name).parameters():
            group = parameter_group(name)
            chosen[group] = {"answer": place, **(rewards.get(group) or {})}
    return chosen
