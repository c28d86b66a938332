"""The key of a run: what its services ask of requests."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from r1cli.runs.job import KEY, Job

#: Where it is, of a run that serves others; the file is its user's alone.
KEY_FILE = Path("launch", "key")


def run_key(job: Job) -> str:
    """A new key, or the one that others already have: of a job that hands its key out, it is in a file.

    Empty if no role uses it.
    """
    if not any(KEY in value for role in job.roles for value in role.env.values()):
        return ""
    key = secrets.token_urlsafe(32)
    if not job.hands_out_key:
        return key
    path = Path(job.run_dir) / KEY_FILE
    with suppress(FileNotFoundError):
        key = path.read_text(encoding="ascii").strip() or key
    path.parent.mkdir(exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key}\n")
    return key
