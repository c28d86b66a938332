"""The key of a run: what its services ask of requests."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from r1cli.runs.job import Job

#: Where it is, of a run that serves others; the file is its user's alone.
KEY_FILE = Path("launch", "key")


def run_key(job: Job) -> str:
    """A new key, or the one that others already have: of a job that hands its key out, it is in a file."""
    if not job.hands_out_key:
        return secrets.token_urlsafe(32)
    path, key = Path(job.run_dir) / KEY_FILE, secrets.token_urlsafe(32)
    with suppress(FileNotFoundError):
        key = path.read_text(encoding="ascii").strip() or key
    path.parent.mkdir(exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(f"{key}\n")
    return key
