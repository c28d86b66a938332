"""Digests of files, so that what was made from them can say so."""

import hashlib
import os
from pathlib import Path

from r1cli.environment import home
from r1cli.files import write_text

_SMALL = 1 << 20


def digest(path: Path) -> str:
    """The SHA-256 of a file; of a large one it is remembered until its size or time of change differs."""
    status = path.stat()
    if status.st_size < _SMALL:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    seen = f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
    remembered = home() / "digests" / hashlib.sha256(os.fsencode(seen)).hexdigest()
    if remembered.exists():
        return remembered.read_text(encoding="utf-8")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    write_text(remembered, found)
    return found
