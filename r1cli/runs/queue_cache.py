"""This user's Slurm jobs, asked for at most every 15 seconds, however often runs are listed."""

import hashlib
import json
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from r1cli import environment
from r1cli.errors import R1Error
from r1cli.files import write_text
from r1cli.runs.slurm_queue import SlurmJob, my_jobs, require_slurm

#: Seconds for which an answer of Slurm, or its silence, counts.
EVERY = 15.0
# These distinguish the clusters to which one host submits.
_CLUSTER = ("SLURM_CONF", "SLURM_CLUSTERS")


@dataclass(frozen=True)
class Queue:
    """The jobs, and when Slurm was asked for them, in seconds since the epoch."""

    jobs: tuple[SlurmJob, ...]
    asked: float


def recent_queue() -> Queue:
    """This user's jobs, as Slurm had them in the last 15 seconds.

    Raises:
        R1Error: there is no Slurm here, or it does not answer, or did not in the last 15 seconds.
    """
    require_slurm("squeue")
    path = _path()
    answer = _read(path)
    if not 0 <= time.time() - answer["asked"] < EVERY:
        answer = _ask()
        with suppress(OSError):  # a cache that cannot be written is only slower
            write_text(path, json.dumps(answer))
    if "error" in answer:
        raise R1Error.from_fields(answer["error"])
    return Queue(tuple(SlurmJob(**job) for job in answer["jobs"]), answer["asked"])


def _ask() -> dict[str, Any]:
    asked = time.time()
    try:
        return {"asked": asked, "jobs": [asdict(job) for job in my_jobs()]}
    except R1Error as error:
        return {"asked": asked, "error": error.fields()}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        asked = float(answer["asked"])
        if "error" in answer:
            R1Error.from_fields(answer["error"])
        else:
            [SlurmJob(**job) for job in answer["jobs"]]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # another version's, or damaged
        return {"asked": 0.0}
    return {**answer, "asked": asked}


def _path() -> Path:
    names = (str(os.getuid()), socket.gethostname(), *(os.environ.get(name, "") for name in _CLUSTER))
    key = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
    return environment.home() / "slurm" / f"queue-{key}.json"
