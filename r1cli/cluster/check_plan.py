"""The plan of ``r1 slurm check``: one light process on each node, which looks around and meets the others."""

from functools import cache
from pathlib import Path

from r1cli.config.config import OUTPUT_DIR, Config
from r1cli.config.groups.launch import Launch
from r1cli.config.groups.output import Output
from r1cli.config.groups.slurm import Slurm
from r1cli.config.record import record_of
from r1cli.config.schema import Schema
from r1cli.config.section import Section, key
from r1cli.launch.place import Place
from r1cli.runs.job import NODE_RANK, Job, Role, address_of, port_of

_NAME, _PORT_NAME = "check", "ranks"


class ShortJob(Slurm):
    """A job that starts soon, because it asks for little time."""

    time: str | int | None = key("the time limit: minutes, or as 1-12:00:00", default=10)


class Check(Section):
    """What else is looked at."""

    group = "check"

    code: bool = key("whether each node can run programs in sandboxes, as code rewards do", default=False)


@cache
def check_schema() -> Schema:
    """What the self-test is configured by: what it asks of the cluster, and where it is written."""
    # A site profile says whether there is internet: that is nothing to this job, and no mistake.
    return Schema(_NAME, ShortJob, Launch, Check, Output)


def plan_check(config: Config, place: Place) -> Job:
    """The job of the self-test. It asks for GPUs, and starts where there are none, to say so."""
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    argv = (place.python, "-m", "r1cli.cluster.check_worker", str(run_dir))
    # What torchrun would set: with one rank on each node, nobody need start it.
    meeting = {
        "RANK": NODE_RANK,
        "WORLD_SIZE": str(place.nodes),
        "MASTER_ADDR": address_of(_NAME),
        "MASTER_PORT": port_of(_NAME, _PORT_NAME),
        "OMP_NUM_THREADS": "1",
    }
    role = Role(_NAME, argv, meeting, nodes=place.nodes, ports=(_PORT_NAME,))
    return Job(config.command, str(run_dir), (role,), record_of(config), requires=())


def rank_file(rank: int) -> Path:
    """Where a rank leaves what it found, from the run directory."""
    return Path("check", f"rank-{rank}.json")
