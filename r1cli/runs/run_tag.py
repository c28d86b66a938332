"""The tag by which a run's sandboxes are known at a code provider."""

import hashlib
import re
from pathlib import Path

_LONGEST = 40


def run_tag(run_dir: Path) -> str:
    """The tag of a run: its folder's name, and a digest of where it lies."""
    path = run_dir.resolve()
    name = re.sub(r"[^A-Za-z0-9._-]", "-", path.name)[:_LONGEST]
    return f"{name}-{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
