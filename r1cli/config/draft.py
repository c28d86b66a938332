"""A config in the making: settings are put in one after another, and every mistake in them is kept."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from r1cli.config.aliases import translate
from r1cli.config.config import (
    ACCELERATE,
    COLUMNS,
    LOCAL_PATHS,
    MIXTURE,
    OUTPUT_DIR,
    REWARDS,
    WEIGHTS,
    Config,
)
from r1cli.config.presets import accelerate_presets
from r1cli.config.rewards import split_weights
from r1cli.config.schema import SECRET, Schema, secret_error
from r1cli.config.sources import Setting, parse_scalar
from r1cli.config.values import check_value
from r1cli.errors import R1Error


@dataclass
class Draft:
    """What the sources come to so far, and the mistakes in them.

    ``whole`` says that the preset and every file were read; ``unread`` are leaves whose values were wrong.
    """

    schema: Schema
    preset: str | None = None
    about: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    errors: list[R1Error] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    whole: bool = True
    _sources: dict[str, str] = field(default_factory=dict)

    def put(self, setting: Setting) -> None:
        """Sets one value, or keeps the mistake in it."""
        try:
            for translated in translate(setting, self.warnings.append):
                self._put(translated)
        except R1Error as error:
            self.errors += error.all()

    def _put(self, setting: Setting) -> None:
        path = self.schema.locate(setting.key, setting.origin)
        leaf = self.schema.leaves.get(path)
        if leaf:
            self.unread.add(path)
            value = check_value(leaf, setting.value, setting.origin)
            _refuse_secrets(value, path, setting.origin)
            self.unread.discard(path)
            self.values[path] = value
        elif path.startswith("rewards."):
            # Rewards declare no types.
            self.values[path] = parse_scalar(setting.value)
        else:
            path = _set_below(self.schema, self.values, path, setting.value)
        if path == REWARDS and self._sources.get(WEIGHTS) != setting.source:
            # Weights that a weaker source gave belong to the rewards of that source.
            self.values.pop(WEIGHTS, None)
            self.origins.pop(WEIGHTS, None)
        self.origins[path], self._sources[path] = setting.origin, setting.source

    def normalise_rewards(self) -> None:
        """``accuracy,format:0.5`` becomes names and weights."""
        if not self.values.get(REWARDS) or WEIGHTS in self.unread:
            return
        origin = self.origins[REWARDS]
        try:
            names, weights = split_weights(self.values[REWARDS], self.values.get(WEIGHTS), origin)
        except R1Error as error:
            self.errors += error.all()
            self.unread.add(REWARDS)
            return
        self.values[REWARDS], self.values[WEIGHTS] = names, weights
        self.origins.setdefault(WEIGHTS, origin)

    def config(self, profile: str | None) -> Config:
        """The config, with r1's defaults for what was not set."""
        values, origins = dict(self.values), dict(self.origins)
        for local in LOCAL_PATHS & values.keys():
            if local != ACCELERATE or values[local] not in accelerate_presets():
                values[local] = _absolute(values[local])
        if values.get(MIXTURE):
            values[MIXTURE] = _absolute_parts(values[MIXTURE])
        defaults = {leaf.path: leaf.default for leaf in self.schema.leaves.values() if leaf.written}
        defaults[OUTPUT_DIR] = _fresh_run_dir(self.schema.command, self.preset)
        for path, value in defaults.items():
            if values.get(path) is None:
                values[path], origins[path] = value, "default"
        return Config(
            self.schema.command, self.schema, self.preset, values, origins, self.about, profile,
            tuple(self.warnings),
        )  # fmt: skip


def _absolute(name: Any) -> Any:
    """A path that exists, from the root: a run directory must mean the same from everywhere."""
    try:
        exists = bool(name) and Path(name).expanduser().exists()
    except OSError:  # a template is too long for a path
        return name
    return str(Path(name).expanduser().absolute()) if exists else name


def _absolute_parts(mixture: dict[str, Any]) -> dict[str, Any]:
    """A mixture whose local datasets are named from the root. What is no list of mappings stays as it is."""
    parts = mixture.get("datasets")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        return mixture
    return {
        **mixture,
        "datasets": [
            {key: _absolute(value) if key in ("id", "path") else value for key, value in part.items()}
            for part in parts
        ],
    }


def _fresh_run_dir(command: str, preset: str | None) -> str:
    return f"runs/{command}-{preset or 'custom'}-{datetime.now():%Y%m%d-%H%M%S}"


def _refuse_secrets(value: Any, path: str, origin: str) -> None:
    """Looks for secrets in a mapping, however deep."""
    if isinstance(value, dict):
        for key, item in value.items():
            if SECRET.search(str(key)):
                raise secret_error(f"{path}.{key}", origin)
            _refuse_secrets(item, f"{path}.{key}", origin)


def _set_below(schema: Schema, values: dict[str, Any], path: str, value: Any) -> str:
    """Sets one entry of an object leaf (``data.columns.prompt``), and returns the leaf's path."""
    leaf = path
    while leaf not in schema.leaves:
        leaf = leaf.rpartition(".")[0]
    values[leaf] = branch = dict(values.get(leaf) or {})
    *parents, name = path[len(leaf) + 1 :].split(".")
    for parent in parents:
        branch[parent] = branch = dict(branch.get(parent) or {})
    # A column is a name, whatever it looks like.
    branch[name] = value if leaf == COLUMNS else parse_scalar(value)
    return leaf
