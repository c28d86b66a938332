"""What TRL's config classes and the learning rate's schedules take: their arguments are checked against it.

``trl/MINOR.json`` says it for each minor version of TRL that r1 supports; ``scripts/trl_fields.py`` writes
it. TRL itself is never imported, for that takes many seconds.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error
from r1cli.system import installed_versions

#: Class -> field -> ``{"types", "default", "help", "choices"?}``; types are JSON types.
Classes = dict[str, dict[str, dict[str, Any]]]

_TABLES = Path(__file__).with_name("trl")


def engine_classes() -> Classes:
    """The fields of SFTConfig, GRPOConfig and ModelConfig, in the installed TRL if r1 supports it."""
    classes: Classes = _table()["classes"]
    return classes


def schedules() -> dict[str, dict[str, dict[str, Any]]]:
    """The arguments of each learning rate schedule: ``{"types", "default"?}``, without one if needed."""
    known: dict[str, dict[str, dict[str, Any]]] = _table()["schedules"]
    return known


def engine_note() -> str:
    """A sentence for the user when options are checked against other versions than the installed."""
    installed = _installed()
    if "trl" not in installed:
        return f"TRL is not installed, so options are checked against TRL {_minor()}, which r1 knows."
    if "transformers" not in installed:
        return (
            f"transformers is not installed, so options are checked against TRL {_minor()}, which r1 knows."
        )
    known = _table()["transformers"]
    if _short(installed["transformers"]) in known:
        return ""
    return (
        f"r1 does not know transformers {installed['transformers']}, so options are checked against "
        f"transformers {known[-1]}."
    )


def unsupported_trl() -> R1Error | None:
    """The refusal of a TRL whose options r1 does not know; None when r1 supports it, or there is none."""
    version = _installed().get("trl")
    if version is None or _short(version) in _supported():
        return None
    oldest, newest = _supported()[0], _supported()[-1]
    major, minor = newest.split(".")
    below = f"{major}.{int(minor) + 1}"
    known = f"TRL {newest}" if oldest == newest else f"TRL {oldest} to {newest}"
    return R1Error(
        f"TRL {version} is installed, and this r1 supports {known}",
        fix=f"pip install 'trl>={oldest},<{below}'",
    )


def _table() -> dict[str, Any]:
    return _read(_minor())


@cache
def _read(minor: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((_TABLES / f"{minor}.json").read_bytes())
    return table


def _minor() -> str:
    """The minor version whose table counts: the installed, or else the newest that r1 supports."""
    installed = _short(_installed().get("trl", ""))
    return installed if installed in _supported() else _supported()[-1]


@cache
def _supported() -> list[str]:
    """The minor versions of TRL that r1 has a table of, the oldest first."""
    return sorted(
        (path.stem for path in _TABLES.glob("*.json")), key=lambda name: [*map(int, name.split("."))]
    )


@cache
def _installed() -> dict[str, str]:
    return installed_versions(("trl", "transformers"))


def _short(version: str) -> str:
    """1.16 of 1.16.0.dev0."""
    return ".".join(version.split(".")[:2])
