"""The method ``ngram``: searches texts for the n-grams of benchmarks, normalised, many texts at once."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from r1cli.decontaminate.benchmark_texts import QUESTION, BenchmarkText
from r1cli.decontaminate.gram_index import GramIndex, Weights, blocks_of, blocks_with, index_grams
from r1cli.decontaminate.word_arrays import (
    Hashes,
    PassageHashes,
    Positions,
    Words,
    is_in,
    read_words,
    unique,
)

# Characters that are looked at together: their arrays fit a core's cache.
_CHARACTERS = 1 << 19
# An n-gram in this share of the rows, or less, is fully counted; one in this share or more, not at all. In a
# small dataset these are numbers of rows.
_RARE, _COMMON = (1e-4, 3), (0.1, 100)
_WEIGHTLESS = 0.05
# A question must have this number of different words beside its numbers to be searched for without these.
_WORDS = 3


@dataclass(frozen=True)
class Occurrences:
    """What a search has found in some texts.

    Args:
        texts: the number of a text, for each n-gram in it.
        grams: the n-gram's number in the index.
        whole: numbers of texts that are an entry of the index.
        entries: which.
    """

    texts: Positions
    grams: Positions
    whole: Positions
    entries: Positions


class NgramSearch:
    """Searches for the texts of benchmarks.

    Args:
        texts: of the benchmarks.
        size: words of an n-gram.
        allowed: phrases that benchmarks and rows may share.
    """

    def __init__(self, texts: Sequence[BenchmarkText], size: int, allowed: Sequence[str] = ()) -> None:
        self.size = size
        self.texts = texts
        self.words = words = read_words([one.text for one in texts])
        is_phrase, may_share = _allowed(words, allowed, size)
        lengths = np.diff(words.bounds)
        is_question = np.array([one.field == QUESTION for one in texts], np.bool_)
        # A short answer, as 42, says nothing about where a row comes from.
        chosen = (lengths > 0) & ((lengths >= size) | is_question) & ~is_phrase
        self.too_short = int(np.count_nonzero((lengths < size) & ~is_question))
        every = np.ones(len(words.hashes), np.bool_)
        numbers = np.concatenate([[0], np.cumsum(words.is_number)])
        numbered = chosen & is_question & (np.diff(numbers[words.bounds]) > 0)
        numbered &= _vocabularies(words) >= _WORDS
        # N-grams that are mostly numbers would be the same in every table.
        ends = np.minimum(np.arange(len(words.hashes)) + size, len(words.hashes))
        worded = 2 * (numbers[ends] - numbers[:-1]) <= size
        with ThreadPoolExecutor() as pool:
            exact = pool.submit(
                index_grams, words.hashes, words.bounds, size, np.flatnonzero(chosen), every, may_share
            )
            self.masked = index_grams(
                words.masked(), words.bounds, size, np.flatnonzero(numbered), worded, may_share
            )
            self.exact = exact.result()

    def scan(self, texts: Sequence[str]) -> tuple[Occurrences, Occurrences]:
        """What of the benchmarks is in texts: as it is, and with the numbers left out."""
        exact: list[Occurrences] = []
        masked: list[Occurrences] = []
        for numbers, piece in _pieces(texts):
            of_exact, of_masked = self._scan_piece(read_words(piece), numbers)
            exact.append(of_exact)
            masked.append(of_masked)
        return _joined(exact), _joined(masked)

    def _scan_piece(self, words: Words, numbers: Positions) -> tuple[Occurrences, Occurrences]:
        """What is in a piece, whose texts have these numbers among all."""
        passages, blocks = PassageHashes(words.hashes), blocks_of(len(words.hashes), self.size)
        known = self.exact.known_blocks(passages, blocks)
        exact = _found(self.exact, passages, words.bounds, known, numbers)
        # Blocks without numbers are the same in both indexes.
        numbered = blocks_with(np.flatnonzero(words.is_number), blocks, self.size)
        masked = PassageHashes(words.masked())
        known = unique(np.concatenate([known, self.masked.known_blocks(masked, numbered)]))
        return exact, _found(self.masked, masked, words.bounds, known, numbers)


def _vocabularies(words: Words) -> Positions:
    """The number of different words of each text, without numbers."""
    texts = np.repeat(np.arange(len(words.bounds) - 1), np.diff(words.bounds))
    _, ids = np.unique(words.hashes, return_inverse=True)
    pairs = unique((texts * len(words.hashes) + ids)[~words.is_number])
    return np.bincount(pairs // max(1, len(words.hashes)), minlength=len(words.bounds) - 1)


def _found(
    index: GramIndex, passages: PassageHashes, bounds: Positions, blocks: Positions, numbers: Positions
) -> Occurrences:
    texts, grams = index.occurrences(passages, bounds, blocks)
    whole, entries = index.whole_texts(passages, bounds)
    return Occurrences(numbers[texts], grams, numbers[whole], entries)


def rarity_in_dataset(counts: Positions, rows: int) -> Weights:
    """How rare n-grams are in a dataset: 1 for those of few rows, 0 for those of many.

    Args:
        counts: in how many rows each n-gram is.
        rows: of the dataset.
    """
    rare, common = (max(share * rows, least) for share, least in (_RARE, _COMMON))
    # The row that is looked at does not make its own n-grams common.
    others = np.clip(counts - 1, rare, common)
    weights: Weights = np.log(common / others) / np.log(common / rare)
    weights[weights < _WEIGHTLESS] = 0.0
    return weights


def _pieces(texts: Sequence[str]) -> Iterator[tuple[Positions, list[str]]]:
    """The texts in pieces that are not too large, with their numbers; those in ASCII are read faster."""
    for ascii_only in (True, False):
        numbers: list[int] = []
        characters = 0
        for number, text in enumerate(texts):
            if text.isascii() != ascii_only:
                continue
            numbers.append(number)
            characters += len(text)
            if characters >= _CHARACTERS:
                yield np.array(numbers), [texts[one] for one in numbers]
                numbers, characters = [], 0
        if numbers:
            yield np.array(numbers), [texts[one] for one in numbers]


def _joined(found: Sequence[Occurrences]) -> Occurrences:
    empty = np.empty(0, np.intp)
    return Occurrences(
        np.concatenate([empty, *(one.texts for one in found)]),
        np.concatenate([empty, *(one.grams for one in found)]),
        np.concatenate([empty, *(one.whole for one in found)]),
        np.concatenate([empty, *(one.entries for one in found)]),
    )


def _allowed(words: Words, phrases: Sequence[str], size: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which texts are a phrase that is allowed, and at which words an n-gram begins that has one of them."""
    if not phrases:
        return np.zeros(len(words.bounds) - 1, np.bool_), np.zeros(len(words.hashes), np.bool_)
    allowed, passages = read_words(list(phrases)), PassageHashes(words.hashes)
    shared = np.zeros(len(words.hashes), np.bool_)
    by_length: dict[int, list[Hashes]] = {}
    for first, end in zip(allowed.bounds[:-1], allowed.bounds[1:], strict=True):
        phrase = allowed.hashes[first:end]
        if len(phrase):
            length = min(len(phrase), size)
            by_length.setdefault(length, []).append(PassageHashes(phrase).grams(length))
    for length, grams in by_length.items():
        found = np.flatnonzero(is_in(passages.grams(length), unique(np.concatenate(grams))))
        # Every n-gram that has the phrase in it.
        for shift in range(size - length + 1):
            shared[np.maximum(found - shift, 0)] = True
    whole = unique(PassageHashes(allowed.hashes).of(allowed.bounds[:-1], allowed.bounds[1:]))
    return is_in(passages.of(words.bounds[:-1], words.bounds[1:]), whole), shared
