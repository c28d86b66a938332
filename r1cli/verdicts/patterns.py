"""Patterns of the words in `phrases`."""

import re
from itertools import groupby

#: The beginning of a word, in scripts that part them.
BEGINS = "(?<![A-Za-zÀ-ÿА-яё])"


def either(words: tuple[str, ...]) -> str:
    """A pattern of one of the words, the longest first; whole words, in scripts that part them."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(_alike(tuple(alike), parted) for parted, alike in groupby(longest_first, _is_parted))


def _is_parted(word: str) -> bool:
    return "a" <= word[-1] < "\u2e80"


def _alike(words: tuple[str, ...], parted: bool) -> str:
    """One look ahead for all of them, as each takes time to compile."""
    pattern = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words)
    return rf"(?:{pattern})(?![^\W\d_])" if parted else pattern
