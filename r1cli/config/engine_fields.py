"""What TRL's config classes take: against this every TRL and transformers argument is checked.

``engine_fields.json`` says it for the versions that r1 is made with; ``python -m r1cli.config.engine_fields``
rewrites it after an upgrade, and a test fails until that is done. Other versions are read from their
sources. TRL itself is never imported, for that takes many seconds.
"""

import json
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from r1cli import __version__, environment
from r1cli.files import write_text
from r1cli.system import installed_versions

#: Class -> field -> ``{"types", "default", "choices"?}``; types are JSON types.
Classes = dict[str, dict[str, dict[str, Any]]]

ENGINE_FIELDS = Path(__file__).with_name("engine_fields.json")

_PACKAGES = {"trl": "TRL", "transformers": "transformers"}
# What reading sources of an unknown version may raise; RecursionError: a class that is its own base.
_UNREADABLE = (LookupError, OSError, RecursionError, SyntaxError, ValueError)


def engine_classes() -> Classes:
    """The fields of SFTConfig, GRPOConfig, ModelConfig and ScriptArguments."""
    return _engine()[0]


def engine_note() -> str:
    """A sentence for the user when options are checked against another TRL than the installed; else empty."""
    return _engine()[1]


@cache
def engine_help() -> dict[str, dict[str, str]]:
    """Class -> field -> help text, as the installed sources have it; empty when there are none to read."""
    try:
        classes = _read_sources()
    except _UNREADABLE:
        return {}
    return {
        name: {field: entry["help"] for field, entry in fields.items()} for name, fields in classes.items()
    }


@cache
def _engine() -> tuple[Classes, str]:
    shipped = json.loads(ENGINE_FIELDS.read_bytes())
    installed = installed_versions(_PACKAGES)
    if installed == shipped["versions"]:
        return shipped["classes"], ""
    instead = f"so options are checked against TRL {shipped['versions']['trl']}, which r1 knows"
    for package, name in _PACKAGES.items():
        if package not in installed:
            return shipped["classes"], f"{name} is not installed, {instead}."
    try:
        return _installed_classes(installed), ""
    except _UNREADABLE:
        found = " and ".join(f"{name} {installed[package]}" for package, name in _PACKAGES.items())
        return shipped["classes"], f"The sources of {found} could not be read, {instead}."


def _installed_classes(versions: dict[str, str]) -> Classes:
    """What the sources say, kept in r1's home for the next command."""
    # A development version changes under one name.
    if any(".dev" in each for each in versions.values()):
        return _without_help(_read_sources())
    name = "-".join(f"{package}-{versions[package]}" for package in _PACKAGES)
    path = environment.home() / "engine_fields" / f"{name}.json"
    # Another r1 may read the same sources differently.
    made_of = {"r1": __version__, **versions}
    with suppress(OSError, ValueError, LookupError, TypeError):
        kept = json.loads(path.read_bytes())
        if kept["versions"] == made_of:
            classes: Classes = kept["classes"]
            return classes
    classes = _without_help(_read_sources())
    with suppress(OSError):
        _write(path, {"versions": made_of, "classes": classes})
    return classes


def _read_sources() -> Classes:
    # The reader parses, which the usual start of r1 should not pay for.
    from r1cli.config.engine_sources import read_engine

    return read_engine()


def _without_help(classes: Classes) -> Classes:
    return {
        name: {
            field: {key: value for key, value in entry.items() if key != "help"}
            for field, entry in fields.items()
        }
        for name, fields in classes.items()
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    write_text(path, json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    _classes = _without_help(_read_sources())
    _write(ENGINE_FIELDS, {"versions": installed_versions(_PACKAGES), "classes": _classes})
    sys.stderr.write(f"wrote {ENGINE_FIELDS}\n")
