"""Site profiles: a YAML file with what is particular to a cluster, for a project or for a user."""

import os
from pathlib import Path

#: Where a project keeps it, from its own folder.
PROJECT = Path(".r1", "slurm.yaml")


def user_file() -> Path:
    """The user's own site profile."""
    config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(config).expanduser() / "r1" / "slurm.yaml"


def site_files() -> tuple[Path, ...]:
    """The site profiles that there are, the weaker first: the user's, then that of the folder r1 runs in."""
    return tuple(path for path in (user_file(), PROJECT) if path.is_file())
