"""Units of measurement, currencies, magnitudes: what can be after a number."""

import re
from collections import Counter
from fractions import Fraction
from functools import lru_cache

from r1cli.answers.kinds import Unit

# Name of the unit, its size in base units, and its spellings; a single letter keeps its case.
_TABLE = """
L m        1            m meter metre | 米 公尺
L km       1000         km kilometer kilometre | 千米 公里
L cm       1/100        cm centimeter centimetre | 厘米 公分
L mm       1/1000       mm millimeter millimetre | 毫米
L um       1/1000000    um micrometer micron
L nm       1/1000000000 nm nanometer nanometre
L A        1/10000000000 angstrom ångström
L dm       1/10         dm decimeter decimetre | 分米
L in       127/5000     in inch inches
L ft       381/1250     ft foot feet
L yd       1143/1250    yd yard
L mi       201168/125   mi mile | 英里
L ly       9460730472580800 ly lightyear light-year
M kg       1000         kg kilogram kilogramme kilo | 千克 公斤
M g        1            g gm gram gramme | 克
M mg       1/1000       mg milligram | 毫克
M t        1000000      t tonne | 吨
M ton      1000000      ton
M lb       45359237/100000 lb lbs pound
M oz       45359237/1600000 oz ounce
T s        1            s sec second | 秒
T ms       1/1000       ms millisecond | 毫秒
T min      60           min mins minute | 分 分钟
T h        3600         h hr hrs hour | 小时 时
T day      86400        d day | 天
T week     604800       week wk wks | 周 星期
T month    2629746      month | 月
T year     31556952     year yr yrs | 年
A A        1            A amp ampere | 安
A mA       1/1000       mA milliamp
K K        1            K kelvin
N mol      1            mol mole | 摩尔
USD $      1            $ dollar USD buck | 美元
USD cent   1/100        cent ¢ penny pennies pence
EUR EUR    1            € euro EUR | 欧元
GBP GBP    1            £ GBP
JPY JPY    1            JPY | 日元
CNY CNY    1            ¥ CNY RMB yuan yen | 元 块
CNY jiao   1/10         jiao | 角
INR INR    1            ₹ rupee Rs INR
deg deg    1            ° deg degree | 度
C C        1            °C celsius
F F        1            °F fahrenheit
rad rad    1            rad radian | 弧度
bit bit    1            bit
bit byte   8            byte B
bit kB     8000         kB KB kilobyte
bit MB     8000000      MB megabyte
bit GB     8000000000   GB gigabyte
"""
# Derived: name, size, dimension, spellings.
_DERIVED = """
N 1000 M L T-2 : N newton | 牛 牛顿
kN 1000000 M L T-2 : kN
J 1000 M L2 T-2 : J joule | 焦耳 焦
kJ 1000000 M L2 T-2 : kJ kilojoule
cal 4184 M L2 T-2 : cal calorie
kcal 4184000 M L2 T-2 : kcal kilocalorie
kWh 3600000000 M L2 T-2 : kWh
eV 801088317/5000000000000000000000000 M L2 T-2 : eV electronvolt electron-volt
Wh 3600000 M L2 T-2 : Wh watt-hour
W 1000 M L2 T-3 : W watt | 瓦 瓦特
kW 1000000 M L2 T-3 : kW kilowatt
V 1000 M L2 T-3 A-1 : V volt | 伏 伏特
Ohm 1000 M L2 T-3 A-2 : ohm Ohm \\Omega | 欧姆 欧
C 1 A T : coulomb
Hz 1 T-1 : Hz hertz | 赫兹
kHz 1000 T-1 : kHz kilohertz
MHz 1000000 T-1 : MHz megahertz
Pa 1000 M L-1 T-2 : Pa pascal | 帕
kPa 1000000 M L-1 T-2 : kPa kilopascal
MPa 1000000000 M L-1 T-2 : MPa megapascal
mPa 1 M L-1 T-2 : mPa millipascal
atm 101325000 M L-1 T-2 : atm atmosphere
L 1/1000 L3 : L l liter litre | 升
mL 1/1000000 L3 : ml mL milliliter millilitre cc | 毫升
gal 473176473/125000000000 L3 : gal gallon
mph 1397/3125 L T-1 : mph
kmh 5/18 L T-1 : kmh kmph kph
ha 10000 L2 : ha hectare | 公顷
acre 316160658/78125 L2 : acre
T 1000 M T-2 A-1 : tesla
F 1/1000 A2 T4 M-1 L-2 : farad
"""
# Symbols, each with the prefixes that it has; as words they may be products, and have no plural.
_SYMBOLS_OF_SI = """
m fpnumcdkM
g num
s fpnum
A num
L num
N numkM
J numkMGT
W numkMGT
V numkM
Wh kMGT
eV mkMGT
Ohm mkMG
C 1 A T : pnum
F 1/1000 A2 T4 M-1 L-2 : pnum
H 1000 M L2 T-2 A-2 : num
T 1000 M T-2 A-1 : num
Hz kMGT
Pa mhkMG
bar 100000000 M L-1 T-2 : mk
M 1000 N L-3 : num
mol num
cal k
rad m
Å 1/10000000000 L :
"""
_PREFIXES = {
    "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "d": -1, "h": 2, "k": 3, "M": 6, "G": 9, "T": 12,
}  # fmt: skip
_CHINESE_AREAS = {"平方": 2, "立方": 3}
#: What says nothing of what is counted.
EMPTY_NOUNS = frozenset((
    "approximately", "approx", "about", "total", "in", "unit", "units", "way", "ways", "exactly", "only",
    "altogether", "of", "the", "a", "an", "all", "answer", "个", "只", "条", "本", "人", "名", "支",
    "元整", "种", "次", "more", "left", "long", "old", "away", "apart",
))  # fmt: skip
_POWERS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cu": 3, "cubed": 3} | _CHINESE_AREAS
# No unit is longer, and none has a higher power.
_LONGEST, _HIGHEST = 80, 9

_IRREGULAR = {
    "children": "child", "people": "person", "men": "man", "women": "woman", "feet": "foot", "mice": "mouse",
    "geese": "goose", "teeth": "tooth", "halves": "half", "persons": "person",
}  # fmt: skip
_ENDINGS = (
    ("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss"), ("xes", "x"), ("ves", "f"), ("s", ""),
)  # fmt: skip

_UNITS: dict[str, Unit] = {}
_SYMBOLS: dict[str, Unit] = {}


def _key(word: str) -> str:
    """A word as it stands in the table: of short ones the case matters."""
    return word if len(word) <= 3 else word.lower()


def _enter(unit: Unit, words: list[str]) -> None:
    latin = True
    for word in words:
        if word == "|":
            latin = False
            continue
        forms = [word]
        if latin and len(word) > 2 and word.isalpha() and not word.isupper():
            forms += [word + "s", word + "es"] if word.endswith(("ch", "x")) else [word + "s"]
        for form in forms:
            _UNITS.setdefault(_key(form), unit)
            if latin and len(form) in (2, 3):
                _UNITS.setdefault(form.lower(), unit)


def _fill() -> None:
    for line in _TABLE.strip().splitlines():
        name, _, factor, *words = line.split()
        _enter(Unit(((name, 1),), Fraction(factor)), words)
    for line in _DERIVED.strip().splitlines():
        head, _, spellings = line.partition(" : ")
        _enter(_derived(head), spellings.split())
    for line in _SYMBOLS_OF_SI.strip().splitlines():
        head, colon, prefixes = line.partition(" :")
        symbol, *_ = head.split()
        unit = _derived(head) if colon else _UNITS[symbol]
        _SYMBOLS[symbol] = unit
        for prefix in prefixes.strip() if colon else head.split()[1]:
            size = unit.factor * Fraction(10) ** _PREFIXES[prefix]
            _SYMBOLS[prefix + symbol] = Unit(unit.dimension, size)


def _derived(head: str) -> Unit:
    """Of a name, a size and powers of base units."""
    _, factor, *powers = head.split()
    dimension = sorted((power[0], int(power[1:] or 1)) for power in powers)
    return Unit(tuple(dimension), Fraction(factor))


_fill()

_PART = re.compile(
    r"(?:(?P<before>square|sq|cubic|cu(?!p)|平方|立方)\.?\s*)?"
    r"(?P<word>°\s*[CF](?![A-Za-z])|°|[$€£¥₹¢¤]|\\Omega|[A-Za-zÅåö]+(?:-year|-volts?)?|[\u4e00-\u9fff]+)\.?"
    r"(?:\s*(?:\^\s*\{?\s*(?P<power>-?\d)\s*\}?|(?P<behind>squared|cubed)))?"
)
_DEGREES = re.compile(
    r"(?:°|\bdegrees?|\bdeg)\s*([CF])(?:elsius|ahrenheit)?\b|\b[cf](?=elsius|ahrenheit)", re.IGNORECASE
)
_SPACE = re.compile(r"\s")
_OHM = re.compile(r"\b([mkMG]) ?\\Omega")
# No space is in the group: \mu\text{ m} is mu times a metre.
_MICRO = re.compile(r"(?<=[\d}])( ?)\\mu ?(\\(?:text|mathrm)\s*\{)(?=[A-Za-z])")
_MICRO_INSIDE = re.compile(r"(\\(?:text|mathrm)\s*\{\s*)\\mu ?(?=[A-Za-z])")
_MICRO_LETTER = re.compile(r"(?<=[\d}])\s*\\mu\s*(?=[A-Za-z])")
_UPRIGHT_OR_LETTERS = r"(?:\\(?:text|mathrm)\s*\{[^{}\d]*\}|[A-Za-z]+)(?:\s*\^\s*\{?\s*\d\s*\}?)?"
_FACTORS = rf"({_UPRIGHT_OR_LETTERS}(?:\s*(?:\\cdot|\s)\s*{_UPRIGHT_OR_LETTERS})*)"
# \frac{\text{m}}{\text{s}^2} after a number.
_FRACTION = re.compile(rf"(?<=[\d)}}\s])\\frac\s*\{{\s*{_FACTORS}\s*\}}\s*\{{\s*{_FACTORS}\s*\}}$")
_JOINT = re.compile(r"\s*(?:(?P<per>/|\bper\b|每)|\\cdot|\\times|\*|·|-(?=[A-Za-z])|\s)\s*")


@lru_cache(maxsize=4096)
def read_unit(text: str) -> Unit | None:
    """The unit that a text consists of: ``m/s^2``, ``square feet``, ``kilometers per hour``; or None."""
    text = _OHM.sub(r"\1Ohm", text)
    text = _DEGREES.sub(lambda found: "°" + found[1].upper() if found[1] else found[0], text.strip())
    if not text or len(text) > _LONGEST:
        return None
    dimension = Counter[str]()
    factor, at, divides = Fraction(1), 0, ""
    while at < len(text):
        if at:
            joint = _JOINT.match(text, at)
            if not joint:
                return None
            at = joint.end()
            # A slash divides by all that follows, and "per" by one unit.
            divides = joint["per"] or (divides if divides == "/" else "")
        found = _one(text, at)
        if found is None:
            return None
        unit, power, at = found
        power *= -1 if divides else 1
        for name, exponent in unit.dimension:
            dimension[name] += power * exponent
        factor *= unit.factor**power
    return Unit(tuple(sorted((name, power) for name, power in dimension.items() if power)), factor)


def _one(text: str, at: int) -> tuple[Unit, int, int] | None:
    """The unit at a place, or what is in brackets there; its power, and the place after it."""
    if text.startswith("(", at):
        close = text.find(")", at)
        inside = read_unit(text[at + 1 : max(close, at + 1)])
        return (inside, 1, close + 1) if inside else None
    part = _PART.match(text, at)
    unit = _single(part["word"]) if part else None
    if not part or unit is None:
        return None
    power = int(part["power"] or 1) * _POWERS.get(part["before"] or part["behind"] or "", 1)
    return (unit, power, part.end()) if abs(power) <= _HIGHEST else None


def _single(word: str) -> Unit | None:
    word = _SPACE.sub("", word).replace("¤", "$")
    for area, power in _CHINESE_AREAS.items():
        if word.startswith(area) and (unit := _single(word[len(area) :])):
            return Unit(tuple((name, one * power) for name, one in unit.dimension), unit.factor**power)
    return _UNITS.get(word if len(word) <= 3 else "") or _SYMBOLS.get(word) or _UNITS.get(_key(word))


def is_unit_word(word: str) -> bool:
    """Whether one word, without any sign, is a unit and nothing else: mV may be a product of m and V."""
    return _single(word) is not None and not is_symbol(word)


def is_symbol(word: str) -> bool:
    """Whether a word is a unit by the prefixes of the SI only."""
    return word in _SYMBOLS and _key(word) not in _UNITS


def micro(text: str, *, letters: bool) -> str:
    """A text in which the Greek mu of a micrometre is a u; of letters that are not upright only on demand."""
    text = _MICRO_INSIDE.sub(r"\1u", _MICRO.sub(r"\1\2u", text))
    return _MICRO_LETTER.sub(" u", text) if letters else text


def is_plural(word: str) -> bool:
    """Whether one word is the plural of a noun, by its form."""
    return word in _IRREGULAR or (word.endswith("s") and not word.endswith(("ss", "us", "is")))


def inline_fraction(text: str, *, letters: bool) -> str:
    """A text with a unit written as a fraction at its end, with a slash instead.

    Args:
        text: a tidied text.
        letters: whether letters that are not upright are units, too; they may be variables.
    """
    found = _FRACTION.search(text)
    is_upright = found is not None and all("\\" in part for part in found.groups())
    if not found or not (letters or is_upright):
        return text
    before = text[: found.start()]
    return f"{before if is_upright else before.rstrip()}{found[1]}/{found[2]}"


def singular(word: str) -> str:
    """A noun without its plural ending, roughly: both sides of a comparison are treated alike."""
    word = word.casefold()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    # cookie and cookies, story and stories: one spelling for both.
    return word[:-2] + "y" if word.endswith("ie") else word
