"""What each character is to a comparison of words: how it is spelt plainly, and whether it makes a word.

The tables have an entry for each code point below `LIMIT`, so that many characters are looked up at once.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

#: After it there are no letters.
LIMIT = 0x323B0

#: Characters below it need no table.
ASCII = 0x80

#: Kinds of characters. A word is a run of one kind, a character of `ALONE`, or a named symbol.
SEPARATOR, LETTER, NUMBER, ALONE, RAISED_NUMBER, RAISED_LETTER, GREEK, SYMBOL = range(8)

# Scripts that are written without blanks: each character is a word.
_WITHOUT_BLANKS = ((0x0E00, 0x0E80), (0x3040, 0x3100), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, LIMIT))
# None of these has another spelling.
_AS_THEY_ARE = (*_WITHOUT_BLANKS, (0xAC00, 0xD7A4))
# Surrogates and private characters.
_NO_LETTERS = ((0xD800, 0xF900),)
# Rare scripts, whose characters do not have variants.
_RARE = ((0x11000, 0x1D400), (0x1D800, 0x20000))
_GREEK = (0x0391, 0x03CA)
_SYMBOLS = {"√": "sqrt"}
# The categories of the vowels of some scripts.
_VOWELS = ("Mn", "Mc")
# Accents, and what chooses between pictures of a character.
_MARKS = re.compile("[\u0300-\u036f\ufe00-\ufe0f]")


@dataclass(frozen=True)
class Alphabet:
    """The tables, by code point.

    Args:
        plain: the character that stands for it: lower case, without accents, the usual form of a variant.
        kind: one of the kinds.
        byte: the plain character in a byte, for hashes: that of ASCII itself, of others the lower bits.
        is_respelt: whether it is replaced by a text of another length.
        spellings: these texts.
        names: the word that a Greek letter by itself, or a symbol, stands for.
    """

    plain: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    byte: NDArray[np.uint8]
    is_respelt: NDArray[np.bool_]
    spellings: dict[int, str]
    names: dict[int, str]


@cache
def alphabet() -> Alphabet:
    plain = np.arange(LIMIT, dtype=np.uint32)
    kind = np.zeros(LIMIT, dtype=np.uint8)
    spellings: dict[int, str] = {}
    for first, end in _AS_THEY_ARE:
        kind[first:end] = LETTER
    for point in _points():
        text = _spelt(chr(point))
        if not any(map(str.isalnum, text)):
            category = unicodedata.category(chr(point))
            if category == "Cf" or _MARKS.match(chr(point)):
                spellings[point] = ""
            elif category in _VOWELS:
                kind[point] = LETTER
            continue
        if len(text) > 1:
            spellings[point] = text
            continue
        plain[point] = ord(text)
        kind[point] = _kind_of(point, text)
    for first, end in _WITHOUT_BLANKS:
        kind[first:end] = np.where(kind[first:end] == LETTER, ALONE, kind[first:end])
    names = {ord(symbol): name for symbol, name in _SYMBOLS.items()}
    kind[list(names)] = SYMBOL
    for point in range(*_GREEK):
        if kind[point] == GREEK and plain[point] == point:
            name = unicodedata.name(chr(point)).removeprefix("GREEK SMALL LETTER ").lower()
            names[point] = {"lamda": "lambda", "final sigma": "sigma"}.get(name, name)
    respelt = np.zeros(LIMIT, dtype=np.bool_)
    respelt[list(spellings)] = True
    byte = np.where(plain < ASCII, plain, ASCII | (plain % ASCII)).astype(np.uint8)
    return Alphabet(plain, kind, byte, respelt, spellings, names)


def _points() -> Iterable[int]:
    left_out = np.zeros(LIMIT, dtype=np.bool_)
    for first, end in (*_AS_THEY_ARE, *_NO_LETTERS):
        left_out[first:end] = True
    for first, end in _RARE:
        left_out[first:end] = [not _is_letter(chr(point)) for point in range(first, end)]
    points: list[int] = np.flatnonzero(~left_out).tolist()
    return points


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character) in _VOWELS


def _spelt(character: str) -> str:
    """The plain spelling of a character: what Unicode calls compatible, in lower case, without accents."""
    if any(first <= ord(character) < end for first, end in _RARE):
        return character.lower()
    text = unicodedata.normalize("NFKC", character).casefold()
    text = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text)))
    if not text.isascii():
        # Digits of other scripts are the same numbers.
        text = "".join(str(unicodedata.decimal(one, one)) for one in text)
    if len(text) == 1:
        return text
    text = "".join(one if one.isalnum() else " " for one in text)
    return f" {text} " if unicodedata.decomposition(character).startswith("<fraction>") else text


def _kind_of(point: int, plain: str) -> int:
    raised = unicodedata.decomposition(chr(point)).startswith(("<super>", "<sub>"))
    if plain.isdecimal():
        return RAISED_NUMBER if raised else NUMBER
    if _GREEK[0] <= ord(plain) < _GREEK[1]:
        return GREEK
    return RAISED_LETTER if raised else LETTER
