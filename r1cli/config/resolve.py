"""From what the user asked for to one validated config.

Sources, weakest first: r1's defaults, the preset, ``--config`` files left to right, the environment, flags.
Every mistake in any of them is collected and reported at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from r1cli.config.presets import find_preset
from r1cli.config.rewards import split_weights
from r1cli.config.schema import SECRET, Schema, is_for_another, secret_error
from r1cli.config.sources import Setting, from_environment, parse_scalar, read_yaml
from r1cli.config.values import check_value
from r1cli.errors import R1Error

REWARDS, WEIGHTS = "rewards.reward_funcs", "rewards.reward_weights"
OUTPUT_DIR = "training.output_dir"
MODEL, DATASET = "model.model_name_or_path", "data.dataset_name"
#: The values that may name something on this machine.
LOCAL_PATHS = {MODEL, DATASET}


@dataclass(frozen=True)
class Request:
    """What a user typed, before anything is looked up.

    ``base`` are settings below the preset: those of the run that ``r1 rerun`` repeats, which was made with
    ``base_preset``.
    """

    preset: str | None = None
    files: tuple[Path, ...] = ()
    flags: tuple[Setting, ...] = ()
    base: tuple[Setting, ...] = ()
    base_preset: str | None = None


@dataclass(frozen=True)
class Config:
    """A command's resolved config: what was set, and r1's own defaults.

    Leaves that belong to TRL and were not set are absent, and TRL's defaults hold for them.
    """

    command: str
    schema: Schema = field(repr=False, compare=False)
    preset: str | None
    values: dict[str, Any]
    origins: dict[str, str]

    def get(self, path: str) -> Any:
        """The value of a leaf, or its default."""
        return self.values.get(path, self.schema.leaves[path].default)

    def nested(self) -> dict[str, Any]:
        """The values as a tree, in the order of the schema: what a YAML file would say."""
        tree: dict[str, Any] = {}
        order = {path: position for position, path in enumerate(self.schema.leaves)}
        for path in sorted(self.values, key=lambda path: (order.get(path, len(order)), path)):
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


def resolve(schema: Schema, request: Request, default_preset: str | None = None) -> Config:
    """One config out of all sources.

    Raises:
        R1Error: with every mistake found, each with its place.
    """
    preset = request.preset
    if preset is None and default_preset and not _chooses_for_itself(schema, request):
        preset = default_preset
    values, origins, errors = _merge(schema, _collect(schema, request, preset))
    _normalise_rewards(values, origins, errors)
    if errors:
        raise R1Error.together(errors)
    for local in LOCAL_PATHS & values.keys():
        # A run directory must mean the same from everywhere.
        if values[local] and Path(values[local]).expanduser().exists():
            values[local] = str(Path(values[local]).expanduser().absolute())
    preset = preset or request.base_preset
    defaults = {leaf.path: leaf.default for leaf in schema.leaves.values() if leaf.written}
    defaults[OUTPUT_DIR] = _fresh_run_dir(schema.command, preset)
    for leaf_path, value in defaults.items():
        if values.get(leaf_path) is None:
            values[leaf_path], origins[leaf_path] = value, "default"
    return Config(schema.command, schema, preset, values, origins)


def _fresh_run_dir(command: str, preset: str | None) -> str:
    return f"runs/{command}-{preset or 'custom'}-{datetime.now():%Y%m%d-%H%M%S}"


def _chooses_for_itself(schema: Schema, request: Request) -> bool:
    """Whether the user named a model, a dataset or a file, so that no default preset applies."""
    if request.files or request.base:
        return True
    for setting in request.flags:
        try:
            if schema.locate(setting.key) in (MODEL, DATASET):
                return True
        except R1Error:
            continue  # reported when the sources are merged
    return False


def _collect(schema: Schema, request: Request, preset: str | None) -> list[Setting]:
    """All settings, weakest source first."""
    settings = list(request.base)
    if preset:
        settings += _read_file(find_preset(preset), f"preset {preset}", schema)
    for file in request.files:
        settings += _read_file(file, str(file), schema)
    settings += [setting for setting in from_environment() if not is_for_another(schema, setting.key)]
    return [*settings, *request.flags]


def _read_file(path: Path, label: str, schema: Schema) -> list[Setting]:
    """A file's settings but for its ``command:``, which says what the file is for."""
    settings = read_yaml(path, label, schema.groups)
    for setting in settings:
        if setting.key == "command" and setting.value != schema.command:
            raise R1Error(
                f"{label} is for `r1 {setting.value}`, not for `r1 {schema.command}`",
                where=setting.origin,
                mend=f"use it with `r1 {setting.value}`",
            )
    return [setting for setting in settings if setting.key != "command"]


def _merge(
    schema: Schema, settings: Iterable[Setting]
) -> tuple[dict[str, Any], dict[str, str], list[R1Error]]:
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    errors: list[R1Error] = []
    for setting in settings:
        try:
            path = schema.locate(setting.key, setting.origin)
            if path in schema.leaves:
                value = check_value(schema.leaves[path], setting.value, setting.origin)
                _refuse_secrets(value, path, setting.origin)
                values[path] = value
            elif path.startswith("rewards."):
                # Rewards declare no types.
                values[path] = parse_scalar(setting.value)
            else:
                path = _set_below(schema, values, path, setting.value)
            if path == REWARDS and _source(origins.get(WEIGHTS)) != _source(setting.origin):
                # Weights that a weaker source gave belong to the rewards of that source.
                values.pop(WEIGHTS, None)
                origins.pop(WEIGHTS, None)
            origins[path] = setting.origin
        except R1Error as error:
            errors += error.all()
    return values, origins, errors


def _refuse_secrets(value: Any, path: str, origin: str) -> None:
    """Looks for secrets in a mapping, however deep."""
    if isinstance(value, dict):
        for key, item in value.items():
            if SECRET.search(str(key)):
                raise secret_error(f"{path}.{key}", origin)
            _refuse_secrets(item, f"{path}.{key}", origin)


def _source(origin: str | None) -> str:
    """The file of an origin, or ``flag`` for all flags: what was written together."""
    for kind in ("flag", "environment"):
        if origin and origin.startswith(f"{kind} "):
            return kind
    return (origin or "").rpartition(":")[0] or (origin or "")


def _set_below(schema: Schema, values: dict[str, Any], path: str, value: Any) -> str:
    """Sets one entry of an object leaf (``data.columns.prompt``), and returns the leaf's path."""
    leaf = path
    while leaf not in schema.leaves:
        leaf = leaf.rpartition(".")[0]
    values[leaf] = branch = dict(values.get(leaf) or {})
    *parents, name = path[len(leaf) + 1 :].split(".")
    for parent in parents:
        branch[parent] = branch = dict(branch.get(parent) or {})
    branch[name] = value
    return leaf


def _normalise_rewards(values: dict[str, Any], origins: dict[str, str], errors: list[R1Error]) -> None:
    """``accuracy,format:0.5`` becomes names and weights."""
    if not values.get(REWARDS):
        return
    origin = origins[REWARDS]
    try:
        names, weights = split_weights(values[REWARDS], values.get(WEIGHTS), origin)
    except R1Error as error:
        errors += error.all()
        return
    values[REWARDS], values[WEIGHTS] = names, weights
    origins.setdefault(WEIGHTS, origin)
