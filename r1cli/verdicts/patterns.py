"""Patterns of the words in `phrases`."""

import re

#: The beginning of a word, in scripts that part them.
BEGINS = "(?<![A-Za-zÀ-ÿА-яё])"


def either(words: tuple[str, ...]) -> str:
    """A pattern of one of the words, the longest first; whole words, in scripts that part them."""
    return "|".join(
        re.escape(word).replace(r"\ ", r"\s+") + (r"(?![^\W\d_])" if "a" <= word[-1] < "\u2e80" else "")
        for word in sorted(words, key=len, reverse=True)
    )
