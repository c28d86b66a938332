"""From what the user asked for to one validated config.

Sources, weakest first: r1's defaults, the preset, ``--config`` files left to right, the profile, the
environment, flags. Every mistake in any of them is collected and reported at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from r1cli.commands import COMMANDS, as_typed, named_commands
from r1cli.config.config import DATASET, MIXTURE, OUTPUT_DIR, Config
from r1cli.config.draft import Draft
from r1cli.config.presets import find_preset
from r1cli.config.profiles import find_profile
from r1cli.config.schema import Schema, is_for_another
from r1cli.config.settings import ConfigFile, Setting, from_environment, read_yaml
from r1cli.config.translate import counts_last, from_grpo_environment, is_prefix, translate
from r1cli.errors import R1Error

# What a run's record says, and a config does not; and where it has the config.
_RECORD, _IN_RECORD = {"command", "config", "origins"}, "config."


@dataclass(frozen=True)
class Request:
    """What a user typed, before anything is looked up.

    ``site`` are the files of a site, which everything else wins over. ``base`` are settings below the preset:
    those of the run that ``r1 rerun`` repeats, which was made with ``base_preset``.
    """

    preset: str | None = None
    files: tuple[Path, ...] = ()
    flags: tuple[Setting, ...] = ()
    base: tuple[Setting, ...] = ()
    base_preset: str | None = None
    profile: str | None = None
    site: tuple[Path, ...] = ()


def resolve(schema: Schema, request: Request, default_preset: str | None = None) -> Config:
    """One config out of all sources.

    Raises:
        R1Error: with every mistake found, each with its place.
    """
    drafted = gather(schema, request, default_preset)
    if drafted.errors:
        raise R1Error.together(drafted.errors, drafted.warnings)
    return drafted.config(request.profile)


def gather(schema: Schema, request: Request, default_preset: str | None = None) -> Draft:
    """What all sources come to, mistakes included."""
    drafted = _gathered(schema, request, request.preset)
    if request.preset is None and default_preset and not request.base and not _names_data(drafted):
        return _gathered(schema, request, default_preset)
    return drafted


def _gathered(schema: Schema, request: Request, preset: str | None) -> Draft:
    drafted = Draft(schema)
    drafted.preset = preset or request.base_preset
    for setting in _collect(drafted, request, preset):
        drafted.put(setting)
    drafted.normalise_rewards()
    drafted.read_parameters()
    drafted.read_template()
    return drafted


def _names_data(drafted: Draft) -> bool:
    """Whether some source names a dataset, however wrongly: else the default preset completes the request."""
    return any(drafted.values.get(path) or path in drafted.unread for path in (DATASET, MIXTURE))


def _collect(drafted: Draft, request: Request, preset: str | None) -> Iterator[Setting]:
    """All settings, weakest source first."""
    profiles: dict[str, list[Setting]] = {}
    yield from _of_files(request.site, drafted, profiles, may_be_empty=True)  # as its template is
    yield from request.base
    if preset is not None:
        yield from _of_file(f"preset {preset}", partial(find_preset, preset), drafted, profiles)
    yield from _of_files(request.files, drafted, profiles)
    if request.profile is not None:
        yield from _of_profile(request.profile, profiles, drafted)
    _check_other_profiles(request.profile, profiles, drafted)
    yield from _from_variables(drafted.schema, drafted.warnings.append)
    yield from sorted(request.flags, key=counts_last)


def _of_files(
    paths: Sequence[Path],
    drafted: Draft,
    profiles: dict[str, list[Setting]],
    may_be_empty: bool = False,
) -> Iterator[Setting]:
    for path in paths:
        yield from _of_file(str(path), partial(Path, path), drafted, profiles, may_be_empty)


def _of_file(
    label: str,
    find: Callable[[], Path],
    drafted: Draft,
    profiles: dict[str, list[Setting]],
    may_be_empty: bool = False,
) -> Iterator[Setting]:
    """The settings of a file; its profiles are added to the others."""
    try:
        file = _read_file(find(), label, drafted)
    except R1Error as error:
        drafted.errors += error.all()
        drafted.whole = False
        return
    profiles.update(file.profiles)
    if not file.settings and not file.profiles and not may_be_empty:
        drafted.warnings.append(f"{label}: the file sets nothing")
    yield from file.settings


def _from_variables(schema: Schema, warn: Callable[[str], None]) -> Iterator[Setting]:
    """The environment's settings, but for those of other commands."""
    if schema.has("training.num_generations"):
        # The layout is one of GRPO projects.
        yield from from_grpo_environment(schema.leaves, warn)
    for setting in from_environment():
        if not is_for_another(schema, setting.key):
            yield setting


def _check_other_profiles(chosen: str | None, profiles: dict[str, list[Setting]], drafted: Draft) -> None:
    """Names that no command knows, in the profiles that were not chosen."""
    for name, settings in profiles.items():
        for setting in settings if name != chosen else ():
            try:
                for translated in translate(setting, drafted.schema.has, lambda warning: None):
                    if not is_for_another(drafted.schema, translated.key):
                        drafted.schema.locate(translated.key, translated.origin)
            except R1Error as error:
                drafted.errors += error.all()


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
    file = read_yaml(path, label, lambda key: _is_group(schema, key), _prints_one(schema.command))
    file = _without_record(file)
    for setting in file.settings:
        if setting.key == "command" and setting.value not in _accepted(schema):
            raise R1Error(
                f"{label} is for `r1 {setting.value}`, not for `r1 {as_typed(schema.command)}`",
                where=setting.origin,
                fix=f"use it with `r1 {setting.value}`",
            )
        if setting.key == "about":
            drafted.about = _about(setting)
    kept = [setting for setting in file.settings if setting.key not in ("command", "about")]
    return ConfigFile(sorted(kept, key=counts_last), file.profiles)


def _without_record(file: ConfigFile) -> ConfigFile:
    """Of the run.yaml of a run the config alone, without the directory, which is its own; else the file."""
    said = {setting.key.partition(".")[0] for setting in file.settings}
    if not said >= _RECORD:
        return file
    kept = [
        replace(setting, key=setting.key.removeprefix(_IN_RECORD))
        for setting in file.settings
        if setting.key == "command" or setting.key.startswith(_IN_RECORD)
    ]
    return ConfigFile([setting for setting in kept if setting.key != OUTPUT_DIR], {})


def _prints_one(command: str) -> str:
    """The command that prints a config file for `command`; empty where none does."""
    row, named = COMMANDS.get(command), named_commands()
    name = next((one for one in (command, *(row.accepts if row else ())) if one in named), "")
    preset = " --preset NAME" if row and row.default_preset else ""
    return f"r1 config show {name}{preset}" if name else ""


def _accepted(schema: Schema) -> tuple[str, ...]:
    """The commands whose files this one reads."""
    row = COMMANDS.get(schema.command)
    return (schema.command, *(row.accepts if row else ()))


def _about(setting: Setting) -> dict[str, Any]:
    """What a preset says of itself.

    Raises:
        R1Error: it is not a mapping, or its hardware is not one.
    """
    about = setting.value or {}
    if not isinstance(about, dict) or not isinstance(about.get("hardware") or {}, dict):
        raise R1Error(
            "about: expected what the file says of itself, as a mapping",
            where=setting.origin,
            fix="as {summary: TEXT, source: TEXT, hardware: {gpus: 8, memory_gb: 80}}",
        )
    return about


def _is_group(schema: Schema, key: str) -> bool:
    """Whether a mapping under this name holds keys, and is not itself a value."""
    if f"{key}.".startswith(_IN_RECORD):
        return f"{key}." == _IN_RECORD or _is_group(schema, key.removeprefix(_IN_RECORD))
    return key in schema.groups or is_prefix(key) or (key.startswith("rewards.") and key.count(".") == 1)
