"""Numbers in English words: twelve, minus three, two hundred and five, two and a half, twenty-one apples."""

import re
from fractions import Fraction

from r1cli.answers.kinds import Node
from r1cli.answers.magnitudes import is_magnitude
from r1cli.answers.number_words import ONES, PARTS, TEENS, TENS, VALUES
from r1cli.answers.quantity import read_quantity
from r1cli.answers.scanner import NotReadable
from r1cli.answers.units import is_plural, read_unit, singular
from r1cli.answers.words import ungrouped

_ONE = "(?:" + "|".join(ONES) + ")"
_BELOW_100 = rf"(?:(?:{'|'.join(TENS)})(?:[- ]{_ONE})?|{'|'.join(TEENS)}|{_ONE})"
_BELOW_1000 = rf"(?:(?:a|{_ONE})[ ]hundred(?:(?:[ ]and)?[ ]{_BELOW_100})?|{_BELOW_100})"
_NUMERAL = re.compile(
    rf"(?P<sign>(?:minus|negative)[ ])?"
    rf"(?P<words>zero|(?:a|{_BELOW_1000})[ ]thousand(?:(?:,|[ ]and)?[ ]{_BELOW_1000})?|{_BELOW_1000})"
    r"(?![\w'-])\s*",
    re.IGNORECASE,
)
_PART = "|".join(sorted(PARTS, key=len, reverse=True))
# Three fourths, two and a half, 2 and three-quarters; negative 3.
_FRACTION = re.compile(
    rf"(?P<sign>(?:minus|negative)[ ])?(?:(?P<whole>\d{{1,9}}|[a-z][a-z -]*?)[ ]and[ ])?"
    rf"(?P<count>[a-z]+(?:[- ][a-z]+)?)[- ](?P<part>{_PART})(?![\w'-])\s*",
    re.IGNORECASE,
)
_SIGN = re.compile(r"(?:minus|negative) (?=[\d.¤\\])", re.IGNORECASE)
_OF_ONE = re.compile(r"of an? ")
_LETTERS = re.compile("[a-z]+")
_NOUNS = re.compile(r"[A-Za-z]+(?:[ ][A-Za-z]+){0,2}")
# One half, two elevenths: no number of things.
_PARTS = re.compile(r".*(?:half|halves|thirds?|quarters?|seconds?|ths?)")
# "one of them" is something else, as is "five to one".
_NO_NOUNS = frozenset(("of", "and", "or", "to", "by", "in", "out", "from", "per", "for", "at", "with", "a"))


def read_numeral(text: str) -> Node | None:
    """A number in words, perhaps with a unit or with what is counted after it; None if it is none."""
    plain = ungrouped(text)
    try:
        if sign := _SIGN.match(plain):
            return read_quantity(f"-{plain[sign.end() :]}")
        return _fraction(plain) or _numeral(plain)
    except NotReadable:
        return None


def _numeral(text: str) -> Node | None:
    found = _NUMERAL.match(text)
    if not found:
        return None
    value, rest = _value(found["words"].lower()), text[found.end() :]
    if rest and not _is_counted(rest, value):
        return None
    return read_quantity(f"{-value if found['sign'] else value} {rest}".strip())


def _fraction(text: str) -> Node | None:
    found = _FRACTION.match(text)
    if not found:
        return None
    whole, count = found["whole"] or "0", found["count"].lower()
    if not (whole.isdecimal() or _NUMERAL.fullmatch(whole)) or not (
        count in ("a", "an") or _NUMERAL.fullmatch(count)
    ):
        return None
    part, rest = found["part"].lower(), _OF_ONE.sub("", text[found.end() :])
    # Of "twenty third", the plural shows that it is a part and not a place.
    is_part = (_value(count) == 1) == (part == "half" or not part.endswith("s"))
    if not is_part or (rest and not (_NOUNS.fullmatch(rest) and _NO_NOUNS.isdisjoint(rest.lower().split()))):
        return None
    total = Fraction(_value(count), PARTS[part])
    total += int(whole) if whole.isdecimal() else _value(whole.lower())
    return read_quantity(f"{-total if found['sign'] else total} {rest}".strip())


def _value(words: str) -> int:
    thousands = below = 0
    for word in _LETTERS.findall(words):
        if word == "thousand":
            thousands, below = below, 0
        elif word == "hundred":
            below *= 100
        elif word != "and":
            below += VALUES["a" if word == "an" else word]
    return 1000 * thousands + below


def _is_counted(rest: str, value: int) -> bool:
    """Whether a unit, or the name of the things that it counts, follows a number."""
    if read_unit(rest) or rest.lower() in ("percent", "per cent", "%") or is_magnitude(rest):
        return True
    words = rest.lower().split()
    if not _NOUNS.fullmatch(rest) or _NO_NOUNS.intersection(words):
        return False
    # Three fives are not a number of things either.
    if _PARTS.fullmatch(words[-1]) or {words[-1].removesuffix("s"), singular(words[-1])} & VALUES.keys():
        return False
    return len(words) == 1 if value == 1 else is_plural(words[-1])
