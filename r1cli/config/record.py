"""``run.yaml``: a resolved config as a run records it."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1cli.config.config import Config
from r1cli.config.section import AnySection
from r1cli.system import installed_versions
from r1cli.verdicts import VERSION
from r1cli.version import __version__

#: The packages that what a run does depends on.
PACKAGES = (
    "r1cli", "verdicts", "torch", "transformers", "trl", "accelerate", "datasets", "math-verify",
    "reasoning-gym",
)  # fmt: skip


def record_of(config: Config, **sections: Any) -> dict[str, Any]:
    """What run.yaml says of a config: command, preset, config, the origin of each value.

    Args:
        config: of the run.
        sections: what the plan derives from the config for its worker, each under its name.
    """
    return {
        "command": config.command,
        "preset": config.preset,
        "config": config.nested(),
        "origins": dict(sorted(config.origins.items())),
        **sections,
    }


@dataclass(frozen=True)
class RecordedConfig:
    """The config of a run as workers read it: run.yaml's ``config``, which says what was set."""

    groups: Mapping[str, Mapping[str, Any]]

    def section(self, kind: type[AnySection]) -> AnySection:
        """The keys of r1's own in a group, with their defaults for what is not recorded."""
        return kind.read(self.groups.get(kind.group, {}))

    def arguments(self, group: str) -> dict[str, Any]:
        """A group as it is recorded, whose keys are arguments of TRL's config classes."""
        return dict(self.groups.get(group, {}))


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
        "versions": {**package_versions(), "python": ".".join(map(str, sys.version_info[:3]))},
        "git_commit": commit,
        "command_line": [Path(sys.argv[0]).name, *sys.argv[1:]],
    }
