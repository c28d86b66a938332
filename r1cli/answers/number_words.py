"""The words for numbers in English: one, twelve, seventy; and for places and parts: third, twelfths."""

ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
#: What each word is worth; "a" is one.
VALUES = (
    {"zero": 0, "a": 1}
    | {word: value for value, word in enumerate((*ONES, *TEENS), 1)}
    | {word: 10 * value for value, word in enumerate(TENS, 2)}
)
_IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def _ordinal(word: str) -> str:
    stem = word.removesuffix("y") + "ie" * word.endswith("y")
    return _IRREGULAR.get(word, f"{stem}th")


#: The word for each place: first, twelfth, thirtieth.
ORDINALS = {_ordinal(word): value for word, value in VALUES.items() if word not in ("zero", "a")}
#: The word for each part, and for several of them: third, thirds, twentieths.
PARTS = (
    {word: value for word, value in ORDINALS.items() if value > 2}
    | {f"{word}s": value for word, value in ORDINALS.items() if value > 2}
    | {"half": 2, "halves": 2, "quarter": 4, "quarters": 4, "hundredth": 100, "hundredths": 100}
    | {"thousandth": 1000, "thousandths": 1000}
)
