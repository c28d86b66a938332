"""From what the user asked for to one validated config.

Sources, weakest first: r1's defaults, the preset, ``--config`` files left to right, the profile, the
environment, flags. Every mistake in any of them is collected and reported at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from r1cli.config.aliases import from_grpo_environment, is_prefix, translate
from r1cli.config.presets import accelerate_presets, find_preset
from r1cli.config.profiles import find_profile
from r1cli.config.rewards import split_weights
from r1cli.config.schema import SECRET, Schema, is_for_another, secret_error
from r1cli.config.sources import ConfigFile, Setting, from_environment, parse_scalar, read_yaml
from r1cli.config.values import check_value
from r1cli.errors import R1Error

REWARDS, WEIGHTS = "rewards.reward_funcs", "rewards.reward_weights"
OUTPUT_DIR = "training.output_dir"
MODEL, DATASET, MIXTURE = "model.model_name_or_path", "data.dataset_name", "data.dataset_mixture"
ACCELERATE = "launch.accelerate"
TEMPLATE, COLUMNS = "data.chat_template", "data.columns"
#: The values that may name something on this machine.
LOCAL_PATHS = {MODEL, DATASET, TEMPLATE, ACCELERATE}


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
    profile: str | None = None


@dataclass(frozen=True)
class Config:
    """A command's resolved config: what was set, and r1's own defaults.

    Leaves that belong to TRL and were not set are absent, and TRL's defaults hold for them. ``about`` is what
    the preset says of itself: summary, source, the hardware that it is made for. ``warnings`` say what was
    left out or changed of what was asked.
    """

    command: str
    schema: Schema = field(repr=False, compare=False)
    preset: str | None
    values: dict[str, Any]
    origins: dict[str, str]
    about: dict[str, Any] = field(default_factory=dict)
    profile: str | None = None
    warnings: tuple[str, ...] = ()

    def get(self, path: str) -> Any:
        """The value of a leaf, or its default; None when this command has no such leaf."""
        leaf = self.schema.leaves.get(path)
        return self.values.get(path, leaf.default if leaf else None)

    def ordered(self) -> list[str]:
        """The paths of the values, in the order of the schema."""
        order = {path: position for position, path in enumerate(self.schema.leaves)}
        return sorted(self.values, key=lambda path: (order.get(path, len(order)), path))

    def nested(self) -> dict[str, Any]:
        """The values as a tree, in the order of the schema: what a YAML file would say."""
        tree: dict[str, Any] = {}
        for path in self.ordered():
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


def resolve(schema: Schema, request: Request, default_preset: str | None = None) -> Config:
    """One config out of all sources.

    Raises:
        R1Error: with every mistake found, each with its place.
    """
    drafted = draft(schema, request, default_preset)
    if drafted.errors:
        raise R1Error.together(drafted.errors)
    return drafted.config(request.profile)


def draft(schema: Schema, request: Request, default_preset: str | None = None) -> Draft:
    """What all sources come to, mistakes included."""
    drafted = Draft(schema)
    preset = request.preset
    if preset is None and default_preset and not _chooses_for_itself(schema, request):
        preset = default_preset
    drafted.preset = preset or request.base_preset
    for setting in _collect(drafted, request, preset):
        drafted.put(setting)
    drafted.normalise_rewards()
    return drafted


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


def _chooses_for_itself(schema: Schema, request: Request) -> bool:
    """Whether the user named a model, a dataset or a file, so that no default preset applies."""
    if request.files or request.base:
        return True
    for flag in request.flags:
        try:
            for setting in translate(flag, lambda warning: None):
                if schema.locate(setting.key) in (MODEL, DATASET, MIXTURE):
                    return True
        except R1Error:
            continue  # reported when the sources are merged
    return False


def _collect(drafted: Draft, request: Request, preset: str | None) -> Iterator[Setting]:
    """All settings, weakest source first."""
    yield from request.base
    profiles: dict[str, list[Setting]] = {}
    labels = [f"preset {preset}"] if preset else []
    for label in (*labels, *request.files):
        try:
            path = label if isinstance(label, Path) else find_preset(preset or "")
            file = _read_file(path, str(label), drafted)
        except R1Error as error:
            drafted.errors += error.all()
            drafted.whole = False
            continue
        profiles.update(file.profiles)
        yield from file.settings
    if request.profile:
        yield from _of_profile(request.profile, profiles, drafted)
    if drafted.schema.command == "grpo":
        yield from from_grpo_environment(drafted.schema.leaves, drafted.warnings.append)
    for setting in from_environment():
        if not is_for_another(drafted.schema, setting.key):
            yield setting
    yield from request.flags


def _of_profile(name: str, profiles: dict[str, list[Setting]], drafted: Draft) -> Iterator[Setting]:
    try:
        found, built_in = find_profile(name, profiles)
    except R1Error as error:
        drafted.errors += error.all()
        drafted.whole = False
        return
    for setting in found:
        # r1's own profiles fit every command; a file's is written for one.
        if not (built_in and is_for_another(drafted.schema, setting.key)):
            yield setting


def _read_file(path: Path, label: str, drafted: Draft) -> ConfigFile:
    """A file, but for what it says of itself: ``command:``, which it is for, and ``about:``."""
    schema = drafted.schema
    file = read_yaml(path, label, lambda key: _is_group(schema, key))
    for setting in file.settings:
        if setting.key == "command" and setting.value != schema.command:
            raise R1Error(
                f"{label} is for `r1 {setting.value}`, not for `r1 {schema.command}`",
                where=setting.origin,
                mend=f"use it with `r1 {setting.value}`",
            )
        if setting.key == "about" and isinstance(setting.value, dict):
            drafted.about = setting.value
    kept = [setting for setting in file.settings if setting.key not in ("command", "about")]
    return ConfigFile(sorted(kept, key=_is_switched_off), file.profiles)


def _is_group(schema: Schema, key: str) -> bool:
    """Whether a mapping under this name holds keys, and is no value of its own."""
    return key in schema.groups or is_prefix(key) or (key.startswith("rewards.") and key.count(".") == 1)


def _is_switched_off(setting: Setting) -> bool:
    """``enabled: false`` counts after the settings of what it switches off, wherever it stands."""
    return setting.key.endswith(".enabled") and setting.value is False


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
