"""The rows of one or several measurements: the samples of a prompt that several have measured are pooled."""

import bisect
import hashlib
import json
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from r1cli.errors import R1Error
from r1cli.pass_rate.measurement import GENERATIONS, HELD_OUT, REWARDS, SAMPLES, Measurement
from r1cli.sampling.key_index import KeyIndex

# Rows that are read at a time, and the pieces of files that are kept while rows are looked up.
_BATCH, _PIECES = 256, 4
#: A batch of rows; pyarrow says nothing of its types.
Batch = Any
Row = dict[str, Any]


class PooledRows:
    """The rows of measurements, each prompt once.

    Rows have the order of the first measurement; those that only later ones have follow. An equal prompt that
    a measurement has twice stays two rows.

    Args:
        measurements: that agree in how their samples were made.

    Raises:
        R1Error: a column has different types in them.
    """

    def __init__(self, measurements: Sequence[Measurement]) -> None:
        self._parts = [_Part(one) for one in measurements]
        try:
            self.schema = pyarrow.unify_schemas([part.schema for part in self._parts])
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
            raise R1Error(
                f"the measurements cannot be pooled, since a column differs in its type: {error}",
                where=", ".join(str(one.folder) for one in measurements),
                fix="select from each of them in a separate run",
            ) from error
        # Where each later measurement has a prompt.
        self._places = [_places_of(part) for part in self._parts[1:]]

    @property
    def sizes(self) -> list[int]:
        """How many rows each measurement has."""
        return [part.rows for part in self._parts]

    def batches(self, columns: Sequence[str]) -> Iterator[Batch]:
        """All rows, some at a time, with some of their columns."""
        if len(self._parts) == 1:
            yield from self._parts[0].batches(columns)
            return
        # Equal samples are known by their keys, and prompts are what pools.
        read = list(dict.fromkeys([*columns, "prompt", SAMPLES]))
        schema = pyarrow.schema([self.schema.field(name) for name in columns])
        for rows in self._pooled(read):
            yield pyarrow.RecordBatch.from_pylist(rows, schema=schema)

    def _pooled(self, columns: list[str]) -> Iterator[list[Row]]:
        # By measurement, which of its rows are with an earlier one's.
        pooled = [bytearray(part.rows) for part in self._parts]
        for number, part in enumerate(self._parts):
            later = [
                (self._parts[other], self._places[other - 1], pooled[other])
                for other in range(number + 1, len(self._parts))
            ]
            keys, place = _Keys(), 0
            for batch in part.batches(columns):
                rows = []
                for row in batch.to_pylist():
                    key = keys.of(row["prompt"])
                    if not pooled[number][place]:
                        rows.append(_joined(row, key, later, columns))
                    place += 1
                yield rows


class _Part:
    """The rows of one measurement."""

    def __init__(self, measurement: Measurement) -> None:
        # Of each group of rows its file, and its number there.
        self._groups: list[tuple[Path, int]] = []
        sizes = []
        for path in measurement.files:
            # One file at a time: what is known of its groups takes megabytes.
            with pyarrow.parquet.ParquetFile(path) as file:
                self.schema = file.schema_arrow
                numbers = range(file.num_row_groups)
                self._groups += [(path, number) for number in numbers]
                sizes += [file.metadata.row_group(number).num_rows for number in numbers]
        self.rows = sum(sizes)
        # The first row of each group.
        self._begins = list(accumulate(sizes, initial=0))[:-1]
        self._cache: OrderedDict[tuple[int, tuple[str, ...]], list[Row]] = OrderedDict()
        self._open: tuple[Path, Any] | None = None

    def batches(self, columns: Sequence[str]) -> Iterator[Batch]:
        names = [name for name in columns if name in self.schema.names]
        # A group at a time: over several, pyarrow reads ahead, and memory grows with the file.
        for path, groups in groupby(self._groups, key=itemgetter(0)):
            with pyarrow.parquet.ParquetFile(path) as file:
                for _, group in groups:
                    yield from file.iter_batches(_BATCH, row_groups=[group], columns=names, use_threads=False)

    def row(self, place: int, columns: list[str]) -> Row:
        """One row; those near it are read with it, as other measurements mostly have the same order."""
        number = bisect.bisect_right(self._begins, place) - 1
        key = (number, tuple(columns))
        if key not in self._cache:
            names = [name for name in columns if name in self.schema.names]
            path, group = self._groups[number]
            self._cache[key] = self._file(path).read_row_group(group, columns=names).to_pylist()
            if len(self._cache) > _PIECES:
                self._cache.popitem(last=False)
        row: Row = self._cache[key][place - self._begins[number]]
        return row

    def _file(self, path: Path) -> Any:
        """A file that stays open until another one is read."""
        if self._open is None or self._open[0] != path:
            if self._open:
                self._open[1].close()
            self._open = path, pyarrow.parquet.ParquetFile(path)
        return self._open[1]


class _Keys:
    """The key of each prompt as it passes: what it says, and how many equal ones came before it."""

    def __init__(self) -> None:
        self._seen = Counter[bytes]()

    def of(self, prompt: Any) -> bytes:
        text = json.dumps(prompt, sort_keys=True)
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        self._seen[digest] += 1
        return hashlib.blake2b(digest + self._seen[digest].to_bytes(8, "big"), digest_size=16).digest()


def _places_of(part: _Part) -> KeyIndex:
    places, keys, place = KeyIndex(), _Keys(), 0
    for batch in part.batches(["prompt"]):
        for prompt in batch.column("prompt").to_pylist():
            places[keys.of(prompt)] = place
            place += 1
    return places


def _joined(row: Row, key: bytes, later: list[tuple[_Part, KeyIndex, bytearray]], columns: list[str]) -> Row:
    """A row with the samples that later measurements have of its prompt; theirs are marked as pooled."""
    for part, places, pooled in later:
        found = places.get(key)
        if found is not None and not pooled[found]:
            pooled[found] = 1
            row = _with(row, part.row(found, columns))
    return row


def _with(row: Row, other: Row) -> Row:
    """A row with the samples of another; a sample that both have counts once."""
    known = {sample["key"] for sample in row[SAMPLES]}
    new = [at for at, sample in enumerate(other[SAMPLES]) if sample["key"] not in known]
    joined = {
        name: [*row[name], *(other[name][at] for at in new)]
        for name in (GENERATIONS, REWARDS, SAMPLES)
        if name in row and name in other
    }
    if HELD_OUT in row and HELD_OUT in other:
        # What one measurement holds out, the other may select by.
        apart = {one["key"]: one for part in (row, other) for one in part[HELD_OUT]}
        used = {sample["key"] for part in (row, other) for sample in part[SAMPLES]}
        joined[HELD_OUT] = [one for key, one in apart.items() if key not in used]
    # What only the other measurement has of the source.
    return {**other, **row, **joined}
