"""The words of one text, to be compared with those of another."""

from collections import Counter
from functools import cached_property

from r1cli.decontaminate.word_arrays import Key, Words

_NUMBER = "#"


class TextWords:
    """The words of one of several texts.

    Args:
        words: of the texts.
        text: its number.
    """

    def __init__(self, words: Words, text: int) -> None:
        self._words = words
        self._text = text

    @cached_property
    def keys(self) -> list[Key]:
        """What tells each word from every other."""
        return self._words.keys(self._text)

    @cached_property
    def masked(self) -> list[Key]:
        """The same with every number alike."""
        first, end = self._words.bounds[self._text : self._text + 2].tolist()
        is_number = self._words.is_number[first:end].tolist()
        return [_NUMBER if number else key for key, number in zip(self.keys, is_number, strict=True)]

    def numbers(self, first: int = 0, last: int | None = None) -> Counter[Key]:
        """The numbers among some words, the last one included."""
        end = len(self.keys) if last is None else last + 1
        pairs = zip(self.keys[first:end], self.masked[first:end], strict=True)
        return Counter(key for key, masked in pairs if masked == _NUMBER)

    def span(self, words: tuple[int, int]) -> tuple[int, int]:
        """From where to where a first to a last word reach in the text, in characters."""
        first, last = words
        return self._words.span(self._text, first, last)
