"""Dataset folders: what r1's commands make as data, and what ``--dataset`` and the Hub read.

``data/train-*.parquet`` has the rows, ``dataset_info.json`` their columns, ``README.md`` is the card, and
``lineage.json`` says where the rows come from. A folder is written whole or not at all.
"""

import html
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow
import pyarrow.parquet
from datasets import Dataset, DatasetInfo, Features
from datasets.splits import SplitDict, SplitInfo

from r1cli.data.json_cells import is_json
from r1cli.data.lineage import LINEAGE, Step, lineage_of
from r1cli.data.source import DATASET
from r1cli.files import write_text
from r1cli.yaml12 import to_yaml

# Rows that are turned into columns at a time, and characters of their texts: what is held in memory.
_GROUP, _CHARACTERS = 1_000, 64_000_000
# The footer of a file is held in memory until it is complete, with an entry for each group and column.
_SHARD_ROWS = 100_000
_SHARD = 500_000_000  # bytes of a file at most, as the Hub's own tools cut them


@dataclass(frozen=True)
class Card:
    """What a dataset's README.md says.

    Args:
        title: of the page.
        summary: a sentence or two below it.
        settings: how the rows were made.
        figures: what was counted and measured.
        body: more sections, in Markdown that r1 wrote.
        files: names and contents of more files for the folder, such as figures that the body shows.
    """

    title: str
    summary: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


class DatasetWriter:
    """Writes a dataset folder, row by row; `finish` puts it in its place. Use it in a ``with`` block.

    Args:
        folder: of the dataset. If there is one, it is replaced.
        features: of the columns.
    """

    def __init__(self, folder: Path, features: Features) -> None:
        self.folder = folder
        self.features = features
        self.rows = 0
        self._schema = features.arrow_schema
        self._has_json = any(map(is_json, self._schema.types))
        self._partial = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}")
        (self._partial / "data").mkdir(parents=True)
        self._waiting: list[Mapping[str, Any]] = []
        self._characters = self._in_shard = 0
        self._shards: list[Path] = []
        self._parquet: Any = None
        self._sink: Any = None

    def __enter__(self) -> "DatasetWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_shard()
        shutil.rmtree(self._partial, ignore_errors=True)

    def add(self, row: Mapping[str, Any]) -> None:
        """Writes a row: columns that it lacks are null, those that features lack are left out."""
        self._waiting.append(row)
        self._characters += _characters(row)
        self.rows += 1
        if len(self._waiting) >= _GROUP or self._characters >= _CHARACTERS:
            self._flush()

    def add_table(self, table: pyarrow.Table) -> None:
        """Writes rows that are in columns already, all those of the features."""
        self._flush()
        self.rows += table.num_rows
        self._write(table.select(self._schema.names).cast(self._schema))

    def finish(self, card: Card, step: Step) -> None:
        """Completes the folder.

        Args:
            card: what README.md says.
            step: what was done to the rows, and to which.
        """
        self._flush()
        if not self._shards:
            self._write(self._table([]))
        self._close_shard()
        data, count = self._partial / "data", len(self._shards)
        for number, shard in enumerate(self._shards):
            shard.rename(data / f"train-{number:05}-of-{count:05}.parquet")
        size = sum(path.stat().st_size for path in data.iterdir())
        split = SplitInfo("train", num_bytes=size, num_examples=self.rows)
        info = DatasetInfo(
            features=self.features, splits=SplitDict({"train": split}), download_size=size, dataset_size=size
        )
        info.write_to_directory(str(self._partial), pretty_print=True)
        lineage = lineage_of(self._partial, step, self.rows)
        write_text(self._partial / LINEAGE, json.dumps(lineage, indent=2, default=str) + "\n")
        for name, text in card.files.items():
            write_text(self._partial / name, text)
        write_text(self._partial / "README.md", _readme(card, step, self.rows))
        _replace(self._partial, self.folder)

    def _flush(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting, self._characters = self._waiting, [], 0
        self._write(self._table(waiting))

    def _table(self, rows: Sequence[Mapping[str, Any]]) -> pyarrow.Table:
        if not self._has_json:  # of which pyarrow makes no columns
            return pyarrow.Table.from_pylist(rows, schema=self._schema)
        columns = {name: [row.get(name) for row in rows] for name in self.features}
        return Dataset.from_dict(columns, features=self.features).data.table.cast(self._schema)

    def _write(self, table: pyarrow.Table) -> None:
        if self._parquet is None:
            self._sink = self._next_shard().open("wb")
            self._parquet = pyarrow.parquet.ParquetWriter(self._sink, self._schema, write_statistics=False)
            self._in_shard = 0
        self._parquet.write_table(table)
        self._in_shard += table.num_rows
        if self._sink.tell() >= _SHARD or self._in_shard >= _SHARD_ROWS:
            self._close_shard()

    def _next_shard(self) -> Path:
        self._shards.append(self._partial / "data" / f"part-{len(self._shards)}.parquet")
        return self._shards[-1]

    def _close_shard(self) -> None:
        if self._parquet is not None:
            self._parquet.close()
            self._sink.close()
        self._parquet = None


def _characters(value: Any) -> int:
    """How much text there is in a value, however deep."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_characters, value.values()))
    return sum(map(_characters, value)) if isinstance(value, list | tuple) else 0


def write_dataset(
    folder: Path, features: Features, rows: Iterable[Mapping[str, Any]], card: Card, step: Step
) -> int:
    """Writes a dataset folder, and returns the number of its rows."""
    with DatasetWriter(folder, features) as writer:
        for row in rows:
            writer.add(row)
        writer.finish(card, step)
        return writer.rows


def dataset_of_run(run_dir: Path) -> Path:
    """Where a run keeps the dataset that it makes."""
    return run_dir / DATASET


def markdown_table(rows: Iterable[Sequence[Any]], headings: Sequence[str]) -> str:
    """A table; what it contains is shown as it is, whatever it is."""
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    plain = html.escape(" ".join(text.split()), quote=False)
    for sign in "\\`*_[]|":
        plain = plain.replace(sign, f"\\{sign}")
    return plain


def _readme(card: Card, step: Step, rows: int) -> str:
    head = {
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "data/*.parquet"}]}],
        "tags": ["r1", step.command],
        "size_categories": [_size(rows)],
    }
    parts = [f"---\n{to_yaml(head)}---", f"# {_cell(card.title)}", card.summary]
    sources = {one.name: f"{one.rows} rows, {one.hash}" for one in step.inputs}
    for title, table, headings in (
        ("Source", sources, ("dataset", "content")),
        ("Settings", step.settings | dict(card.settings), ("setting", "value")),
        ("Figures", card.figures, ("figure", "value")),
    ):
        if table:
            parts.append(f"## {title}\n\n{markdown_table(table.items(), headings)}")
    parts += [card.body.strip()] if card.body else []
    parts.append(f"Made with `r1 {step.command}`; `lineage.json` has every step that led to these rows.")
    return "\n\n".join(parts) + "\n"


def _size(rows: int) -> str:
    """The Hub's word for a number of rows."""
    low, limits = "n<1K", ("1K", "10K", "100K", "1M", "10M", "100M", "1B")
    for power, limit in enumerate(limits):
        if rows < 1000 * 10**power:
            return low if power == 0 else f"{limits[power - 1]}<n<{limit}"
    return "n>1B"


def _replace(new: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old.{os.urandom(4).hex()}")
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
