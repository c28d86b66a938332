"""A share of an evaluation: what one task of a job array samples, and where the shares are merged."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from r1cli.runs.job import SHARE

#: The folder of a run's benchmarks, each in a folder with its name, where its samples are.
FOLDER = "benchmarks"

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Share:
    """The part of an evaluation that this process samples.

    Args:
        run_dir: its own run directory.
        whole: the run directory of the whole evaluation.
        index: of the share, from 0.
        count: number of shares.
    """

    run_dir: Path
    whole: Path
    index: int = 0
    count: int = 1

    @classmethod
    def mine(cls, run_dir: Path, environment: Mapping[str, str] = os.environ) -> "Share":
        """The share that the job's environment sets."""
        value = environment.get(SHARE)
        if not value:
            return cls(run_dir, run_dir)
        index, _, count = value.partition("/")
        return cls(run_dir, run_dir.parent.parent, int(index), int(count))

    @property
    def is_whole(self) -> bool:
        # A single task of an array (--array 3, to repeat one that failed) is still a share.
        return self.run_dir == self.whole

    def of(self, items: list[_Item]) -> list[_Item]:
        """Every ``count``-th item, from ``index``."""
        return items[self.index :: self.count]

    def store(self, benchmark: str) -> Path:
        """The folder of a benchmark's samples, which all shares fill."""
        return self.whole / FOLDER / benchmark
