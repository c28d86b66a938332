"""``run.yaml``: a resolved config as a run records it."""

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from r1cli import __version__
from r1cli.config.config import Config
from r1cli.config.sources import Loader


def render_run(config: Config) -> str:
    """The text of run.yaml: command, preset, config, the origin of each value, versions, command line."""
    record = {
        "command": config.command,
        "preset": config.preset,
        "config": config.nested(),
        "origins": dict(sorted(config.origins.items())),
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


def provenance() -> dict[str, Any]:
    """What a record says beside the config: versions, git commit, command line."""
    versions = {"r1cli": __version__, "python": platform.python_version()}
    for name in ("torch", "transformers", "trl", "accelerate", "datasets", "math-verify"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    try:
        git = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
        commit = git.stdout.strip() or None
    except OSError:
        commit = None
    return {
        "versions": versions,
        "git_commit": commit,
        "command_line": [Path(sys.argv[0]).name, *sys.argv[1:]],
    }
