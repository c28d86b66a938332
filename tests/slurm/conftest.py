"""The cluster that the tests in this folder submit to."""

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
    cluster, users = Cluster(), session_folder / "cluster"
    lock = FileLock(session_folder / "cluster.lock")
    with lock:
        if cluster.start():
            users.touch()
        if users.exists():
            users.write_text(f"{users.read_text()}x")
    yield cluster
    with lock:
        if users.exists():
            users.write_text(users.read_text()[1:])
            if not users.read_text():
                users.unlink()
                cluster.stop()
