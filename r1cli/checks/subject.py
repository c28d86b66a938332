"""What the checks look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from r1cli.commands import Command, find_command
from r1cli.config.config import REWARDS, Config
from r1cli.config.groups.rewards import Rewards
from r1cli.errors import R1Error
from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.schema import Evaluate
from r1cli.launch.place import Place
from r1cli.plugins.registry import find_reward
from r1cli.plugins.types import Benchmark, Reward

BENCHMARKS, PROTOCOL = "evaluate.benchmarks", "evaluate.protocol"


@dataclass(frozen=True)
class Promised:
    """Inputs that an earlier stage of the same pipeline will have made by then.

    Args:
        models: model folders.
        datasets: dataset files, each with its columns.
    """

    models: frozenset[str] = frozenset()
    datasets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


#: Everything is there already.
NOTHING_PROMISED = Promised()


@dataclass(frozen=True)
class Subject:
    """A config, the place it is planned for, and what of it could not be read.

    Args:
        config: with the values that could be read.
        place: None when the config names no place that could be.
        unread: leaves whose values are wrong: nothing more is said of them.
        whole: whether the preset and every file could be read; if not, nothing is called missing.
        promised: inputs that need not be there yet.
        columns: of the rows, where these are not from a dataset of the config.
    """

    config: Config
    place: Place | None
    unread: frozenset[str] = field(default_factory=frozenset)
    whole: bool = True
    promised: Promised = NOTHING_PROMISED
    columns: frozenset[str] | None = None

    @property
    def row(self) -> Command:
        """What the registry knows of the command."""
        return find_command(self.config.command, hidden=True)

    def has(self, *paths: str) -> bool:
        """Whether the command has these leaves, and their values could be read."""
        return all(path in self.config.schema.leaves and path not in self.unread for path in paths)

    def rewards(self) -> tuple[list[Reward], list[R1Error]]:
        """The rewards that the config names, and a mistake for each that is none."""
        rewards: list[Reward] = []
        errors: list[R1Error] = []
        for number, name in enumerate(self.config.section(Rewards).reward_funcs if self.has(REWARDS) else ()):
            where = self.config.items.get(f"{REWARDS}[{number}]", self.config.origins[REWARDS])
            try:
                rewards.append(find_reward(name, where))
            except R1Error as error:
                errors += error.all()
        return rewards, errors

    def benchmarks(self) -> list[Benchmark]:
        """Those that are to be measured; none where their names have a mistake, which is said elsewhere."""
        if not self.has(BENCHMARKS):
            return []
        try:
            return find_benchmarks(self.config.section(Evaluate).benchmarks)
        except R1Error:
            return []

    def where(self, *paths: str) -> str:
        """Where these leaves were set, for messages; their names where TRL's default holds."""
        return ", ".join(self.config.origins.get(path, f"{path} by default") for path in paths)
