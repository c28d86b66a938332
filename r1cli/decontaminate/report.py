"""The report of a search: every hit in a Parquet file, and what was counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from r1cli.data.dataset_folder import markdown_table
from r1cli.decontaminate.benchmark_texts import Loaded
from r1cli.decontaminate.hit import CONTAMINATED, NEAR_DUPLICATE, RENUMBERED, Hit, Match

#: The folder of a run that has the report, and the file of all hits in it.
REPORT, HITS = "report", "hits.parquet"
KINDS = (CONTAMINATED, NEAR_DUPLICATE, RENUMBERED)
# Hits that are listed in a text, and the characters of a passage there; the file has all.
_LISTED, _SHOWN = 200, 500
# Hits that are written together.
_GROUP = 1000

_TYPES = {str: pyarrow.string(), float: pyarrow.float64(), int: pyarrow.int64()}
_SCHEMA = pyarrow.schema(
    [
        ("row", pyarrow.int64()),
        ("column", pyarrow.string()),
        ("removed", pyarrow.bool_()),
        ("text", pyarrow.string()),
        *((one.name, _TYPES[one.type]) for one in fields(Match)),  # type: ignore[index]
    ]
)
_HEADINGS = (
    "row",
    "column",
    "from, to",
    "benchmark",
    "its row",
    "text",
    "from, to",
    "hit",
    "method",
    "score",
)


class Report:
    """Writes and counts hits. Use it in a ``with`` block.

    Args:
        folder: of the report.
        rows: of the dataset.
        removes: the kinds of hits whose rows are removed.
    """

    def __init__(self, folder: Path, rows: int, removes: Sequence[str]) -> None:
        self.folder = folder
        self.removes = removes
        #: Of each row whether it is removed.
        self.removed = np.zeros(rows, np.bool_)
        #: Numbers of rows with hits, by benchmark and kind.
        self.counts: Counter[tuple[str, str]] = Counter()
        self.hits = 0
        self._rows = {kind: np.zeros(rows, np.bool_) for kind in KINDS}
        self._last: dict[tuple[str, str], int] = {}
        self._waiting: list[dict[str, Any]] = []
        self._listed: list[Hit] = []
        self._parquet = pyarrow.parquet.ParquetWriter(folder / HITS, _SCHEMA)

    def __enter__(self) -> "Report":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._parquet.close()

    def add(self, hit: Hit) -> None:
        """Counts a hit; those of a method come in the order of their rows."""
        match, is_removed = hit.match, hit.match.kind in self.removes
        self.hits += 1
        self.removed[hit.row] |= is_removed
        self._rows[match.kind][hit.row] = True
        group = (match.benchmark, match.kind)
        if self._last.get(group) != hit.row:
            self._last[group] = hit.row
            self.counts[group] += 1
        if len(self._listed) < _LISTED:
            self._listed.append(hit)
        place = {"row": hit.row, "column": hit.column, "removed": is_removed, "text": hit.text}
        self._waiting.append(place | vars(match))
        if len(self._waiting) >= _GROUP:
            self._flush()

    def with_hits(self) -> NDArray[np.bool_]:
        """Of each row whether it has a hit."""
        found: NDArray[np.bool_] = np.logical_or.reduce(list(self._rows.values()))
        return found

    def figures(self, loaded: Loaded, too_short: int) -> dict[str, Any]:
        """What was counted."""
        return {
            "rows": len(self.removed),
            "rows_removed": int(np.count_nonzero(self.removed)),
            **{f"rows_{kind}": int(np.count_nonzero(of_it)) for kind, of_it in self._rows.items()},
            "hits": self.hits,
            "benchmark_rows": sum(loaded.rows.values()),
            "benchmarks_missing": len(loaded.missing),
            "texts_too_short": too_short,
        }

    def text(self, loaded: Loaded) -> str:
        """The report as Markdown: each benchmark, and the first hits."""
        parts = ["## Benchmarks", markdown_table(self.by_benchmark(loaded), ("benchmark", "rows", *KINDS))]
        if loaded.missing:
            missing = [(one.where, one.what) for one in loaded.missing]
            parts += ["These were not searched:", markdown_table(missing, ("benchmark", "reason"))]
        if self._listed:
            listed = len(self._listed)
            title = "## Hits" if listed == self.hits else f"## The first {listed} of {self.hits} hits"
            parts += [title, markdown_table(map(_listed_row, self._listed), _HEADINGS)]
        return "\n\n".join(parts)

    def passages(self) -> str:
        """What the listed hits share, each passage once, as Markdown that shows it as it is.

        It is the benchmark's: an --allow-list is compared with that.
        """
        rows: dict[str, set[int]] = {}
        for hit in self._listed:
            if text := _on_a_line(hit.match.benchmark_text):
                rows.setdefault(text, set()).add(hit.row)
        if not rows:
            return ""
        # Four blanks make it code, in which no sign means anything.
        parts = [
            f"In row {', '.join(map(str, sorted(numbers)))}:\n\n    {text}" for text, numbers in rows.items()
        ]
        return "\n\n".join(["## Passages", *parts])

    def by_benchmark(self, loaded: Loaded) -> list[tuple[Any, ...]]:
        """The name of each benchmark, its rows, and the rows with hits by kind."""
        return [
            (name, rows, *(self.counts[name, kind] for kind in KINDS)) for name, rows in loaded.rows.items()
        ]

    def _flush(self) -> None:
        self._parquet.write_table(pyarrow.Table.from_pylist(self._waiting, schema=_SCHEMA))
        self._waiting = []


def _on_a_line(text: str) -> str:
    """A passage without what a terminal would obey, cut off if it is long."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def _listed_row(hit: Hit) -> Sequence[Any]:
    """Places, and not the texts: a card with the questions of a benchmark would be the next leak."""
    match = hit.match
    return (
        hit.row, hit.column, f"{match.start}, {match.end}", match.benchmark, match.benchmark_row, match.field,
        f"{match.benchmark_start}, {match.benchmark_end}", match.kind, match.method, match.score,
    )  # fmt: skip
