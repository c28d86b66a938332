"""The rows of the dataset that is searched, a table at a time, so that memory does not grow with them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import pyarrow
import pyarrow.ipc
import pyarrow.parquet
from datasets import Dataset, Features

from r1cli.config.groups.data import Data
from r1cli.data.load import load_rows
from r1cli.data.source import find_source, no_rows
from r1cli.errors import R1Error

#: Rows of a table.
_ROWS = 1000


class Rows(Protocol):
    """The rows of a dataset."""

    @property
    def features(self) -> Features:
        """Of its columns."""

    @property
    def count(self) -> int:
        """The number of its rows."""

    def tables(
        self, columns: list[str] | None = None, part: int = 0, parts: int = 1
    ) -> Iterator[tuple[int, pyarrow.Table]]:
        """The rows in their order: tables, each with the number of its first row.

        Args:
            columns: that the tables have; all when not given.
            part: which of the parts, from 0; together they have all rows.
            parts: the number of parts.
        """


def open_rows(data: Data) -> Rows:
    """The rows that the config's section names: those that ``r1 sft`` would train on.

    Raises:
        R1Error: they cannot be found or read.
    """
    files = _parquet_files(data)
    return _ParquetRows.of(files) if files else LoadedRows(load_rows(data, data.dataset_train_split))


def _parquet_files(data: Data) -> tuple[Path, ...]:
    """The Parquet files that are the rows as they are; none where the rows are made of something else."""
    if data.dataset_name is None or data.columns or data.prompt_template or data.test_size:
        return ()
    source = find_source(data.dataset_name, "data.dataset_name")
    if any(file.suffix != ".parquet" for file in source.files) or data.dataset_train_split != "train":
        return ()
    if source.kind == "file":
        return source.files
    # A folder that r1 has written: `datasets` finds splits in other names.
    all_train = source.files and all(file.name.startswith("train-") for file in source.files)
    own = source.kind == "folder" and source.folder and (source.folder / "lineage.json").exists()
    return source.files if own and all_train else ()


@dataclass(frozen=True)
class _ParquetRows:
    files: tuple[Path, ...]
    features: Features
    count: int

    @classmethod
    def of(cls, files: tuple[Path, ...]) -> "_ParquetRows":
        with _readable(files[0]):
            schema = pyarrow.parquet.read_schema(files[0])
            count = sum(pyarrow.parquet.read_metadata(file).num_rows for file in files)
        if count == 0:
            raise no_rows(str(files[0]))
        return cls(files, Features.from_arrow_schema(schema), count)

    def tables(
        self, columns: list[str] | None = None, part: int = 0, parts: int = 1
    ) -> Iterator[tuple[int, pyarrow.Table]]:
        # Each part reads its own row groups, if there are many.
        groups = sum(pyarrow.parquet.read_metadata(file).num_row_groups for file in self.files)
        tables = self._groups(columns, part, parts) if groups >= 4 * parts else self._groups(columns, 0, 1)
        yield from tables if groups >= 4 * parts else _share(tables, part, parts)

    def _groups(
        self, columns: list[str] | None, part: int, parts: int
    ) -> Iterator[tuple[int, pyarrow.Table]]:
        first = number = 0
        for path in self.files:
            with _readable(path), pyarrow.parquet.ParquetFile(path) as file:
                # A group at a time: over several, pyarrow reads ahead, and memory grows with the file.
                for group in range(file.num_row_groups):
                    if number % parts == part:
                        batches = file.iter_batches(_ROWS, row_groups=[group], columns=columns)
                        yield from _numbered(map(_as_table, batches), first)
                    number += 1
                    first += file.metadata.row_group(group).num_rows


def _as_table(batch: pyarrow.RecordBatch) -> pyarrow.Table:
    return pyarrow.Table.from_batches([batch])


def _numbered(tables: Iterable[pyarrow.Table], first: int = 0) -> Iterator[tuple[int, pyarrow.Table]]:
    """Tables, each with the number of its first row."""
    for table in tables:
        yield first, table
        first += table.num_rows


def _share(
    tables: Iterable[tuple[int, pyarrow.Table]], part: int, parts: int
) -> Iterator[tuple[int, pyarrow.Table]]:
    """Every table whose turn it is."""
    return islice(tables, part, None, parts)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        raise R1Error(f"cannot read the dataset: {error}", where=str(file), fix="check the file") from error


class LoadedRows:
    """Rows that `datasets` has loaded.

    Args:
        rows: of the dataset.
    """

    def __init__(self, rows: Dataset) -> None:
        self._rows = rows
        self.features = rows.features
        self.count = len(rows)
        self._streams = _streams(rows)

    def tables(
        self, columns: list[str] | None = None, part: int = 0, parts: int = 1
    ) -> Iterator[tuple[int, pyarrow.Table]]:
        return _share(_numbered(self._tables(columns)), part, parts)

    def _tables(self, columns: list[str] | None) -> Iterator[pyarrow.Table]:
        if not self._streams:
            rows = self._rows.select_columns(columns) if columns is not None else self._rows
            yield from rows.with_format("arrow").iter(_ROWS)
        for path in self._streams:
            # Read, and not mapped into memory: what is mapped stays there.
            with pyarrow.OSFile(path) as file, pyarrow.ipc.open_stream(file) as stream:
                for batch in stream:
                    table = pyarrow.Table.from_batches([batch])
                    yield table if columns is None else table.select(columns)


def _streams(rows: Dataset) -> list[str]:
    """The files of a dataset that has all of their rows in their order; none for any other."""
    files = [one["filename"] for one in rows.cache_files]
    if rows._indices is not None:
        return []
    count = 0
    for path in files:
        with pyarrow.memory_map(path) as file, pyarrow.ipc.open_stream(file) as stream:
            if not stream.schema.equals(rows.data.schema):
                return []
            count += sum(batch.num_rows for batch in stream)
    return files if count == len(rows) else []
