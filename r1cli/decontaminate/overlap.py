"""What two texts have in common, word by word: the certain answer for pairs that the search has found."""

from collections.abc import Sequence
from dataclasses import dataclass

from r1cli.decontaminate.word_arrays import Key

# Of an n-gram that a text repeats, this number of places is looked at.
_PLACES = 16


@dataclass(frozen=True)
class Overlap:
    """The n-grams of a benchmark's text that a row contains.

    Args:
        starts: at which words of the benchmark's text they begin.
        benchmark: first and last word of the longest passage that is the same in both, in the benchmark.
        row: the same in the row.
        reach: first and last word of all that is the same, in the row.
        is_everything: whether the two texts are the same.
    """

    starts: list[int]
    benchmark: tuple[int, int]
    row: tuple[int, int]
    reach: tuple[int, int]
    is_everything: bool = False


class RowWords:
    """The words of a row's text, and where their n-grams are.

    Args:
        words: of the text.
        size: words of an n-gram.
    """

    def __init__(self, words: Sequence[Key], size: int) -> None:
        self.words = list(words)
        self.size = size
        self.places: dict[tuple[Key, ...], list[int]] = {}
        for place, gram in enumerate(zip(*(words[offset:] for offset in range(size)), strict=False)):
            self.places.setdefault(gram, []).append(place)


def find_overlap(row: RowWords, benchmark: Sequence[Key], starts: Sequence[int]) -> Overlap | None:
    """The overlap of two texts, or None.

    Args:
        row: the words of the row's text.
        benchmark: the words of the benchmark's.
        starts: at which words of the benchmark's text the n-grams begin that count.
    """
    if row.words and row.words == list(benchmark):
        everything = (0, len(row.words) - 1)
        return Overlap(list(starts), everything, everything, everything, True)
    size = row.size
    found: list[int] = []
    reached: list[int] = []
    best = (0, 0, 0)
    # For each place in the row, how many n-grams before it were the same.
    runs: dict[int, int] = {}
    before = -2
    for start in starts:
        here = row.places.get(tuple(benchmark[start : start + size]), [])[:_PLACES]
        follows = runs if start == before + 1 else {}
        runs = {place: follows.get(place - 1, 0) + 1 for place in here}
        before = start
        if runs:
            found.append(start)
            place, length = max(runs.items(), key=lambda item: item[1])
            reached.append(place)
            best = max(best, (length, start, place))
    if not found:
        return None
    length, start, place = best
    return Overlap(
        found,
        (start - length + 1, start + size - 1),
        (place - length + 1, place + size - 1),
        (min(reached), max(reached) + size - 1),
    )
