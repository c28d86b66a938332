"""Texts that share most of their words with a benchmark's: MinHash finds them, and sets decide."""

from collections.abc import Sequence

from rensa import RMinHash, RMinHashLSH

from r1cli.decontaminate.benchmark_texts import QUESTION, BenchmarkText
from r1cli.decontaminate.hit import NEAR_DUPLICATE, Match
from r1cli.decontaminate.word_arrays import PassageHashes, read_words

#: The share of word triples of both texts that a near duplicate has in common with a benchmark's.
SIMILAR = 0.5
_SIZE = 3
# With 32 bands of 4, texts at the threshold are found with a probability of 0.87, and at 0.6 of 0.99.
_PERMUTATIONS, _BANDS, _SEED = 128, 32, 42


class NearDuplicates:
    """Finds near duplicates of the questions of benchmarks.

    Args:
        texts: of the benchmarks.
    """

    def __init__(self, texts: Sequence[BenchmarkText]) -> None:
        self.texts = [one for one in texts if one.field == QUESTION]
        self._sets = list(map(set, _triples([one.text for one in self.texts])))
        self._by_triple: dict[int, list[int]] = {}
        for number, triples in enumerate(self._sets):
            for triple in triples:
                self._by_triple.setdefault(triple, []).append(number)
        self._lsh = RMinHashLSH(SIMILAR, _PERMUTATIONS, _BANDS)
        signatures = _signatures([list(one) for one in self._sets])
        # It flags what two keys are similar to, as rows are that it has already.
        self._lsh.insert_matrix(signatures)
        self._lsh.insert_matrix(signatures, start_key=len(self.texts))

    def matches(self, texts: Sequence[str]) -> dict[int, list[Match]]:
        """The matches of texts, by the number of the text: for each benchmark the most similar."""
        triples = _triples(texts)
        flags = self._lsh.query_duplicate_flags_matrix(_signatures(triples))
        flagged = [number for number, flag in enumerate(flags) if flag]
        found = {number: self._similar(texts[number], triples[number]) for number in flagged}
        return {number: matches for number, matches in found.items() if matches}

    def _similar(self, text: str, triples: Sequence[int]) -> list[Match]:
        mine = set(triples)
        shared: dict[int, int] = {}
        for triple in mine:
            for number in self._by_triple.get(triple, ()):
                shared[number] = shared.get(number, 0) + 1
        best: dict[str, tuple[float, int]] = {}
        for number, count in shared.items():
            score = count / (len(mine) + len(self._sets[number]) - count)
            name = self.texts[number].benchmark
            if score >= SIMILAR and score > best.get(name, (0.0, 0))[0]:
                best[name] = (score, number)
        return [self._match(text, score, number) for score, number in best.values()]

    def _match(self, text: str, score: float, number: int) -> Match:
        one = self.texts[number]
        return Match(
            NEAR_DUPLICATE, "minhash", round(score, 4), one.benchmark, one.row, one.field, 0, len(text), 0,
            len(one.text), one.text,
        )  # fmt: skip


def _triples(texts: Sequence[str]) -> list[list[int]]:
    """The word triples of each text, as hashes."""
    words = read_words(texts)
    hashes = PassageHashes(words.hashes).grams(_SIZE)
    bounds = zip(words.bounds[:-1], words.bounds[1:], strict=True)
    return [hashes[first : max(first, end - _SIZE + 1)].tolist() for first, end in bounds]


def _signatures(triples: Sequence[Sequence[int]]) -> object:
    return RMinHash.digest_matrix_from_token_hash_sets(triples, _PERMUTATIONS, _SEED)
