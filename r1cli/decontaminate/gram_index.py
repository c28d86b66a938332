"""An index of the n-grams of texts: where each is, and how rare it is among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from r1cli.decontaminate.word_arrays import (
    Hashes,
    PassageHashes,
    Positions,
    is_in,
    unique,
)

Weights = NDArray[np.float64]

# An n-gram of more texts does not tell one from the other: it is followed only for texts without rarer ones.
_COMMON, _LEAST = 64, 4
# Bits of a filter for each hash.
_SPARSE = 32


@dataclass(frozen=True)
class Filter:
    """Says of hashes that they may be in a set, or that they are not; small enough for a core's cache.

    Args:
        bytes: a bit for each beginning of a hash.
        shift: bits of a hash that are not looked at.
    """

    bytes: NDArray[np.uint8]
    shift: np.uint64

    @classmethod
    def of(cls, hashes: Hashes) -> "Filter":
        bits = max(10, (len(hashes) * _SPARSE).bit_length())
        shift = np.uint64(64 - bits)
        slots = np.zeros(1 << bits, np.bool_)
        slots[(hashes >> shift).view(np.intp)] = True
        return cls(np.packbits(slots, bitorder="little"), shift)

    def may_contain(self, hashes: Hashes) -> NDArray[np.bool_]:
        slots = hashes >> self.shift
        bits = self.bytes[(slots >> np.uint64(3)).view(np.intp)]
        bits >>= slots.astype(np.uint8) & np.uint8(7)
        return (bits & np.uint8(1)).view(np.bool_)


@dataclass(frozen=True)
class GramIndex:
    """The n-grams of texts.

    Texts of the same words are one entry of the index.

    Args:
        size: words of an n-gram.
        grams: their hashes, sorted.
        bounds: n-gram i is in the entries from ``bounds[i]`` to ``bounds[i + 1]`` of ``entries``.
        entries: numbers of entries.
        rarity: of each n-gram among the entries, at most 1.
        whole: a hash of all words of each entry, sorted.
        texts: the numbers of the texts of each entry.
        sizes: the number of n-grams of each entry.
        starts: of each entry, at which words its n-grams begin, and which they are, without those allowed.
        allowed: whether texts may share an n-gram.
        filter: sorts most other n-grams out.
        blocks: sorts most blocks of words out that are not part of an n-gram.
    """

    size: int
    grams: Hashes
    bounds: Positions
    entries: Positions
    rarity: Weights
    whole: Hashes
    texts: Sequence[Sequence[int]]
    sizes: Positions
    starts: Sequence[tuple[list[int], Positions]]
    allowed: NDArray[np.bool_]
    filter: "Filter"
    blocks: "Filter"

    def occurrences(
        self, passages: PassageHashes, bounds: Positions, blocks: Positions
    ) -> tuple[Positions, Positions]:
        """The n-grams of texts that are in the index: for each the number of its text, and its own.

        Each is there once, sorted.

        Args:
            passages: of the texts.
            bounds: of the texts among the words.
            blocks: from `known_blocks`.
        """
        # Each block is in the n-grams that begin at it, or at some words before it.
        starts = (blocks[:, None] + np.arange(1 - _step(self.size), 1)).ravel()
        starts = starts[(starts >= 0) & (starts + self.size <= passages.count)]
        starts = starts[self.filter.may_contain(passages.of(starts, starts + self.size))]
        hashes = passages.of(starts, starts + self.size)
        found = np.flatnonzero(is_in(hashes, self.grams))
        starts, hashes = starts[found], hashes[found]
        text = np.searchsorted(bounds, starts, side="right") - 1
        inside = starts + self.size <= bounds[text + 1]
        count = max(1, len(self.grams))
        once = unique(text[inside] * count + np.searchsorted(self.grams, hashes[inside]))
        return np.divmod(once, count)

    def known_blocks(self, passages: PassageHashes, blocks: Positions) -> Positions:
        """The blocks that may be part of an n-gram of the index, of some that `blocks_of` has found."""
        return blocks[self.blocks.may_contain(passages.of(blocks, blocks + _block(self.size)))]

    def entries_of(self, gram: int) -> list[int]:
        """The entries in which an n-gram counts."""
        found: list[int] = self.entries[self.bounds[gram] : self.bounds[gram + 1]].tolist()
        return found

    def whole_texts(self, passages: PassageHashes, bounds: Positions) -> tuple[Positions, Positions]:
        """The texts that are an entry of the index, and which."""
        hashes = passages.of(bounds[:-1], bounds[1:])
        found = np.flatnonzero(is_in(hashes, self.whole) & (bounds[1:] > bounds[:-1]))
        return found, np.searchsorted(self.whole, hashes[found])

    def containing(self, texts: Positions, grams: Positions) -> Positions:
        """The texts that contain an entry of some length as a whole, of those in which n-grams are.

        Args:
            texts: number of a text, for each n-gram in it.
            grams: the n-gram.
        """
        found, entries, shares = self.scores(texts, grams, *self._alike)
        return unique(found[(shares > 1 - 1e-6) & (self.sizes[entries] > self.size)])

    @cached_property
    def _alike(self) -> tuple[Weights, Weights]:
        """Weights of n-grams that are all the same, and the totals of them."""
        alike = np.ones(len(self.grams))
        return alike, self.totals(alike)

    def totals(self, weights: Weights) -> Weights:
        """The weight of all n-grams of each entry."""
        every = np.repeat(weights, np.diff(self.bounds))
        return np.bincount(self.entries, every, len(self.whole)).astype(np.float64)

    def scores(
        self, texts: Positions, grams: Positions, weights: Weights, totals: Weights
    ) -> tuple[Positions, Positions, Weights]:
        """The share of entries that texts contain.

        Args:
            texts: number of a text, for each n-gram in it.
            grams: the n-gram.
            weights: of each n-gram of the index.
            totals: of each entry.

        Returns:
            Texts, entries, and the weighted share of the entry's n-grams that the text contains.
        """
        counts = self.bounds[grams + 1] - self.bounds[grams]
        rows = np.repeat(texts, counts)
        # The place of each entry among those of its n-gram, after where these begin.
        places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        entries = self.entries[np.repeat(self.bounds[grams], counts) + places]
        pairs, which = np.unique(rows * len(self.whole) + entries, return_inverse=True)
        sums = np.bincount(which, np.repeat(weights[grams], counts), len(pairs))
        rows, entries = np.divmod(pairs, max(1, len(self.whole)))
        return rows, entries, sums / np.maximum(totals[entries], 1e-9)


def index_grams(
    words: Hashes,
    bounds: Positions,
    size: int,
    texts: Positions,
    usable: NDArray[np.bool_],
    is_allowed: NDArray[np.bool_],
) -> GramIndex:
    """The index of some texts.

    Args:
        words: of all texts.
        bounds: of the texts among the words.
        size: words of an n-gram.
        texts: the numbers of those that are part of the index.
        usable: whether the n-gram that begins at each word is part of the index.
        is_allowed: whether it may be shared.
    """
    passages = PassageHashes(words)
    whole, firsts, entry_of = np.unique(
        passages.of(bounds[:-1], bounds[1:])[texts], return_index=True, return_inverse=True
    )
    members: list[list[int]] = [[] for _ in whole]
    for text, entry in zip(texts.tolist(), entry_of.tolist(), strict=True):
        members[entry].append(text)
    # One text stands for all of an entry.
    entry_at = np.full(len(bounds) - 1, -1, np.intp)
    entry_at[texts[firsts]] = np.arange(len(whole))
    hashes = passages.grams(size)
    begins = np.arange(len(hashes))
    text = np.searchsorted(bounds, begins, side="right") - 1
    counts = (entry_at[text] >= 0) & (begins + size <= bounds[text + 1]) & usable[: len(hashes)]
    begins, text = begins[counts], text[counts]
    grams, gram_of = np.unique(hashes[begins], return_inverse=True)
    counts = ~is_allowed[begins]
    allowed = np.zeros(len(grams), np.bool_)
    allowed[gram_of[~counts]] = True
    pairs = unique(gram_of * max(1, len(whole)) + entry_at[text])
    gram, entry = np.divmod(pairs, max(1, len(whole)))
    frequency = np.bincount(gram, minlength=len(grams))
    kept = _telling(entry, frequency[gram])
    gram, entry = gram[kept], entry[kept]
    return GramIndex(
        size,
        grams,
        np.searchsorted(gram, np.arange(len(grams) + 1)),
        entry,
        1 / (1 + np.log(np.maximum(frequency, 1))),
        whole,
        members,
        np.bincount(entry_at[text], minlength=len(whole)),
        [
            (
                (begins[first:end][counts[first:end]] - bounds[of_it[0]]).tolist(),
                gram_of[first:end][counts[first:end]],
            )
            for of_it, first, end in zip(members, *np.searchsorted(text, _ends(members)), strict=True)
        ],
        allowed,
        Filter.of(grams),
        Filter.of(_blocks_of(passages, begins, size)),
    )


def blocks_of(count: int, size: int) -> Positions:
    """The words at which blocks begin that are looked up: each n-gram has one of these blocks in it.

    Args:
        count: of the words.
        size: words of an n-gram.
    """
    return np.arange(0, max(0, count - _block(size) + 1), _step(size))


def blocks_with(words: Positions, blocks: Positions, size: int) -> Positions:
    """The blocks that have one of some words in them, of those that `blocks_of` has found."""
    last = words // _step(size)
    # After a block of more words than a step, the next one begins before its end.
    reach = -(-_block(size) // _step(size))
    found = unique((last[:, None] - np.arange(reach)).ravel())
    return blocks[found[(found >= 0) & (found < len(blocks))]]


def _step(size: int) -> int:
    """At every how many words a block is looked up."""
    return max(1, size // 2)


def _block(size: int) -> int:
    """The words of a block: as many as in any case one of them is in an n-gram as a whole."""
    return size - _step(size) + 1


def _blocks_of(passages: PassageHashes, begins: Positions, size: int) -> Hashes:
    """All blocks in n-grams that begin at some words."""
    starts = unique(begins[:, None] + np.arange(_step(size)))
    return unique(passages.of(starts, starts + _block(size)))


def _ends(members: Sequence[Sequence[int]]) -> NDArray[np.intp]:
    """The first text of each entry, and the one after it."""
    firsts = np.array([of_it[0] for of_it in members], np.intp)
    return np.stack([firsts, firsts + 1])


def _telling(entries: Positions, frequency: Positions) -> NDArray[np.bool_]:
    """Which n-grams of each entry tell it from others: those that few have, and some in any case."""
    order = np.lexsort((frequency, entries))
    sorted_entries = entries[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_entries, sorted_entries)
    kept = np.empty(len(order), np.bool_)
    kept[order] = (frequency[order] <= _COMMON) | (rank < _LEAST)
    return kept
