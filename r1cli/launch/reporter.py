"""What a supervisor says of its run: in status.json, and in the output of a Slurm job."""

import sys
from pathlib import Path

from r1cli.files import DISK_FULL
from r1cli.launch.slurm.node import Node
from r1cli.runs.run_dir import write_status


class Reporter:
    """The words of one node. ``records``: it writes the run's state, which node 0 does."""

    def __init__(self, run_dir: Path, node: Node) -> None:
        self.records = node.rank == 0
        self._run_dir = run_dir
        self._node = node

    def record(self, state: str, reason: str = "") -> None:
        if not self.records:
            return
        try:
            write_status(self._run_dir, state, reason, self._node.job_id)
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            self.say(f"the state '{state}' is not recorded, because the disk is full")

    def say(self, text: str) -> None:
        """Writes to the output of a Slurm job; elsewhere the launcher talks."""
        if self._node.job_id:
            sys.stderr.write(f"node {self._node.rank}: {text}\n")
            sys.stderr.flush()
