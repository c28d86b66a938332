"""The method ``openr1``: the verdicts of open-r1's script, which compares words as they stand.

It lower-cases a text and squeezes its blanks. A row is contaminated if any n words that follow each other in
it do so in a question of a benchmark as well. Nothing is weighted, so that a common phrase is enough; another
comma, or another spelling in LaTeX, hides a leak; and a text of fewer words never matches.
"""

import re
from collections.abc import Iterator, Sequence

from r1cli.decontaminate.benchmark_texts import QUESTION, BenchmarkText
from r1cli.decontaminate.hit import CONTAMINATED, Match
from r1cli.decontaminate.overlap import RowWords, find_overlap
from r1cli.decontaminate.schema import OPENR1

_WORD = re.compile(r"\S+")


def words_of(text: str) -> list[str]:
    """The words that are compared."""
    return text.lower().split()


def grams_of(text: str, size: int) -> set[str]:
    """Every ``size`` words that follow each other."""
    words = words_of(text)
    return {" ".join(words[start : start + size]) for start in range(len(words) - size + 1)}


class OpenR1Search:
    """Searches for the questions of benchmarks, one text at a time.

    Args:
        texts: of the benchmarks; answers and solutions are not looked at.
        size: words of an n-gram.
    """

    def __init__(self, texts: Sequence[BenchmarkText], size: int) -> None:
        self.size = size
        self.texts = [one for one in texts if one.field == QUESTION]
        self.too_short = sum(len(words_of(one.text)) < size for one in self.texts)
        self._numbers: dict[str, list[int]] = {}
        for number, one in enumerate(self.texts):
            for gram in grams_of(one.text, size):
                self._numbers.setdefault(gram, []).append(number)

    def is_contaminated(self, text: str) -> bool:
        """The verdict on a text."""
        return any(gram in self._numbers for gram in grams_of(text, self.size))

    def matches(self, text: str) -> list[Match]:
        """The matches of a text: for each benchmark the text that has most in common with it."""
        counts: dict[int, int] = {}
        for gram in grams_of(text, self.size):
            for number in self._numbers.get(gram, ()):
                counts[number] = counts.get(number, 0) + 1
        best: dict[str, int] = {}
        for number in sorted(counts, key=lambda one: (-counts[one], one)):
            best.setdefault(self.texts[number].benchmark, number)
        return [match for number in best.values() for match in self._match(text, number)]

    def _match(self, text: str, number: int) -> Iterator[Match]:
        one = self.texts[number]
        row, benchmark = words_of(text), words_of(one.text)
        starts = range(len(benchmark) - self.size + 1)
        overlap = find_overlap(RowWords(row, self.size), benchmark, starts)
        if overlap is not None:
            start, end = _span(text, overlap.row)
            first, last = _span(one.text, overlap.benchmark)
            score = round(len(overlap.starts) / len(starts), 4)
            yield Match(
                CONTAMINATED, OPENR1, score, one.benchmark, one.row, one.field, start, end, first, last,
                one.text[first:last],
            )  # fmt: skip


def _span(text: str, words: tuple[int, int]) -> tuple[int, int]:
    places = [word.span() for word in _WORD.finditer(text)]
    return places[words[0]][0], places[words[1]][1]
