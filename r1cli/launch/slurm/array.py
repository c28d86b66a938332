"""A job array that splits one run: each of its tasks has its own run directory below the run's."""

import dataclasses
import re

from r1cli.runs.job import SHARE, SHARES, Job

_PART = re.compile(r"(\d+)(?:-(\d+)(?::(\d+))?)?")


def array_tasks(array: str) -> list[int]:
    """The numbers of an array's tasks: 0, 2 and 4 of ``0-5:2%8``.

    Raises:
        ValueError: that is not an array as sbatch has it.
    """
    tasks: set[int] = set()
    for part in array.partition("%")[0].split(","):
        found = _PART.fullmatch(part)
        if not found:
            raise ValueError(f"'{part}' is not a part of an array")
        first, last, step = (int(number) if number else None for number in found.groups())
        assert first is not None
        tasks |= set(range(first, (first if last is None else last) + 1, step or 1))
    return sorted(tasks)


def shares(job: Job) -> list[Job]:
    """The job of each task of an array: the whole job, in its own run directory, with its share.

    None of a job without an array, or whose tasks do not share its work.
    """
    if job.slurm is None or job.slurm.array is None or not job.slurm.shared:
        return []
    tasks = array_tasks(job.slurm.array)
    return [_share(job, task, f"{place}/{len(tasks)}") for place, task in enumerate(tasks)]


def _share(job: Job, task: int, share: str) -> Job:
    run_dir = f"{job.run_dir}/{SHARES}/{task}"
    roles = tuple(
        dataclasses.replace(
            role,
            argv=tuple(run_dir if word == job.run_dir else word for word in role.argv),
            env={**role.env, SHARE: share},
        )
        for role in job.roles
    )
    # A share is part of an array that is submitted as a whole.
    return dataclasses.replace(job, run_dir=run_dir, roles=roles, slurm=None)
