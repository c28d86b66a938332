"""Where a request is to run: this machine, or a Slurm cluster. Each knows how to find the place of a job."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from r1cli.commands import Command
from r1cli.config.config import GPUS, Config
from r1cli.config.groups.launch import Launch
from r1cli.config.site import site_files
from r1cli.launch.place import Place, local_place
from r1cli.prepare.slurm_part import slurm_request
from r1cli.prepare.slurm_place import place_warnings, slurm_place
from r1cli.runs.job import Job


def _this_machine(config: Config) -> Place:
    """The place of a run on this machine.

    Raises:
        R1Error: the GPUs asked for are not GPUs.
    """
    launch = config.find(Launch)
    return local_place(launch.gpus if launch else None, config.origins.get(GPUS, ""))


def _as_the_preset_names(config: Config) -> Place:
    """This machine; where it has no GPU, the nodes and GPUs that the preset is made for."""
    place, launch = _this_machine(config), config.find(Launch)
    hardware = config.about.get("hardware") or {}
    gpus, nodes = hardware.get("gpus"), hardware.get("nodes", 1)
    if place.gpus or not gpus or launch is None or launch.gpus is not None:
        return place
    if not isinstance(gpus, int) or not isinstance(nodes, int):  # a third-party preset may say anything
        return place
    ids = tuple(str(number) for number in range(gpus))
    return replace(place, gpus=ids, nodes=max(1, nodes), assumed=True)


def _as_planned(job: Job, config: Config, place: Place, row: Command) -> Job:
    return job


def _for_slurm(job: Job, config: Config, place: Place, row: Command) -> Job:
    return replace(job, slurm=slurm_request(config, place, shares_work=row.shares_work))


@dataclass(frozen=True)
class Target:
    """One kind of place.

    Args:
        find_place: from a config to the place.
        site_files: config files of the site, which everything else wins over.
        finish: adds to the job what only this kind of place needs.
        warnings: what may be wrong there, as far as it can be seen here.
    """

    find_place: Callable[[Config], Place] = _this_machine
    site_files: Callable[[], tuple[Path, ...]] = tuple
    finish: Callable[[Job, Config, Place, Command], Job] = _as_planned
    warnings: Callable[[Config, Place, Job], list[str]] = lambda config, place, job: []


THIS_MACHINE = Target()
#: For plans that are only looked at.
AS_PLANNED = Target(_as_the_preset_names)
SLURM = Target(slurm_place, site_files, _for_slurm, place_warnings)


def exactly(place: Place) -> Target:
    """A place that is known already, whatever the config says."""
    return Target(lambda config: place)
