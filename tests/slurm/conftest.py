"""The cluster that the tests in this folder submit to."""

from collections.abc import Iterator

import pytest

from tests.conftest import require
from tests.slurm.cluster import Cluster, missing


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of 16 nodes of 8 pretended GPUs: the one that runs already, or one for these tests alone."""
    lacking = missing()
    require("slurm", not lacking, lacking)
    cluster = Cluster()
    started = cluster.start()
    yield cluster
    if started:
        cluster.stop()
