"""Where a row of a dataset comes from, and what was done to it: for ``r1 data trace``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from r1cli.config.groups.data import Data
from r1cli.config.record import RecordedConfig
from r1cli.data.lineage import DATASETS, read_lineage
from r1cli.data.local_rows import count_rows, read_rows, suffix_of
from r1cli.data.source import DATASET, Source, find_source, no_rows
from r1cli.errors import R1Error
from r1cli.runs.run_dir import read_run

#: Columns that name a row, or what it was made of.
_NAMES = ("id", "uuid", "index")
_ENDINGS = ("_id", "_from", "_row")


@dataclass(frozen=True)
class Trace:
    """A row, and its history.

    Args:
        dataset: where the row was read.
        row: its cells.
        steps: what was done to the dataset, the first step first.
    """

    dataset: str
    row: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]

    def names(self) -> dict[str, Any]:
        """The cells that name the row, or what it was made of."""
        return {
            name: value
            for name, value in self.row.items()
            if (name in _NAMES or name.endswith(_ENDINGS)) and value is not None
        }


def trace(name: str, number: int) -> Trace:
    """The history of a row.

    Args:
        name: of a dataset on this machine, or the directory of a run that made or read one.
        number: of the row, from 0.

    Raises:
        R1Error: there is no such dataset or row.
    """
    source = _source(name)
    row = _row(source, number)
    steps = read_lineage(source.folder).get("steps", []) if source.folder else []
    return Trace(source.name, row, steps)


def _source(name: str) -> Source:
    """The dataset of that name, or the one that a run made, or read."""
    run_dir = Path(name).expanduser()
    if not (run_dir / "run.yaml").exists() or (run_dir / DATASET).is_dir():
        return _local(find_source(name, "argument DATASET"), name)
    data = RecordedConfig(read_run(run_dir)["config"]).section(Data)
    if data.dataset_mixture or not data.dataset_name:
        what = (
            "the run read a mixture, whose rows have no numbers"
            if data.dataset_mixture
            else "the run has no dataset"
        )
        fix = "write it with `r1 data mix`, and train on that"
        raise R1Error(what, where=name, fix=fix if data.dataset_mixture else "")
    return _local(find_source(data.dataset_name, f"{run_dir / DATASETS}"), data.dataset_name)


def _local(source: Source, name: str) -> Source:
    if source.kind not in ("file", "folder"):
        fix = "name a file or folder; a dataset of the Hub does not say where its rows come from"
        raise R1Error("only the rows of files can be traced", where=name, fix=fix)
    return source


def _row(source: Source, number: int) -> Mapping[str, Any]:
    before = 0
    for file in source.files:
        rows = count_rows(file) if suffix_of(file) == ".parquet" else None
        if rows is not None and number - before >= rows:
            before += rows
            continue
        for _, row in islice(read_rows(file) or (), number - before, None):
            return row
        before += sum(1 for _ in read_rows(file) or ())
    if not before:
        raise no_rows(source.name)
    raise R1Error(f"there is no row {number}", where=source.name, fix=f"the last one is {before - 1}")
