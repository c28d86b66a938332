"""Reads a value with what is around it: a unit, a currency, a percent sign, a noun, a base."""

import re
from fractions import Fraction

from r1cli.answers.expression import beginning, whole
from r1cli.answers.kinds import Based, Name, Node, Number, Product, Quantity
from r1cli.answers.magnitudes import magnitude
from r1cli.answers.nouns import EACH, noun
from r1cli.answers.scanner import NotReadable
from r1cli.answers.units import inline_fraction, micro, read_unit
from r1cli.answers.words import ungrouped, unspaced_groups

_BASED = re.compile(
    r"""
    \(? ([0-9A-Fa-f]+) \)? \s* _ \s* (?: \{ \s* (?:\\text\s*\{)? \s* (\w+) \s* \}? \s* \} | (\d+) )
    | ([0-9A-Fa-f]+) \s* \(? (?:in[ ])? base \s* (\d+) \)?
    """,
    re.VERBOSE,
)
_BASE_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "sixteen": 16,
}  # fmt: skip
_ORDINAL = re.compile(
    r"""
    (\d+) \s* (?: \^ \s* )? (?: \{ \s* )?
    (?: \\(?:text|mathrm) \s* \{ \s* (?:st|nd|rd|th) \s* \}
      | (?<=\d) (?:st|nd|rd|th) (?![a-z])
      | \^ \s* \{? \s* (?:st|nd|rd|th) \s* \}? )
    \s* \}? (.*)
    """,
    re.VERBOSE,
)
_CHINESE_ORDINAL = re.compile(r"第\s*(\d+)\s*(.*)")
_TEMPERATURE = re.compile(
    r"(.*?)\^\s*\{?\s*\\circ\s*\}?\s*(?:\\(?:text|mathrm)\s*\{\s*)?([CF])(?:elsius|ahrenheit)?\s*\}?"
)
_CURRENCY = re.compile(r"([+-]?\s*)(\\(?:text|mathrm)\s*\{\s*)?(?:US\s*(?=[¤$]))?([¤$€£¥₹])(?(2)\s*\})")
_PERCENT = re.compile(
    r"(?:%|(?:per ?cent|pct|percentage points?|Prozent|pour ?cent|por ?ciento|por ?cento|per ?cento)\b"
    r"|процент(?:а|ов)?\b|个?百分点|퍼센트|パーセント)\s*"
)
_BRACED_POWER = re.compile(r"\^\s*\{\s*(-?\d)\s*\}")
# $30 per hour, $30/h: a currency by a unit.
_RATE = re.compile(r"(.*[\d}])\s*(?:/|\bper\b|\ban?\b)\s*(.+)")
_GROUP = re.compile(r"\\(?:text|mathrm)\s*\{([^{}]*)\}")
_OF = re.compile(r"^of\b\s*")


def read_quantity(text: str) -> Node:
    """An expression, with what is around it.

    Raises:
        NotReadable: it is none, or something else is there.
    """
    based = _based(text)
    if based:
        return based
    temperature = _TEMPERATURE.fullmatch(text)
    if temperature:
        return Quantity(whole(temperature[1]), read_unit("°" + temperature[2]))
    ordinal = _ORDINAL.fullmatch(text) or _CHINESE_ORDINAL.fullmatch(text)
    if ordinal:
        return _with_noun(Number(Fraction(int(ordinal[1]))), ordinal[2])
    currency = _CURRENCY.match(text)
    if currency:
        amount = currency[1] + text[currency.end() :].strip()
        return _rate(amount, currency[3]) or _priced(read_quantity(amount), currency[3])
    value, tail = beginning(inline_fraction(micro(text, letters=False), letters=False))
    return _with_tail(value, tail)


# A number squared is not a quantity; and 5 cm long are 5 cm.
_OPERATION = re.compile(r"(?:squared|cubed|factorial)\b", re.IGNORECASE)
_EXTENT = re.compile(r"\s+(?:long|tall|wide|high|deep|thick|old|away|apart)$", re.IGNORECASE)


def _based(text: str) -> Based | None:
    found = _BASED.fullmatch(unspaced_groups(text))
    if not found:
        return None
    digits, word = (found[1], found[2] or found[3]) if found[1] else (found[4], found[5])
    try:
        base = int(_BASE_WORDS.get(word.lower(), word))
        int(digits, base)
    except ValueError:
        return None
    return Based(digits.upper().lstrip("0") or "0", base)


def _rate(amount: str, sign: str) -> Quantity | None:
    found = _RATE.fullmatch(_GROUP.sub(r" \1", amount))
    unit = read_unit(f"{sign}/{found[2].strip()}") if found else None
    return Quantity(whole(found[1]), unit) if found and unit else None


def _priced(amount: Node, sign: str) -> Quantity:
    """An amount with a currency sign before it; $5 dollars is as much."""
    unit = read_unit(sign)
    if not isinstance(amount, Quantity):
        return Quantity(amount, unit)
    if amount.percent or amount.unit not in (None, unit):
        raise NotReadable
    rate = (EACH,) if EACH in amount.noun else ()
    return Quantity(amount.value, unit, noun=rate) if amount.unit is None else amount


def _with_tail(value: Node, tail: str) -> Node:
    """A value with percent signs, magnitudes, units or nouns after it."""
    tail = ungrouped(_BRACED_POWER.sub(r"^\1", tail))
    if not tail:
        return value
    if isinstance(value, Name):
        raise NotReadable  # C. B
    percent = _PERCENT.match(tail)
    if percent:
        rest = tail[percent.end() :].strip()
        return Quantity(value, percent=True, noun=noun(rest) if rest else ())
    if found := magnitude(tail):
        word, factor = found[0], Fraction(found[1])
        value = value.times(factor) if isinstance(value, Number) else Product((value, Number(factor)))
        return _with_tail(value, _OF.sub("", tail[len(word) :].strip()))
    if _OPERATION.match(tail):
        raise NotReadable
    unit = read_unit(_EXTENT.sub("", tail))
    # 2 M may be two million.
    return _with_noun(value, tail) if unit is None else Quantity(value, unit, sure=tail != "M")


def _with_noun(value: Node, tail: str) -> Node:
    tail = ungrouped(tail)
    return Quantity(value, noun=noun(tail)) if tail else value
