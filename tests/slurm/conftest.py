"""The cluster that the tests in this folder submit to."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import require
from tests.slurm.cluster import Cluster, missing


@pytest.fixture(scope="session")
def cluster(session_folder: Path) -> Iterator[Cluster]:
    """A cluster of 16 nodes of 8 pretended GPUs: the one that runs already, or one for this session alone.

    The first worker of the session that needs it starts it, and the last that used it stops it.
    """
    lacking = missing()
    require("slurm", not lacking, lacking)
    cluster, started = Cluster(), session_folder / "cluster"
    lock = FileLock(session_folder / "cluster.lock")
    with lock:
        if cluster.start():
            started.touch()
        use = begin_use(started) if started.exists() else None
    yield cluster
    with lock:
        if use and is_last(use):
            started.unlink()
            cluster.stop()


def begin_use(path: Path) -> int:
    """Shares the lock of a file. The system takes it back from a process that dies."""
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def is_last(use: int) -> bool:
    """Ends a use; whether no other process has one."""
    try:
        fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(use)
    return True
