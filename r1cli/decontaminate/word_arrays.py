"""The words of texts as arrays: many texts at once, without a loop over words or characters.

Case, blanks, punctuation, accents, Unicode's variants and LaTeX's spellings make no difference between words;
letters and digits are apart, so that ``2x``, ``2 x`` and ``2\\,x`` are the same words.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from r1cli.decontaminate import latex
from r1cli.decontaminate.alphabet import (
    ALONE,
    ASCII,
    GREEK,
    LETTER,
    LIMIT,
    NUMBER,
    RAISED_NUMBER,
    SEPARATOR,
    SYMBOL,
    alphabet,
)

Hashes = NDArray[np.uint64]
Positions = NDArray[np.intp]
Codes = NDArray[np.unsignedinteger]
Key = int | str
Number = TypeVar("Number", np.uint64, np.intp)

_BASE = 0x9E3779B97F4A7C15
_PADDING = "\n" * latex.REACH
_NUMBER_HASH = np.uint64(0x6E756D626572)
# Characters that are picked out in the time in which a part of a text is copied.
_PER_PART = 200


@dataclass(frozen=True)
class Words:
    """The words of some texts, one text after the other.

    Args:
        hashes: of each word.
        is_number: whether a word is a number.
        bounds: the words of text i are those from ``bounds[i]`` to ``bounds[i + 1]``.
        characters: where its texts and their spellings are.
        runs: where all words begin among the characters, those included that are not part of the text.
        run_ends: where they end.
        kept: which of them are part of the text; None for all.
    """

    hashes: Hashes
    is_number: NDArray[np.bool_]
    bounds: Positions
    characters: "Characters"
    runs: Positions
    run_ends: Positions
    kept: NDArray[np.bool_] | None

    @cached_property
    def starts(self) -> Positions:
        """Where each word begins among the characters."""
        return self.runs if self.kept is None else self.runs[self.kept]

    @cached_property
    def ends(self) -> Positions:
        """Where each word ends."""
        return self.run_ends if self.kept is None else self.run_ends[self.kept]

    def masked(self) -> Hashes:
        """The hashes, with the same one for every number."""
        hashes = self.hashes.copy()
        hashes[self.is_number] = _NUMBER_HASH
        return hashes

    def keys(self, text: int) -> list[Key]:
        """What tells each word of a text from every other: its hash, if that is certain, or its spelling."""
        first, end = self.bounds[text : text + 2].tolist()
        keys: list[Key] = self.hashes[first:end].tolist()
        spelt = self._spelt
        if spelt:
            keys = [spelt.get(first + word, key) for word, key in enumerate(keys)]
        return keys

    @cached_property
    def _spelt(self) -> dict[int, str]:
        """The spellings of words whose hash may be that of another."""
        others = np.flatnonzero(self.characters.codes >= ASCII)
        words = unique(np.searchsorted(self.starts, others, side="right") - 1)
        places = zip(words.tolist(), self.starts[words].tolist(), self.ends[words].tolist(), strict=True)
        spelt = {word: self.characters.spelt(start, end) for word, start, end in places if word >= 0}
        return {word: text for word, text in spelt.items() if not text.isascii()}

    def span(self, text: int, first: int, last: int) -> tuple[int, int]:
        """From where to where some words of a text reach in it, as it was given."""
        begin = int(self.bounds[text])
        return self.characters.span(text, int(self.starts[begin + first]), int(self.ends[begin + last]))


@dataclass(frozen=True)
class Characters:
    """The characters of some texts, with blanks around and between them.

    Args:
        codes: their code points.
        offsets: where each text begins.
        before: where each text began before some characters were removed or spelt out.
        changed: these characters, in their order.
        counts: how many stand for each of them now.
    """

    codes: Codes
    offsets: Positions
    before: Positions
    changed: Positions
    counts: Positions

    def spelt(self, start: int, end: int) -> str:
        """The plain spelling of a word."""
        table = alphabet()
        text = "".join(map(chr, table.plain[self.codes[start:end]]))
        if self.codes[start - 1] == latex.BACKSLASH:
            text = latex.SAME_AS.get(text, text)
        return table.names.get(ord(text), text) if len(text) == 1 else text

    def span(self, text: int, start: int, end: int) -> tuple[int, int]:
        """Where some characters of a text were in it before."""
        offset = int(self.before[text])
        return self._origin(start) - offset, self._origin(end - 1) + 1 - offset

    def _origin(self, place: int) -> int:
        """Where a character was before."""
        shifts, ends = self._shifts
        earlier = int(np.searchsorted(ends, place, side="right"))
        origin = place - int(shifts[earlier])
        # It may be one of several that stand for the same.
        return min(origin, int(self.changed[earlier])) if earlier < len(self.changed) else origin

    @cached_property
    def _shifts(self) -> tuple[Positions, Positions]:
        """By how much each changed character has moved, and all after the last; and where each ends now."""
        shifts = np.concatenate([[0], np.cumsum(self.counts - 1)])
        return shifts, self.changed + 1 + shifts[1:]


def read_words(texts: Sequence[str]) -> Words:
    """The words of texts."""
    characters = _characters(texts)
    codes = characters.codes
    runs = _runs(codes)
    backslashes = np.flatnonzero(codes == latex.BACKSLASH)
    runs.begins[latex.argument_ends(codes, backslashes)] = True
    is_word = runs.kinds != SEPARATOR
    starts = np.flatnonzero(runs.begins & is_word)
    ends = np.flatnonzero(runs.begins[1:] & is_word[:-1]) + 1
    hashes, kinds = _run_hashes(runs.plain, starts, ends), runs.kinds[starts]
    is_number = (kinds == NUMBER) | (kinds == RAISED_NUMBER)
    if codes.dtype != np.uint8:
        _name_symbols(hashes, codes, starts, np.flatnonzero((kinds >= GREEK) & (ends - starts == 1)))
    bounds = np.append(np.searchsorted(starts, characters.offsets), len(starts))
    if not backslashes.size:
        return Words(hashes, is_number, bounds, characters, starts, ends, None)
    kept = _respell_commands(hashes, codes, starts)
    left_out = np.flatnonzero(~kept)
    bounds -= np.searchsorted(left_out, bounds)
    return Words(hashes[kept], is_number[kept], bounds, characters, starts, ends, kept)


class PassageHashes:
    """Hashes of passages: of words that follow each other.

    Args:
        words: the hash of each word.
    """

    def __init__(self, words: Hashes) -> None:
        self.count = len(words)
        powers, self._inverses = _powers(len(words) + 1)
        self._sums = np.empty(len(words) + 1, np.uint64)
        self._sums[0] = 0
        np.cumsum(words * powers[: len(words)], out=self._sums[1:])

    def of(self, starts: Positions, ends: Positions) -> Hashes:
        """The hash of each passage from one word to before another."""
        hashes: Hashes = self._sums[ends] - self._sums[starts]
        hashes *= self._inverses[starts]
        return _mixed(hashes)

    def grams(self, size: int) -> Hashes:
        """The hash of every ``size`` words, across the ends of texts too."""
        starts = np.arange(max(0, self.count - size + 1))
        return self.of(starts, starts + size)


def _characters(texts: Sequence[str]) -> Characters:
    joined = _PADDING + "\n".join(texts) + _PADDING
    lengths = np.fromiter(map(len, texts), np.intp, len(texts))
    offsets = len(_PADDING) + np.cumsum(lengths + 1) - lengths - 1
    codes: Codes
    if joined.isascii():
        codes = np.frombuffer(joined.encode("ascii"), np.uint8)
        respelt = np.empty(0, np.intp)
    else:
        codes = _code_points(joined)
        respelt = np.flatnonzero(codes >= ASCII)
        respelt = respelt[alphabet().is_respelt[codes[respelt]]]
    removed = latex.grouping_signs(codes)
    if not (removed.size or respelt.size):
        return Characters(codes, offsets, offsets, removed, removed)
    new, counts = _respell(codes, removed, respelt)
    changed = np.concatenate([removed, respelt])
    order = np.argsort(changed)
    changed, counts = changed[order], counts[order]
    shifts = np.concatenate([[0], np.cumsum(counts - 1)])
    moved = offsets + shifts[np.searchsorted(changed, offsets)]
    return Characters(new, moved, offsets, changed, counts)


def _code_points(text: str) -> Codes:
    codes = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    if len(codes) == len(text):
        return codes
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return np.where(points < LIMIT, points, np.uint32(ord(" ")))


def _respell(codes: Codes, removed: Positions, respelt: Positions) -> tuple[Codes, Positions]:
    """The characters without those that are removed, and others spelt out; and how many became of each."""
    counts = np.zeros(len(removed) + len(respelt), np.intp)
    if not respelt.size:
        # What is between few characters is copied faster than what is not one of many.
        ends = [*removed.tolist(), len(codes)]
        starts = [0, *(removed + 1).tolist()]
        if len(ends) * _PER_PART < len(codes):
            return np.concatenate([codes[a:b] for a, b in zip(starts, ends, strict=True)]), counts
        kept = np.ones(len(codes), np.bool_)
        kept[removed] = False
        return codes[kept], counts
    points, which = np.unique(codes[respelt], return_inverse=True)
    texts = [alphabet().spellings[int(point)] for point in points]
    counts[len(removed) :] = np.fromiter(map(len, texts), np.intp, len(texts))[which]
    every = np.ones(len(codes), np.intp)
    every[removed], every[respelt] = 0, counts[len(removed) :]
    new = np.repeat(codes, every)
    firsts = np.cumsum(every)[respelt] - every[respelt]
    for number, text in enumerate(texts):
        places = firsts[which == number]
        for offset, character in enumerate(text):
            new[places + offset] = ord(character)
    return new, counts


@dataclass(frozen=True)
class _Runs:
    """What each character is.

    Args:
        plain: its plain spelling in a byte.
        kinds: its kind.
        begins: whether a word, or what is between two words, begins with it.
    """

    plain: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    begins: NDArray[np.bool_]


def _runs(codes: Codes) -> _Runs:
    latin = codes.astype(np.uint8, copy=False)
    # Of letters this makes small ones, and digits have the bit.
    plain = latin | np.uint8(0x20)
    kinds = ((plain - np.uint8(ord("a"))) < 26).view(np.uint8) * np.uint8(LETTER)
    kinds |= ((latin - np.uint8(ord("0"))) < 10).view(np.uint8) * np.uint8(NUMBER)
    begins = np.empty(len(codes), np.bool_)
    begins[0] = True
    if codes.dtype != np.uint8:
        table, others = alphabet(), np.flatnonzero(codes >= ASCII)
        points = codes[others]
        plain[others], kinds[others] = table.byte[points], table.kind[points]
    np.not_equal(kinds[1:], kinds[:-1], out=begins[1:])
    if codes.dtype != np.uint8:
        begins |= kinds == ALONE
        begins |= kinds == SYMBOL
    return _Runs(plain, kinds, begins)


# Characters of a word that are hashed together with those of other words.
_LONG = 512


def _run_hashes(plain: NDArray[np.uint8], starts: Positions, ends: Positions) -> Hashes:
    """A hash of the characters of each word, eight at a time."""
    eights = _Eights(plain)
    lengths = ends - starts
    hashes = eights.at(starts)
    hashes &= _first_bytes(lengths)
    longer, done = np.flatnonzero(lengths > 8), 8
    while longer.size and done < _LONG:
        more = eights.at(starts[longer] + done) & _first_bytes(lengths[longer] - done)
        hashes[longer] = _mixed(hashes[longer]) + more
        done += 8
        longer = longer[lengths[longer] > done]
    for place in longer:  # data of some kind, and not words
        rest = plain[starts[place] + done : ends[place]].tobytes()
        digest = int.from_bytes(hashlib.blake2b(rest, digest_size=8).digest(), "little")
        hashes[place] ^= np.uint64(digest)
    return _mixed(hashes)


def _first_bytes(counts: Positions) -> Hashes:
    """What keeps the first bytes of eight: one or more of them."""
    shifts = (8 - np.minimum(counts, 8)).view(np.uint64)
    shifts <<= np.uint64(3)
    return np.uint64(2**64 - 1) >> shifts


class _Eights:
    """Eight bytes in a row, from any place: each are in two that can be read at once."""

    def __init__(self, plain: NDArray[np.uint8]) -> None:
        self._pairs = np.append(plain, np.zeros(16 - len(plain) % 8, np.uint8)).view("<u8")

    def at(self, places: Positions) -> Hashes:
        """The bytes that begin at each place."""
        pair = places >> 3
        low = self._pairs.take(pair)
        pair += 1
        high = self._pairs.take(pair)
        bits = (places & 7).view(np.uint64)
        bits <<= np.uint64(3)
        low >>= bits
        # Two steps, because none may move all 64 bits.
        high <<= np.uint64(1)
        high <<= np.uint64(63) - bits
        low |= high
        return low


def _name_symbols(hashes: Hashes, codes: Codes, starts: Positions, alone: Positions) -> None:
    """Gives words that are one Greek letter or symbol the hash of its name."""
    table = alphabet()
    points, which = np.unique(table.plain[codes[starts[alone]]], return_inverse=True)
    names = [_hash(table.names[int(point)]) for point in points]
    hashes[alone] = np.array(names, np.uint64)[which]


def _respell_commands(hashes: Hashes, codes: Codes, starts: Positions) -> NDArray[np.bool_]:
    """Gives commands of LaTeX the hash of the word that they spell; says which words are part of the text."""
    left_out, environments, same, words = _commands()
    commands = np.flatnonzero(codes[starts - 1] == latex.BACKSLASH)
    found = hashes[commands]
    kept = np.ones(len(hashes), np.bool_)
    kept[commands[is_in(found, left_out)]] = False
    begun = commands[is_in(found, environments)] + 1
    kept[begun[begun < len(kept)]] = False
    respelt = is_in(found, same)
    hashes[commands[respelt]] = words[np.searchsorted(same, found[respelt])]
    return kept


@cache
def _commands() -> tuple[Hashes, Hashes, Hashes, Hashes]:
    """Sorted hashes: of commands to leave out, of those before a name, and of others with their words."""
    left_out = np.sort(np.array([_hash(name) for name in latex.LEFT_OUT], np.uint64))
    environments = np.sort(np.array([_hash(name) for name in latex.ENVIRONMENTS], np.uint64))
    pairs = sorted((_hash(name), _hash(word)) for name, word in latex.SAME_AS.items())
    same, words = np.array(pairs, np.uint64).T
    return left_out, environments, np.ascontiguousarray(same), np.ascontiguousarray(words)


@cache
def _hash(word: str) -> int:
    """The hash of a single word."""
    return int(read_words([word]).hashes[0])


def unique(values: NDArray[Number]) -> NDArray[Number]:
    """The values, sorted, each once; numpy's own function takes ten times as long for many of them."""
    ordered = np.sort(values, axis=None)
    kept = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=kept[1:])
    return ordered[kept]


def is_in(values: Hashes, members: Hashes) -> NDArray[np.bool_]:
    """Which values are among sorted members."""
    if not len(members):
        return np.zeros(len(values), np.bool_)
    found: NDArray[np.bool_] = (
        members[np.minimum(np.searchsorted(members, values), len(members) - 1)] == values
    )
    return found


def _mixed(hashes: Hashes) -> Hashes:
    """The hashes with every bit depending on all bits of the sums that they were."""
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(0xD6E8FEB86659FD93)
    hashes ^= hashes >> np.uint64(32)
    return hashes


_known_powers: tuple[Hashes, Hashes] = (np.ones(1, np.uint64), np.ones(1, np.uint64))


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """At least ``count`` powers of the base of the hashes, and of its inverse."""
    global _known_powers  # noqa: PLW0603 - grows with the longest text
    if len(_known_powers[0]) < count:
        size = 1 << count.bit_length()
        bases = (_BASE, pow(_BASE, -1, 1 << 64))
        powers = [np.full(size, base, np.uint64) for base in bases]
        for power in powers:
            power[0] = 1
            np.cumprod(power, out=power)
        _known_powers = (powers[0], powers[1])
    return _known_powers
