"""A task: problems, sampling settings, and how the completions are scored."""

from dataclasses import dataclass, field, replace
from pathlib import Path
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
        figures: what results have beside the mean: see `Benchmark`.
    """

    name: str
    problems: list[Problem]
    rewards: Rewards
    samples: int
    sampling: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    lighteval: Benchmark | None = None
    code: Code = field(default_factory=Code)
    figures: str = ""

    @property
    def runs_programs(self) -> bool:
        """Whether its rewards run programs that the model has written."""
        names = () if self.lighteval else self.rewards.reward_funcs
        return any(find_reward(name).runs_programs for name in names)


def rewards_of(benchmark: Benchmark, rewards: Rewards, data_dir: str | None = None) -> Rewards:
    """The section with a benchmark's verifier as its only reward.

    Args:
        benchmark: the benchmark.
        rewards: the config's section.
        data_dir: a folder that may have the datasets which the verifier reads.
    """
    datasets = {
        parameter: local_or_hub(name.partition(":")[0], data_dir)
        for parameter, name in benchmark.datasets.items()
    }
    parameters = {parameter_group(benchmark.verifier): {**benchmark.parameters, **datasets}}
    return replace(rewards, reward_funcs=[benchmark.verifier], reward_weights=[1.0], parameters=parameters)


def local_or_hub(dataset: str, data_dir: str | None) -> str:
    """The dataset's folder in ``data_dir`` if that exists, or else its name."""
    folder = Path(data_dir or "", dataset).expanduser()
    return str(folder.absolute()) if data_dir and folder.is_dir() else dataset


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
