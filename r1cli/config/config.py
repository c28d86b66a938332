"""A resolved config, and the leaves of it that r1 itself reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from r1cli.config.schema import Schema
from r1cli.config.section import AnySection
from r1cli.config.settings import Setting

REWARDS, WEIGHTS = "rewards.reward_funcs", "rewards.reward_weights"
OUTPUT_DIR = "training.output_dir"
MODEL, DATASET, MIXTURE = "model.model_name_or_path", "data.dataset_name", "data.dataset_mixture"
ACCELERATE, GPUS, OFFLINE = "launch.accelerate", "launch.gpus", "launch.offline"
VLLM_NODES = "slurm.vllm_nodes"
ENDPOINT = "sampling.endpoint"
MEASUREMENTS = "pass_rate.measurements"
TEMPLATE, COLUMNS = "data.chat_template", "data.columns"
PIPELINE, AGAINST = "generate.pipeline", "decontaminate.against"
#: The values that may name something on this machine.
LOCAL_PATHS = {
    MODEL, DATASET, TEMPLATE, ACCELERATE, "training.chat_template_path",
    "training.accelerator_config", "training.deepspeed", "training.fsdp_config",
    "evaluate.data_dir", "generate.examples", "decontaminate.data_dir", "decontaminate.allow_list",
}  # fmt: skip


@dataclass(frozen=True)
class Config:
    """A command's resolved config: what was set, and r1's own defaults.

    Leaves that belong to TRL and were not set are absent, and TRL's defaults hold for them. ``about`` is what
    the preset says of itself: summary, source, the hardware that it is made for. ``warnings`` say what was
    left out or changed of what was asked. ``items`` are the exact places of what is in lists, by paths
    such as ``data.dataset_mixture.datasets[0]``.
    """

    command: str
    schema: Schema = field(repr=False, compare=False)
    preset: str | None
    values: dict[str, Any]
    origins: dict[str, str]
    about: dict[str, Any] = field(default_factory=dict)
    profile: str | None = None
    warnings: tuple[str, ...] = ()
    items: dict[str, str] = field(default_factory=dict, compare=False)

    def has(self, path: str) -> bool:
        """Whether this command has a leaf."""
        return path in self.schema.leaves

    def get(self, path: str) -> Any:
        """The value of a leaf, or its default.

        Raises:
            KeyError: this command has no such leaf; where only some commands have it, ask `has` first.
        """
        default = self.schema.leaves[path].default
        return self.values.get(path, default)

    def find(self, kind: type[AnySection]) -> AnySection | None:
        """The section of a kind, with the command's own defaults; None when this command has no such keys."""
        section = self.schema.section(kind)
        if section is None:
            return None
        of_group = [path for path in self.values if path.startswith(f"{section.group}.")]
        return section.read(self._tree(of_group).get(section.group, {}))

    def section(self, kind: type[AnySection]) -> AnySection:
        """The section of a kind, of a command that has it.

        Raises:
            KeyError: this command has no such keys; where only some commands have them, use `find`.
        """
        section = self.find(kind)
        if section is None:
            raise KeyError(f"{self.command} has no section {kind.__name__}")
        return section

    def ordered(self) -> list[str]:
        """The paths of the values, in the order of the schema."""
        order = {path: position for position, path in enumerate(self.schema.leaves)}
        return sorted(self.values, key=lambda path: (order.get(path, len(order)), path))

    def nested(self) -> dict[str, Any]:
        """The values as a tree, in the order of the schema: what a YAML file would say."""
        return self._tree(self.ordered())

    def _tree(self, paths: list[str]) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for path in paths:
            *parents, name = path.split(".")
            branch = tree
            for parent in parents:
                branch = branch.setdefault(parent, {})
            branch[name] = self.values[path]
        return tree


def from_tree(tree: dict[str, Any], origin: str) -> tuple[Setting, ...]:
    """The settings of a nested config that r1 wrote itself."""
    settings = []
    for group, leaves in tree.items():
        for name, value in leaves.items():
            if group == "rewards" and isinstance(value, dict):
                settings += [Setting(f"rewards.{name}.{key}", item, origin) for key, item in value.items()]
            else:
                settings.append(Setting(f"{group}.{name}", value, origin))
    return tuple(settings)


def as_mixture(names: Sequence[object]) -> str:
    """How several datasets are written, for somebody who named them in the place of one."""
    parts = ", ".join(f"{{id: {str(name).strip()}}}" for name in names)
    return f"several datasets are a mixture, in a file: dataset_mixture: {{datasets: [{parts}]}}"
