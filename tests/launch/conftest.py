"""What the tests of supervisors share."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from r1cli.runs.job import Job
from r1cli.runs.run_dir import write_job

#: Starts a supervisor on each node of a job; arguments replace variables of one of them, or the program.
Start = Callable[..., list[subprocess.Popen[str]]]


@pytest.fixture
def start() -> Iterator[Start]:
    """As srun would start them."""
    started: list[subprocess.Popen[str]] = []
    number = str(random.randrange(10**6))

    def run(
        job: Job, program: tuple[str, str] = ("-m", "r1cli.launch.node"), **others: dict[str, str]
    ) -> list[subprocess.Popen[str]]:
        write_job(job)
        for rank in range(job.nodes):
            variables = {
                "R1_SLURM_NODE": "1", "SLURM_JOB_ID": number,
                "SLURM_PROCID": str(rank), "SLURM_NODEID": str(rank),
                "SLURM_NNODES": str(job.nodes), "SLURM_NTASKS": str(job.nodes), "SLURMD_NODENAME": f"n{rank}",
                "SLURM_JOB_NODELIST": "no-such-host[0-9]", "SLURM_LAUNCH_NODE_IPADDR": "127.0.0.1",
                **others.get(f"node{rank}", {}),
            }  # fmt: skip
            command = [sys.executable, *program, f"{job.run_dir}/job.json"]
            started.append(
                subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True)
            )
        return started

    yield run
    for process in started:
        process.kill()
        process.communicate()
