"""Finds the hits in a dataset, in the order of its rows, with any of the methods."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pyarrow

from r1cli.decontaminate.cells import texts_of
from r1cli.decontaminate.dataset_rows import Rows
from r1cli.decontaminate.gram_index import GramIndex
from r1cli.decontaminate.hit import Hit, Match
from r1cli.decontaminate.judge import Judge
from r1cli.decontaminate.ngram_search import NgramSearch, Occurrences, rarity_in_dataset
from r1cli.decontaminate.openr1 import OpenR1Search
from r1cli.decontaminate.parts import Progress, in_parts, read_values, write_values
from r1cli.decontaminate.text_words import TextWords
from r1cli.decontaminate.word_arrays import Positions, read_words, unique
from r1cli.system import cores

if TYPE_CHECKING:
    from r1cli.decontaminate.near_duplicates import NearDuplicates

# With fewer rows, another process does not pay.
_ROWS_OF_A_PART = 5000
# Texts whose words are read together.
_JUDGED = 32


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
        progress: called with the number of rows that were read.
    """
    parts = max(1, min(cores(), rows.count // _ROWS_OF_A_PART))
    with TemporaryDirectory(dir=folder) as place:
        scan = partial(_scan_part, search, rows, list(columns), Path(place))
        counts = [sum(of_it) for of_it in zip(*in_parts(scan, parts, progress), strict=True)]
        exact, masked = (
            index.rarity * rarity_in_dataset(of_it, rows.count)
            for index, of_it in zip((search.exact, search.masked), counts, strict=True)
        )
        judge = Judge(search, (exact, masked), min_overlap)
        in_parts(partial(_judge_part, judge, list(columns), Path(place)), parts, lambda done: None)
        files = [read_values(_hits_of(Path(place), part)) for part in range(parts)]
        for _, hits in heapq.merge(*files, key=itemgetter(0)):
            yield from hits


def _judge_part(
    judge: Judge, columns: list[str], folder: Path, part: int, parts: int, progress: Progress
) -> None:
    """Finds the hits in what a part of the search has put aside."""
    with _hits_of(folder, part).open("wb") as file:
        for scanned in read_values(_scanned_of(folder, part)):
            candidates = judge.candidates(scanned.exact, scanned.masked)
            matches: dict[int, list[Match]] = {}
            for first in range(0, len(candidates), _JUDGED):
                numbers = [*candidates][first : first + _JUDGED]
                words = read_words([scanned.texts[number] for number in numbers])
                for text, number in enumerate(numbers):
                    matches[number] = judge.matches(TextWords(words, text), *candidates[number])
            hits = list(_hits(scanned.texts, columns, scanned.first, scanned.rows, matches))
            write_values(file, (scanned.first, hits))


def _scanned_of(folder: Path, part: int) -> Path:
    return folder / f"{part}.scanned"


def _hits_of(folder: Path, part: int) -> Path:
    return folder / f"{part}.hits"


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
    first: int


def _scan_part(
    search: NgramSearch,
    rows: Rows,
    columns: list[str],
    folder: Path,
    part: int,
    parts: int,
    progress: Progress,
) -> list[Positions]:
    """Searches a part of the tables, and puts aside what is in each; in how many rows each n-gram is."""
    counts = [np.zeros(len(index.grams), np.intp) for index in (search.exact, search.masked)]
    with _scanned_of(folder, part).open("wb") as file:
        for first, table in rows.tables(columns, part, parts):
            scanned, grams = _scan(search, table, columns, first)
            write_values(file, scanned)
            for counted, of_it in zip(counts, grams, strict=True):
                np.add.at(counted, of_it, 1)
            progress(table.num_rows)
    return counts


def _scan(
    search: NgramSearch, table: pyarrow.Table, columns: Sequence[str], first: int
) -> tuple[_Scanned, list[Positions]]:
    """What is in a table, and the n-grams of each of its rows."""
    texts = _texts(table, columns)
    exact, masked = search.scan(texts)
    found = unique(np.concatenate([exact.texts, exact.whole, masked.texts, masked.whole])).tolist()
    grams = [
        _elsewhere(index, one, table.num_rows)
        for index, one in ((search.exact, exact), (search.masked, masked))
    ]
    kept = {number: texts[number] for number in found}
    return _Scanned(table.num_rows, kept, exact, masked, first), grams


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
    for first, table in _watched(rows, columns, progress):
        texts = _texts(table, columns)
        matches = {number: search.matches(text) for number, text in enumerate(texts)}
        yield from _hits(texts, columns, first, table.num_rows, matches)


def near_duplicate_hits(
    rows: Rows, columns: Sequence[str], search: "NearDuplicates", progress: Progress
) -> Iterator[Hit]:
    """Texts that share most of their words with a question of a benchmark."""
    for first, table in _watched(rows, columns, progress):
        texts = _texts(table, columns)
        yield from _hits(texts, columns, first, table.num_rows, search.matches(texts))


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


def _watched(rows: Rows, columns: Sequence[str], progress: Progress) -> Iterator[tuple[int, pyarrow.Table]]:
    for first, table in rows.tables(list(columns)):
        yield first, table
        progress(table.num_rows)
