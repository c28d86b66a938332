"""Where a row of a dataset comes from, and what was done to it: for ``r1 data trace``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from r1cli.children import ask
from r1cli.config.groups.data import Data
from r1cli.config.record import RecordedConfig
from r1cli.data.lineage import DATASETS, FROM, ROW, public_name, steps_of
from r1cli.data.local_rows import count_rows, read_rows, suffix_of
from r1cli.data.mixture import MIXTURE, read_mixture
from r1cli.data.source import DATASET, Source, find_source, near_paths, no_rows
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


def trace(name: str, row: str | int) -> Trace:
    """The history of a row.

    Args:
        name: of a dataset on this machine, or the directory of a run that made or read one.
        row: its number, from 0, or what its column ``id`` contains.

    Raises:
        R1Error: there is no such dataset or row.
    """
    run_dir, row = Path(name).expanduser(), str(row)
    if not (run_dir / "run.yaml").exists() or (run_dir / DATASET).is_dir():
        source = find_source(name, "argument DATASET")
        if source.kind == "hub":
            raise _not_here(name)
        return _trace(_local(source, name), row)
    record = read_run(run_dir)
    data = RecordedConfig(record["config"]).section(Data)
    if data.dataset_mixture:
        if not row.isdigit():
            raise R1Error("a row of a mixture is traced by its number", where="argument ROW", fix="as 17")
        return _of_mixture(data, record["command"], name, int(row))
    if not data.dataset_name:
        raise R1Error("the run has no dataset", where=name)
    source = find_source(data.dataset_name, f"{run_dir / DATASETS}")
    return _trace(_local(source, data.dataset_name), row)


def _trace(source: Source, row: str) -> Trace:
    found = _row(source, int(row)) if row.isdigit() else _row_with_id(source, row)
    return Trace(source.name, found, _of_row(steps_of(source), found))


def _of_row(steps: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The steps that made a row: of a mixture, those of the dataset that the row was drawn from."""
    if not all("hash" in step for step in steps):  # r1 before 0.3 did not say what a step had made
        return steps
    kept, made_of = [], {steps[-1]["hash"]} if steps else set()
    for step in reversed(steps):
        if step["hash"] in made_of:
            drawn = [one for one in step["inputs"] if one["name"] == row.get(FROM)]
            kept.append(step)
            made_of |= {one["hash"] for one in drawn or step["inputs"]}
    return kept[::-1]


def _row_with_id(source: Source, name: str) -> Mapping[str, Any]:
    rows = (row for file in source.files for _, row in read_rows(file) or ())
    found = next((row for row in rows if str(row.get("id")) == name), None)
    if found is None:
        fix = "name a row by its number, from 0, or by its id"
        raise R1Error(f"there is no row with the id '{name}'", where=source.name, fix=fix)
    return found


def _of_mixture(data: Data, command: str, run: str, number: int) -> Trace:
    """The history of a row that a run drew from a mixture."""
    request = {"data": asdict(data), "trains": command, "row": number, "where": run}
    found = ask("r1cli.data.trace_mixture", request)
    part = read_mixture(data.dataset_mixture, MIXTURE).parts[found["part"]]
    row = {**found["row"], FROM: public_name(part.id), ROW: found["number"]}
    return Trace(part.id, row, steps_of(find_source(part.id, MIXTURE)))


def _not_here(name: str) -> R1Error:
    what = (
        f"there is no file, folder or run '{name}' here, and a dataset of the Hub cannot be traced: it does "
        "not say where its rows come from"
    )
    return R1Error(what, where="argument DATASET|RUN", fix=near_paths(name, "name a file, a folder or a run"))


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
