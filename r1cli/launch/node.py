"""The program that runs on each node of a job: ``python -m r1cli.launch.node RUN_DIR/job.json``.

It starts this node's roles, passes signals on, and leaves no process behind. Under Slurm there is one on each
node: they meet, go from one point to the next together, and end together; node 0 writes the run's state. It
imports nothing heavy, so that it is up, and can be stopped, at once.
"""

import os
import re
import sys
from pathlib import Path

from r1cli import environment
from r1cli.errors import R1Error
from r1cli.launch.slurm.node import this_node
from r1cli.launch.supervisor import Supervisor
from r1cli.runs.job import Job

# What r1 before 0.3 wrote in place of a node's rank, address or port.
_OLD_VARIABLE = re.compile(r"\$R1_(?:NODE_RANK|[A-Z_]+_(?:ADDRESS|PORT))\b")


def _read_job(path: Path) -> Job:
    try:
        job = Job.from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise R1Error(
            f"this node does not see the run directory: {error.strerror}",
            where=str(path),
            fix="put it on a file system that all nodes share: --output-dir",
            exit_code=1,
        ) from None
    if any(_OLD_VARIABLE.search(text) for role in job.roles for text in (*role.argv, *role.env.values())):
        raise R1Error(
            "the job was planned by an older r1, whose variables this one does not fill in",
            where=str(path),
            fix="start the run again with the same command",
            exit_code=1,
        )
    return job


def main() -> int:
    job_file = Path(sys.argv[1])
    try:
        node = this_node()
        # An outer run's would reach the roles, and what a role or a reward runs itself is for this machine.
        for name in environment.set_by_r1():
            del os.environ[name]
        return Supervisor(_read_job(job_file), node).run()
    except R1Error as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
