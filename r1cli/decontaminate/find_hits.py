"""Finds the hits in a dataset, in the order of its rows, with any of the methods."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow

from r1cli.decontaminate.cells import texts_of
from r1cli.decontaminate.dataset_rows import Rows
from r1cli.decontaminate.gram_index import GramIndex
from r1cli.decontaminate.hit import Hit, Match
from r1cli.decontaminate.judge import Judge
from r1cli.decontaminate.ngram_search import NgramSearch, Occurrences, rarity_in_dataset
from r1cli.decontaminate.openr1 import OpenR1Search
from r1cli.decontaminate.spool import Spool
from r1cli.decontaminate.word_arrays import Positions, unique
from r1cli.system import cores

if TYPE_CHECKING:
    from r1cli.decontaminate.near_duplicates import NearDuplicates

#: Told how many rows have been read.
Progress = Callable[[int], None]

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def ngram_hits(
    rows: Rows,
    columns: Sequence[str],
    search: NgramSearch,
    min_overlap: float,
    folder: Path,
    progress: Progress,
) -> Iterator[Hit]:
    """The hits of the method ``ngram``: all rows are read, and then those again that may be hits.

    Only when all rows have been read is it known how rare each n-gram is in them.

    Args:
        rows: of the dataset.
        columns: that are searched.
        search: with the texts of the benchmarks.
        min_overlap: the weighted share of a text that a hit must contain.
        folder: for temporary files.
        progress: called as rows are read.
    """
    counts = [np.zeros(len(index.grams), np.intp) for index in (search.exact, search.masked)]
    with Spool[_Scanned](folder) as spool:

        def scan(table: pyarrow.Table) -> tuple[_Scanned, list[Positions]]:
            return _scan(search, table, columns)

        first = 0
        for table, (scanned, grams) in _in_parallel(scan, _watched(rows, columns, progress)):
            for number, of_it in enumerate(grams):
                np.add.at(counts[number], of_it, 1)
            if scanned.texts:
                spool.add(replace(scanned, first=first))
            first += table.num_rows
        exact, masked = (
            index.rarity * rarity_in_dataset(of_it, rows.count)
            for index, of_it in zip((search.exact, search.masked), counts, strict=True)
        )
        judge = Judge(search, (exact, masked), min_overlap)
        for scanned in spool:
            candidates = judge.candidates(scanned.exact, scanned.masked)
            matches = {
                number: judge.matches(scanned.texts[number], *entries)
                for number, entries in candidates.items()
            }
            yield from _hits(scanned.texts, columns, scanned.first, scanned.rows, matches)


@dataclass(frozen=True)
class _Scanned:
    """What of the benchmarks is in a table.

    Args:
        rows: number of its rows.
        texts: those that have something, by their number.
        exact: n-grams as they are.
        masked: n-grams without numbers.
        first: the number of its first row in the dataset.
    """

    rows: int
    texts: dict[int, str]
    exact: Occurrences
    masked: Occurrences
    first: int = 0


def _scan(
    search: NgramSearch, table: pyarrow.Table, columns: Sequence[str]
) -> tuple[_Scanned, list[Positions]]:
    """What is in a table, and the n-grams of each of its rows."""
    texts = _texts(table, columns)
    exact, masked = search.scan(texts)
    found = unique(np.concatenate([exact.texts, exact.whole, masked.texts, masked.whole])).tolist()
    grams = [
        _elsewhere(index, one, table.num_rows)
        for index, one in ((search.exact, exact), (search.masked, masked))
    ]
    return _Scanned(table.num_rows, {number: texts[number] for number in found}, exact, masked), grams


def _elsewhere(index: GramIndex, found: Occurrences, rows: int) -> Positions:
    """The n-grams of each row, but those of copies: copies do not make a text a common phrase."""
    copies = np.concatenate([found.whole, index.containing(found.texts, found.grams)])
    kept = ~np.isin(found.texts, copies)
    # In a row with several columns, an n-gram counts once.
    return unique(found.grams[kept] * rows + found.texts[kept] % rows) // rows if rows else found.grams


def openr1_hits(
    rows: Rows, columns: Sequence[str], search: OpenR1Search, progress: Progress
) -> Iterator[Hit]:
    """The hits of the method ``openr1``, one text after the other."""
    first = 0
    for table in _watched(rows, columns, progress):
        texts = _texts(table, columns)
        matches = {number: search.matches(text) for number, text in enumerate(texts)}
        yield from _hits(texts, columns, first, table.num_rows, matches)
        first += table.num_rows


def near_duplicate_hits(
    rows: Rows, columns: Sequence[str], search: "NearDuplicates", progress: Progress
) -> Iterator[Hit]:
    """Texts that share most of their words with a question of a benchmark."""
    first = 0
    for table in _watched(rows, columns, progress):
        texts = _texts(table, columns)
        yield from _hits(texts, columns, first, table.num_rows, search.matches(texts))
        first += table.num_rows


def _texts(table: pyarrow.Table, columns: Sequence[str]) -> list[str]:
    """The texts of a table, one column after the other."""
    return [text for column in columns for text in texts_of(table[column])]


def _hits(
    texts: Sequence[str] | Mapping[int, str],
    columns: Sequence[str],
    first: int,
    rows: int,
    matches: Mapping[int, Sequence[Match]],
) -> Iterator[Hit]:
    """The matches of a table's texts as hits, in the order of the rows."""
    for number in sorted(matches, key=lambda number: (number % rows, number)):
        column, row = divmod(number, rows)
        for match in matches[number]:
            yield Hit(first + row, columns[column], texts[number][match.start : match.end], match)


def _watched(rows: Rows, columns: Sequence[str], progress: Progress) -> Iterator[pyarrow.Table]:
    done = 0
    for table in rows.tables(list(columns)):
        yield table
        done += table.num_rows
        progress(done)


def _in_parallel(work: Callable[[_In], _Out], items: Iterable[_In]) -> Iterator[tuple[_In, _Out]]:
    """Each item with its result, in order; only a few items are there at a time."""
    waiting: deque[tuple[_In, Future[_Out]]] = deque()
    with ThreadPoolExecutor(cores()) as pool:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) > cores():
                first, result = waiting.popleft()
                yield first, result.result()
        while waiting:
            first, result = waiting.popleft()
            yield first, result.result()
