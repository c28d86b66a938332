"""The folder that has the datasets of benchmarks."""

from collections.abc import Iterator
from pathlib import Path

from r1cli.checks.subject import Subject
from r1cli.errors import R1Error, did_you_mean
from r1cli.evaluate.schema import Evaluate
from r1cli.files import near_names

_PATH = "evaluate.data_dir"


def check_data_dir(subject: Subject) -> Iterator[R1Error]:
    """A folder without the datasets would be passed over, and the Hub be asked for them."""
    if not subject.has(_PATH) or not (given := subject.config.section(Evaluate).data_dir):
        return
    folder, where = Path(given).expanduser(), subject.where(_PATH)
    if not folder.is_dir():
        near = near_names(folder.name, folder.parent) if folder.parent.is_dir() else []
        fix = did_you_mean(folder.name, near, "name a folder with datasets, each under its Hub id")
        yield R1Error(f"there is no folder '{given}'", where=where, fix=fix)
        return
    names = [
        name.partition(":")[0]
        for one in subject.benchmarks()
        for name in (one.dataset, *one.datasets.values())
        if "/" in name  # others are made, and of no folder
    ]
    if names and not any((folder / name).is_dir() for name in names):
        yield R1Error(
            f"{given} does not have the datasets: there is no {folder / names[0]}",
            where=where,
            fix=f"name the folder in which {names[0]} is, or leave it out",
        )
