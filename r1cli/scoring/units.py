"""Numbers with a unit: math-verify knows some units, and reads others as a product, 72 km/h as 72*k*m/h.

Only certain cases count: a number, optionally followed by a unit from the table below.
"""

import re
from typing import NamedTuple

# The name of each unit, and then its other spellings.
_SPELLINGS = """
mm millimeter millimetre, cm centimeter centimetre, m meter metre, km kilometer kilometre,
in inch inches, ft foot feet, yd yard, mi mile, mi/h mph, km/h kmh kmph kph,
mg milligram, g gm gram, kg kilogram, lb pound, oz ounce, ton tonne,
ms millisecond, s sec second, min minute, h hr hour, day, week, month, yr year,
ml milliliter millilitre, L l liter litre, gal gallon,
J joule, kJ kilojoule, cal calorie, kcal kilocalorie, kWh, N newton, W watt, kW kilowatt, V volt,
Hz hertz, kHz kilohertz, MHz megahertz, Pa pascal, kPa kilopascal, K kelvin, mol mole,
$ dollar USD, cent, € euro EUR, £ GBP, ¥ yen, ₹ rupee, yuan,
° deg, °C °celsius, °F °fahrenheit
"""
_POWERS = {"sq": "^2", "squared": "^2", "square": "^2", "²": "^2", "^2": "^2"} | {
    "cu": "^3", "cubed": "^3", "cubic": "^3", "³": "^3", "^3": "^3",
}  # fmt: skip


def _key(word: str) -> str:
    """A word as a key of the table: the case of a single letter matters."""
    return word if len(word) == 1 else word.lower()


_UNITS = {
    _key(spelling) + ending: spellings.split()[0]
    for spellings in _SPELLINGS.split(",")
    for spelling in spellings.split()
    for ending in (("", "s") if len(spelling) > 1 else ("",))
}

_WRAPPED = re.compile(r"\\(?:text|textrm|mathrm|mbox|operatorname)\s*\{([^{}]*)\}")
_SPACE = re.compile(r"~|\\[ ,;:!]")
_DEGREES = re.compile(r"(?:\^\s*\{?\s*\\circ\s*\}?|°|\bdegrees?\b)\s*")
_MATH = re.compile(r"\\[()\[\]]|(?<!\\)\$")
_COMMAND = r"\\(?:[dt]?frac|sqrt|pi|times|cdot)(?![A-Za-z])"
# Not a sum: in 5 + 2 m only the 2 has the unit. A number ends where nothing more has to follow.
_NUMBER = rf"-?\s*(?:\.?\d|{_COMMAND})(?:[\d\s.,*/^(){{}}]|(?<=[\^{{(])-|{_COMMAND})*(?<=[\d)}}i])"
_QUANTITY = re.compile(rf"(?:[^\d,;=<>]*(?:\bis|:)\s*)?([$€£¥₹]?)({_NUMBER})(.*)", re.DOTALL)
_PER = re.compile(r"\s*/\s*|\s+per\s+")
_EXPONENT = re.compile(r"\s*\^\s*\{?(\d)\}?")
_POWER = r"\^[23]|[²³]"
_FACTOR = re.compile(
    rf"(?:(square|sq|cubic|cu)\.?\s+)?([A-Za-z]+|°[A-Za-z]*|[$€£¥₹])\.?\s*({_POWER}|squared|cubed)?"
)
# 5m/s may be a product of variables, and so may 5 N and 5 s^2 in spite of the space; 5 m^2 hardly can.
_PRODUCT = re.compile(rf"[A-Za-z](?:{_POWER})?(?:/[A-Za-z](?:{_POWER})?)*|\s+(?:[A-Z]|[a-ln-z](?:{_POWER}))")
# Longer than any number with its unit and a few words before it.
_LONGEST = 200


class Quantity(NamedTuple):
    """A number as written, and the table's name of its unit, "" if it has no unit.

    ``sure`` is false if the unit may be a product of variables.
    """

    number: str
    unit: str
    sure: bool

    def may_equal(self, other: "Quantity") -> bool:
        """Whether the two are equal if their numbers are: the unit is the same, or only one has a unit."""
        if self.unit and other.unit:
            return self.unit == other.unit
        return self.unit != other.unit and self.sure and other.sure


def read_quantity(text: str, *, boxed: bool = False) -> Quantity | None:
    """The quantity that a text consists of, or has after #### or in its only box.

    Args:
        text: a gold, or an answer.
        boxed: it counts only in a box.
    """
    text = text.rpartition("####")[2]
    _, box, rest = text.partition("\\boxed")
    if box:
        text = "" if "\\boxed" in rest else _in_braces(rest)
    if len(text) > _LONGEST or (boxed and not box):
        return None
    found = _QUANTITY.fullmatch(_without_marks(text))
    if not found:
        return None
    currency, number, behind = found.groups()
    behind = _EXPONENT.sub(r"^\1", behind)
    unit = None if currency and behind else _unit(currency or behind)
    return None if unit is None else Quantity(number, unit, not _PRODUCT.fullmatch(behind))


def _in_braces(text: str) -> str:
    """The text inside the braces at the beginning of a text."""
    depth = 0
    for place, letter in enumerate(text[: 2 * _LONGEST]):
        depth += (letter == "{") - (letter == "}")
        if letter == "}" and depth == 0:
            return text[:place].lstrip()[1:]
    return ""


def _without_marks(text: str) -> str:
    """The text without LaTeX's marks for mathematics, words and spaces; degrees as °."""
    # A single dollar sign means money.
    if len(_MATH.findall(text)) % 2 == 0:
        text = _MATH.sub("", text)
    text = _WRAPPED.sub(r" \1 ", text.replace("\\$", "$"))
    return _DEGREES.sub(" °", _SPACE.sub(" ", text)).strip().rstrip(" .")


def _unit(text: str) -> str | None:
    """The name of a simple or compound unit; None if it is not in the table."""
    names = []
    for part in _PER.split(text.strip()) if text else ():
        factor = _FACTOR.fullmatch(part)
        name = _UNITS.get(_key(factor[2])) if factor else None
        if not factor or name is None:
            return None
        names.append(name + _POWERS.get(factor[1] or factor[3], ""))
    return "/".join(names)
