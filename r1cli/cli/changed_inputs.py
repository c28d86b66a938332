"""Datasets that have changed since a finished run has read them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from r1cli.config.config import AGAINST, Config
from r1cli.config.groups.data import Data
from r1cli.data.lineage import input_of, recorded_datasets
from r1cli.data.mixture import MIXTURE, read_mixture
from r1cli.decontaminate.against import Column, find_against
from r1cli.errors import R1Error
from r1cli.files import existing_path


def changed_inputs(config: Config, run_dir: Path) -> list[str]:
    """The datasets on this machine whose content differs from what a run has recorded of them.

    Args:
        config: of the run.
        run_dir: its directory.
    """
    recorded: dict[str, set[str]] = {}
    for one in recorded_datasets(run_dir):
        recorded.setdefault(one["name"], set()).add(one["hash"])
    found = []
    for name, subset in _datasets(config):
        with suppress(R1Error, OSError):  # it is gone, and was read while it was there
            now = input_of(name, subset, "")
            if now.hash not in recorded.get(now.name, {now.hash}):
                found.append(name)
    return found


def _datasets(config: Config) -> Iterator[tuple[str, str | None]]:
    """The datasets of this machine that a run reads, and their subsets."""
    data = config.find(Data)
    named: list[tuple[str, str | None]] = []
    if data and data.dataset_name:
        named.append((data.dataset_name, data.dataset_config))
    elif data and data.dataset_mixture:
        named += [(part.id, part.config) for part in read_mixture(data.dataset_mixture, MIXTURE).parts]
    with suppress(R1Error):
        against = find_against(config.values.get(AGAINST) or ())
        named += [(one.dataset, None) for one in against if isinstance(one, Column)]
    yield from (one for one in named if existing_path(one[0]))
