"""Decides which of the texts that a search has found are hits, and of which kind."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from r1cli.decontaminate.gram_index import GramIndex, Weights
from r1cli.decontaminate.hit import CONTAMINATED, RENUMBERED, Match
from r1cli.decontaminate.ngram_search import NgramSearch, Occurrences
from r1cli.decontaminate.overlap import Overlap, RowWords, find_overlap
from r1cli.decontaminate.schema import NGRAM
from r1cli.decontaminate.text_words import TextWords

#: The share of a question's n-grams that must be the same, numbers left out, for a hit of that kind.
RENUMBERED_FROM = 0.8
# Entries of an index that are looked at for one text: those with the best scores.
_MOST = 16


class _Row:
    """The words of a row's text, which are compared with those of several benchmarks."""

    def __init__(self, text: TextWords, size: int) -> None:
        self.text = text
        self.size = size

    @cached_property
    def exact(self) -> RowWords:
        return RowWords(self.text.keys, self.size)

    @cached_property
    def masked(self) -> RowWords:
        return RowWords(self.text.masked, self.size)


class Judge:
    """Finds the matches of texts.

    Args:
        search: with the texts of the benchmarks.
        weights: of the n-grams of its exact index, and of its index without numbers.
        min_overlap: the weighted share of a text that a hit must contain.
    """

    def __init__(self, search: NgramSearch, weights: tuple[Weights, Weights], min_overlap: float) -> None:
        self.search = search
        # What may be shared is part of a text, and says nothing of where another comes from.
        self.weights = tuple(
            np.where(index.allowed, 0.0, of_it) for index, of_it in zip(self._indexes, weights, strict=True)
        )
        self.min_overlap = min_overlap
        indexes = zip(self._indexes, weights, strict=True)
        self.totals = tuple(index.totals(of_it) for index, of_it in indexes)
        self._masked_entries = {
            number: entry for entry, members in enumerate(search.masked.texts) for number in members
        }
        self._benchmark_words: dict[int, TextWords] = {}

    @property
    def _indexes(self) -> tuple[GramIndex, GramIndex]:
        return self.search.exact, self.search.masked

    def candidates(self, exact: Occurrences, masked: Occurrences) -> dict[int, tuple[list[int], list[int]]]:
        """The texts that may have matches: for each the entries of both indexes, the best first."""
        found: dict[int, tuple[list[int], list[int]]] = {}
        for number, (occurrences, least) in enumerate(((exact, self.min_overlap), (masked, RENUMBERED_FROM))):
            texts, entries, scores = self._indexes[number].scores(
                occurrences.texts, occurrences.grams, self.weights[number], self.totals[number]
            )
            # The sums are not exact.
            kept = scores >= least - 1e-6
            texts = np.concatenate([occurrences.whole, texts[kept]])
            entries = np.concatenate([occurrences.entries, entries[kept]])
            scores = np.concatenate([np.full(len(occurrences.whole), 2.0), scores[kept]])
            for place in np.lexsort((entries, -scores, texts)).tolist():
                of_it = found.setdefault(int(texts[place]), ([], []))[number]
                if len(of_it) < _MOST and int(entries[place]) not in of_it:
                    of_it.append(int(entries[place]))
        return found

    def matches(self, text: TextWords, exact: Sequence[int], masked: Sequence[int]) -> list[Match]:
        """The matches of a text: for each benchmark and field the best.

        Args:
            text: of the dataset.
            exact: entries of the exact index that it may contain.
            masked: entries of the index without numbers.
        """
        row = _Row(text, self.search.size)
        found: dict[tuple[str, str], Match] = {}
        for entry in exact:
            for number in self._one_of_each(self.search.exact, entry):
                _keep_better(found, self._exact_match(row, entry, number))
        for entry in masked:
            for number in self._one_of_each(self.search.masked, entry):
                one = self.search.texts[number]
                known = found.get((one.benchmark, one.field))
                if known is None or known.kind != CONTAMINATED:
                    _keep_better(found, self._renumbered_match(row, entry, number))
        return list(found.values())

    def _one_of_each(self, index: GramIndex, entry: int) -> list[int]:
        """The first text of an entry for each benchmark and field."""
        return list(
            {
                (one.benchmark, one.field): number
                for number in reversed(index.texts[entry])
                for one in (self.search.texts[number],)
            }.values()
        )

    def _exact_match(self, row: _Row, entry: int, number: int) -> Match | None:
        benchmark, (starts, grams) = self._words_of(number), self.search.exact.starts[entry]
        overlap = find_overlap(row.exact, benchmark.keys, starts)
        if overlap is None:
            return None
        score = 1.0
        if not overlap.is_everything:
            places = np.searchsorted(starts, overlap.starts)
            counted = {gram for gram in grams[places].tolist() if entry in self.search.exact.entries_of(gram)}
            score = float(self.weights[0][[*counted]].sum() / max(self.totals[0][entry], 1e-9))
        if score < self.min_overlap - 1e-6:
            return None
        masked = self._masked_entries.get(number)
        is_copy = overlap.is_everything or len(overlap.starts) == self.search.exact.sizes[entry]
        renumbered = None if masked is None or is_copy else self._renumbered_match(row, masked, number)
        return renumbered or self._match(CONTAMINATED, score, row, number, overlap)

    def _renumbered_match(self, row: _Row, entry: int, number: int) -> Match | None:
        """The match of a question whose words are in the row, and whose numbers are not all there."""
        benchmark, (starts, _) = self._words_of(number), self.search.masked.starts[entry]
        overlap = find_overlap(row.masked, benchmark.masked, starts)
        if overlap is None:
            return None
        score = 1.0 if overlap.is_everything else len(overlap.starts) / self.search.masked.sizes[entry]
        if score < RENUMBERED_FROM or not benchmark.numbers() - row.text.numbers(*overlap.reach):
            return None
        return self._match(RENUMBERED, score, row, number, overlap)

    def _words_of(self, number: int) -> TextWords:
        if number not in self._benchmark_words:
            self._benchmark_words[number] = TextWords(self.search.words, number)
        return self._benchmark_words[number]

    def _match(self, kind: str, score: float, row: _Row, number: int, overlap: Overlap) -> Match:
        one = self.search.texts[number]
        start, end = row.text.span(overlap.row)
        first, last = self._words_of(number).span(overlap.benchmark)
        score = round(min(score, 1.0), 4)
        return Match(
            kind, NGRAM, score, one.benchmark, one.row, one.field, start, end, first, last,
            one.text[first:last],
        )  # fmt: skip


def _keep_better(found: dict[tuple[str, str], Match], match: Match | None) -> None:
    """Keeps a match if it says more than the one of the same benchmark and field."""
    if match is None:
        return
    best = found.get((match.benchmark, match.field))
    if best is None or _says(match) > _says(best):
        found[match.benchmark, match.field] = match


def _says(match: Match) -> tuple[bool, float]:
    return match.kind == CONTAMINATED, match.score
