"""A config in the making: settings are put in one after another, and every mistake in them is kept."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from r1cli.config.absolute_paths import absolute_paths
from r1cli.config.config import (
    COLUMNS,
    DATASET,
    MIXTURE,
    OUTPUT_DIR,
    REWARDS,
    VLLM_NODES,
    WEIGHTS,
    Config,
    as_mixture,
)
from r1cli.config.leaf import Leaf
from r1cli.config.rewards import parameter_leaf, split_weights
from r1cli.config.run_name import fresh_run_dir
from r1cli.config.schema import SECRET, Schema, secret_error
from r1cli.config.settings import ENVIRONMENT, FLAGS, Setting, Standing
from r1cli.config.translate import translate
from r1cli.config.values import check_value
from r1cli.errors import R1Error
from r1cli.yaml12 import parse_scalar

# What nodes that serve completions are for.
_SERVED = {"vllm.use_vllm": True, "vllm.vllm_mode": "server"}
_DATASET_ONLY = (COLUMNS, "data.dataset_config", "data.dataset_train_split", "data.dataset_test_split")
_INSTRUCTION = re.compile(r"\{\{\s+instruction\s+\}\}")
# Keys of recipes for an older TRL, and what it had for those that decide the objective.
_OLDER_TRL = ("max_prompt_length", "hub_model_revision", "vllm_device")
_TODAYS = {"training.loss_type": "bnpo", "training.beta": "0.04"}
# As ${HOME} or ${oc.env:HOME}, or $HOME at the start of a path.
_VARIABLE = re.compile(r"\$\{[A-Za-z_][\w.:]*\}|^\$[A-Za-z_]\w*(?=/|$)")
_TEXTS = ("system_prompt", "chat_template", "prompt_template", "stop")
_WARMUP = "training.warmup_steps"
#: What goes with a value when a stronger source gives another.
_BELONGINGS = {
    REWARDS: (WEIGHTS,),
    DATASET: (MIXTURE, *_DATASET_ONLY),
    MIXTURE: (DATASET, *_DATASET_ONLY),
}


@dataclass(frozen=True)
class _Silencer:
    """A key whose value keeps another from having an effect, and its value once that other is asked for."""

    path: str
    silences: Callable[[Any], bool]
    then: Any = None


def _none(value: Any) -> bool:
    return bool(value == "no")


#: What a weaker source's value gives way to: what the user asks for is never silently defeated.
_SILENCERS = {
    "training.num_train_epochs": _Silencer("training.max_steps", lambda steps: bool(steps) and steps > 0),
    "training.save_steps": _Silencer("training.save_strategy", _none, "steps"),
    "training.eval_steps": _Silencer("training.eval_strategy", _none, "steps"),
    "training.logging_steps": _Silencer("training.logging_strategy", lambda how: how != "steps", "steps"),
    "callbacks.preserve_checkpoints_every": _Silencer("training.save_strategy", _none, "steps"),
}


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
    items: dict[str, str] = field(default_factory=dict)
    errors: list[R1Error] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    whole: bool = True
    _older: str = ""
    _names_instruction: bool = False
    _sources: dict[str, str] = field(default_factory=dict)
    _standings: dict[str, Standing] = field(default_factory=dict)
    _parameters: dict[str, Setting] = field(default_factory=dict)
    _wrong: dict[str, list[tuple[str, R1Error]]] = field(default_factory=dict)

    def put(self, setting: Setting) -> None:
        """Sets one value, or keeps the mistake in it."""
        if setting.key.replace("-", "_").rpartition(".")[2] in _OLDER_TRL and setting.source != ENVIRONMENT:
            self._older = self._older or setting.origin
        if setting.key.replace("-", "_") == "prompt_template":
            self._names_instruction = bool(_INSTRUCTION.search(str(setting.value)))
        try:
            for translated in translate(setting, self.schema.has, self.warnings.append):
                self._put(translated)
        except R1Error as error:
            self.errors += error.all()

    def _put(self, setting: Setting) -> None:
        path = self.schema.locate(setting.key, setting.origin)
        leaf, key = self.schema.leaves.get(path), path
        if leaf:
            value = self._read_again(leaf, setting)
            setting = _with_standing(path, value, setting)
        else:
            path, value = self._below(path, setting)
        # Of a mapping, each entry is set by itself.
        if (leaf or path not in self.schema.leaves) and self._gives_way(path, value, setting):
            return
        _refuse_secrets(value, path, setting.origin)
        if value != self.values.get(path):
            self._release(path, setting)
        if value:
            self._end_silence(path, setting)
        self.values[path] = value
        self.origins[path], self._sources[path] = setting.origin, setting.source
        self._standings[path] = setting.standing
        left = {name: at for name, at in self.items.items() if not name.startswith((f"{key}.", f"{key}["))}
        self.items = left | {f"{key}{below}": at for below, at in setting.items.items()}
        if path == VLLM_NODES and value:
            for served in _SERVED.keys() & self.schema.leaves.keys():
                self._put(_implied(setting, served, _SERVED[served]))

    def _read_again(self, leaf: Leaf, setting: Setting) -> Any:
        """The value, which ends what was wrong with that of a weaker source, and with what belongs to it."""
        for path in (leaf.path, *_BELONGINGS.get(leaf.path, ())):
            self._forgive(path, setting.source)
        self.unread.add(leaf.path)
        try:
            value = _read(leaf, setting)
        except R1Error as error:
            self._wrong.setdefault(leaf.path, []).append((setting.source, error))
            raise
        self.unread.discard(leaf.path)
        return value

    def _forgive(self, path: str, source: str) -> None:
        """Ends the mistakes of other sources in a value."""
        mended = [error for given, error in self._wrong.get(path, ()) if given != source]
        if mended:
            self.errors = [error for error in self.errors if error not in mended]
            self._wrong[path] = [(given, error) for given, error in self._wrong[path] if given == source]
            self.unread.discard(path)

    def _gives_way(self, path: str, value: Any, setting: Setting) -> bool:
        """Whether a value gives way to another one of the same source.

        Raises:
            R1Error: both count, and they differ: a file, and a command line, says a thing once.
        """
        before = self.origins.get(path, setting.origin)
        if (
            self._sources.get(path) != setting.source
            or setting.source in ("", ENVIRONMENT)
            or before == setting.origin  # one and the same flag may be repeated
            or value == self.values.get(path)
        ):
            return False
        earlier, later = self._standings[path], setting.standing
        if earlier is later is Standing.SAID:
            raise R1Error(
                f"'{path}' is set twice", where=f"{before} and {setting.origin}", fix="keep one of them"
            )
        return later is Standing.GIVES_WAY or (earlier is Standing.COUNTS and later is Standing.SAID)

    def _below(self, path: str, setting: Setting) -> tuple[str, Any]:
        """The path and value of what is not a leaf: a reward's parameter, or an entry of an object leaf."""
        if path.startswith("rewards."):
            # The rewards themselves may not be known yet: see `read_parameters`.
            self._parameters[path] = setting
            return path, parse_scalar(setting.value)
        leaf = path
        while leaf not in self.schema.leaves:
            leaf = leaf.rpartition(".")[0]
        # A column is a name, and sbatch reads for itself, whatever it looks like.
        entry = setting.value if leaf in (COLUMNS, "slurm.sbatch") else parse_scalar(setting.value)
        value = _set_entry(self.values.get(leaf) or {}, path[len(leaf) + 1 :].split("."), entry)
        if value is None:
            raise R1Error(f"'{path}' is inside a value that is not a mapping", where=setting.origin)
        return leaf, check_value(self.schema.leaves[leaf], value, setting.origin)

    def _release(self, path: str, setting: Setting) -> None:
        """Drops what weaker sources said of the value that goes: weights, a dataset's columns."""
        if path != REWARDS and not {DATASET, MIXTURE} & self.values.keys():
            return  # what is said of a dataset before one is named is said of this one
        for other in _BELONGINGS.get(path, ()):
            if other in self.values and self._sources.get(other) != setting.source:
                del self.values[other]
                origin = self.origins.pop(other)
                if path != REWARDS:
                    self.warnings.append(f"{origin}: {other} is left out, since {setting.origin} sets {path}")

    def _end_silence(self, path: str, setting: Setting) -> None:
        """Has a weaker source's value give way that would keep this one from having an effect."""
        silencer = _SILENCERS.get(path)
        if silencer is None or silencer.path not in self.values:
            return
        other, value = silencer.path, self.values[silencer.path]
        if self._sources.get(other) == setting.source or not silencer.silences(value):
            return
        origin = self.origins.pop(other)
        del self.values[other]
        name = other.rpartition(".")[2]
        self.warnings.append(f"{origin}: {name} {value} gives way to {setting.origin}")
        if silencer.then is not None:
            self._put(_implied(setting, other, silencer.then))

    def normalise_rewards(self) -> None:
        """``accuracy,format:0.5`` becomes names and weights."""
        if not self.values.get(REWARDS) or WEIGHTS in self.unread:
            return
        origin = self.origins[REWARDS]
        same = self._sources.get(WEIGHTS) == self._sources[REWARDS]
        try:
            names, weights = split_weights(
                self.values[REWARDS], self.values.get(WEIGHTS), self.origins.get(WEIGHTS, origin), same
            )
        except R1Error as error:
            self.errors += error.all()
            self.unread.add(REWARDS)
            return
        self.values[REWARDS], self.values[WEIGHTS] = names, weights
        self.origins.setdefault(WEIGHTS, origin)

    def read_parameters(self) -> None:
        """Reads the parameters of rewards again, as the types that their functions declare."""
        rewards = [] if REWARDS in self.unread else self.values.get(REWARDS) or []
        for path, setting in self._parameters.items():
            leaf = parameter_leaf(path, rewards) if path in self.values else None
            if leaf is None:
                continue
            try:
                self.values[path] = _read(leaf, setting)
            except R1Error as error:
                self.errors.append(error)
                self.unread.add(path)

    def read_template(self) -> None:
        """For open-r1's generation, ``{{ instruction }}`` is the column that --prompt-column names."""
        path, columns = "data.prompt_template", self.values.get(COLUMNS) or {}
        if self._names_instruction and "prompt" in columns and isinstance(self.values.get(path), str):
            self.values[path] = self.values[path].replace("{instruction}", "{prompt}")

    def config(self, profile: str | None) -> Config:
        """The config, with r1's defaults for what was not set."""
        values, origins = dict(self.values), dict(self.origins)
        values |= absolute_paths(values)
        open_now = [path for path in _TODAYS if path not in values]
        # SFT has had one objective all along.
        if self._older and open_now and all(map(self.schema.has, _TODAYS)):
            then = " and ".join(f"{path.rpartition('.')[2]} {_TODAYS[path]}" for path in open_now)
            self.warnings.append(
                f"{self._older}: this is of TRL 0.18 or older, where {then} went without saying; today's "
                "defaults are others: set them for the same objective"
            )
        defaults = {leaf.path: leaf.default for leaf in self.schema.leaves.values() if leaf.written}
        defaults[OUTPUT_DIR] = fresh_run_dir(self.schema.command, self.preset, values, origins)
        for path, value in defaults.items():
            if path not in values or (path == OUTPUT_DIR and values[path] is None):
                values[path], origins[path] = value, "default"
        return Config(
            self.schema.command, self.schema, self.preset, values, origins, self.about, profile,
            tuple(self.warnings), self.items,
        )  # fmt: skip


def _implied(setting: Setting, path: str, value: Any) -> Setting:
    """What goes without saying once a setting is made."""
    return replace(setting, key=path, value=value, text="", standing=Standing.GIVES_WAY)


def _with_standing(path: str, value: Any, setting: Setting) -> Setting:
    # As for transformers: 0 steps leave it to the share of them.
    return replace(setting, standing=Standing.GIVES_WAY) if path == _WARMUP and not value else setting


def _read(leaf: Leaf, setting: Setting) -> Any:
    """The setting's value, as the leaf has it.

    Raises:
        R1Error: it is not of any of the leaf's types.
    """
    _refuse_variable(leaf, setting)
    if leaf.path == DATASET and isinstance(setting.value, list):
        what = f"{leaf.path}: expected one name, found a list"
        raise R1Error(what, where=setting.origin, fix=as_mixture(setting.value))
    flag = setting.source == FLAGS and setting.value is True
    if flag and "boolean" not in leaf.types:
        raise R1Error(f"'{setting.key}' has no value", where=setting.origin, fix=f"expected {leaf.expected}")
    looks_like_number = isinstance(setting.value, int | float) and not isinstance(setting.value, bool)
    is_name = "string" in leaf.types and not {"integer", "number"} & set(leaf.types)
    # A name may be 12e4567, and stays as it was written.
    said = setting.text if is_name and looks_like_number and setting.text else setting.value
    value: Any = check_value(leaf, said, setting.origin)
    if isinstance(value, str) and isinstance(leaf.default, list):
        value = [value] if value.strip() else []  # one name alone needs no brackets
    if leaf.path == COLUMNS and not all(isinstance(name, str) for name in value.values()):
        raise R1Error(
            f"{leaf.path}: expected names of columns, found {value}",
            where=setting.origin,
            fix="as {prompt: question, solution: answer}",
        )
    return value


def _refuse_variable(leaf: Leaf, setting: Setting) -> None:
    """Shells expand variables, files do not; a text for the model or a shell has its own dollar signs."""
    is_own = leaf.name in _TEXTS or leaf.path.startswith("slurm.")
    found = isinstance(setting.value, str) and not is_own and _VARIABLE.search(setting.value)
    if found:
        raise R1Error(
            f"{leaf.path}: variables such as {found[0]} are not expanded here",
            where=setting.origin,
            fix=f'write the value itself, or give --{leaf.name} "$NAME", which a shell expands',
        )


def _set_entry(tree: Any, keys: list[str], value: Any) -> dict[str, Any] | None:
    """A mapping with one entry set, however deep; None where something on the way is not a mapping."""
    if not isinstance(tree, dict):
        return None
    name, *rest = keys
    if not rest:
        return {**tree, name: value}
    branch = _set_entry({} if tree.get(name) is None else tree[name], rest, value)
    return None if branch is None else {**tree, name: branch}


def _refuse_secrets(value: Any, path: str, origin: str) -> None:
    """Looks for secrets in mappings and lists, however deep."""
    if isinstance(value, dict):
        for key, item in value.items():
            if SECRET.search(str(key)):
                raise secret_error(f"{path}.{key}", origin)
            _refuse_secrets(item, f"{path}.{key}", origin)
    elif isinstance(value, list):
        for item in value:
            _refuse_secrets(item, path, origin)
