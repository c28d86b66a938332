"""``run.yaml``: a resolved config as a run records it."""

import platform
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from r1cli import __version__
from r1cli.config.config import Config
from r1cli.config.settings import Loader
from r1cli.system import installed_versions
from r1cli.verdicts import VERSION

#: The packages that what a run does depends on.
PACKAGES = (
    "r1cli", "verdicts", "torch", "transformers", "trl", "accelerate", "datasets", "math-verify",
    "reasoning-gym",
)  # fmt: skip


def render_run(config: Config, **sections: Any) -> str:
    """The text of run.yaml: command, preset, config, the origin of each value, versions, command line.

    Args:
        config: of the run.
        sections: what the plan derives from the config for its worker, each under its name.
    """
    record = {
        "command": config.command,
        "preset": config.preset,
        "config": config.nested(),
        "origins": dict(sorted(config.origins.items())),
        **sections,
        **provenance(),
    }
    return to_yaml(record)


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as a block, and shared objects out in full."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
# A text that either reading of YAML, 1.1's or ours, takes for a number is put in quotes.
for _first, _pairs in Loader.yaml_implicit_resolvers.items():
    for _tag, _pattern in _pairs:
        _Dumper.add_implicit_resolver(_tag, _pattern, [_first])


def to_yaml(tree: Any) -> str:
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def package_versions(names: Iterable[str] = PACKAGES) -> dict[str, str]:
    """The versions of those packages that are installed; "verdicts" are r1's own, in mathematics."""
    names = list(names)
    # A checkout's metadata may be of an earlier version of it.
    found = {**installed_versions(names), "r1cli": __version__, "verdicts": str(VERSION)}
    return {name: found[name] for name in names if name in found}


def provenance() -> dict[str, Any]:
    """What a record says beside the config: versions, git commit, command line."""
    try:
        git = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
        commit = git.stdout.strip() or None
    except OSError:
        commit = None
    return {
        "versions": {**package_versions(), "python": platform.python_version()},
        "git_commit": commit,
        "command_line": [Path(sys.argv[0]).name, *sys.argv[1:]],
    }
