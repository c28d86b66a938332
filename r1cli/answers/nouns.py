"""What is counted: the words after a number, unless they say something of its value."""

import re

from r1cli.answers.magnitudes import is_magnitude
from r1cli.answers.number_words import PARTS, VALUES
from r1cli.answers.scanner import NotReadable
from r1cli.answers.units import EMPTY_NOUNS, singular

_NOUN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_BETWEEN_NOUNS = re.compile(r"[\s().,\-]+")
_MOST_NOUNS = 8
#: What a rate has in place of its words: 12 apples each, $12 per person.
EACH = "each"
_RATES = frozenset((EACH, "per", "every", "apiece"))
_NUMBERS = {word for word in VALUES if word != "a"} | {word for word in PARTS if word.endswith("s")}
# A noun that these end says more than a name.
_UNFINISHED = frozenset(("and", "or", "but", "of", "the", "a", "an", "to", "in", "with", "for", "plus"))
_LAST = frozenset(
    ("square", "odd", "short", "something", "ish", "maximum", "minimum", "max", "min", "before")
)
# What one of these is in says something of the value: for each language.
_STATEMENTS = frozenset((
    "is", "are", "was", "were", "be", "isn't", "not", "no", "if", "when", "because", "since", "so",
    "then", "than", "wrong", "false", "incorrect", "over", "under", "less", "fewer", "minus", "plus",
    "times", "negative", "below", "above", "point", "off", "loss", "debt", "most", "least", "well",
    "else", "squared", "cubed", "factorial", "tens", "gross", "score", "scores", "negated", "inverse",
    "that", "which", "who", "whose", "permille", "mille", "promille", "permil", "basis", "bp", "bps", "ppm",
    "binary", "octal", "hexadecimal", "hex", "excluded", "excluding", "except", "exclusive", "without",
    "next",
    "upward", "upwards", "downward", "downwards", "too", "reciprocal", "doubled", "halved", "percentile",
    # German
    "mehr", "weniger", "oder", "und", "falsch", "nicht", "kein", "keine", "zum", "hoch", "quadrat", "mal",
    "größer", "kleiner", "über", "unter", "mindestens", "höchstens", "ausgeschlossen", "außer", "ohne",
    "halbe", "hälfte", "drittel", "viertel", "fünftel", "sechstel", "achtel", "zehntel", "hundertstel",
    "tausendstel", "prozentpunkte", "aufwärts", "abwärts", "minimal", "maximal", "sondern",
    # French
    "moins", "ou", "et", "faux", "fausse", "non", "pas", "sauf", "fois", "carré", "cube", "supérieur",
    "inférieur", "demi", "demis", "demie", "tiers", "cinquièmes", "dixième", "dixièmes",
    "centième", "centièmes", "millième", "millièmes", "puissance", "excepté", "exclu", "mais",
    # Spanish, Portuguese, Italian
    "más", "mas", "menos", "falso", "incorrecto", "veces", "excepto", "salvo", "cuadrado", "cubo", "elevado",
    "mayor", "menor", "medio", "medios", "tercio", "tercios", "cuartos", "quintos", "décimas", "décimos",
    "centésimas", "milésimas", "pero", "sino", "mais", "não", "vezes", "quadrado", "errado", "ou", "più",
    "meno", "sbagliato", "volte", "quadrato", "mezzo", "mezzi", "terzi", "quarti", "quinti", "decimi",
    "centesimi", "millesimi", "sin", "ni",
    # Russian
    "или", "и", "больше", "меньше", "более", "менее", "минус", "плюс", "неверно", "неправильно", "не", "нет",
    "половина", "половины", "треть", "трети", "четверти", "десятых", "сотых", "тысячных", "квадрате",
    "кубе", "степени", "кроме", "свыше", "выше", "ниже", "но", "а", "раз", "исключая", "промилле",
    # Dutch, Polish, Turkish, Vietnamese, Indonesian
    "meer", "minder", "niet", "fout", "keer", "kwadraat", "lub", "więcej", "mniej", "nie", "razy", "değil",
    "fazla", "hơn", "không", "lần", "lebih", "kurang", "bukan", "kali",
))  # fmt: skip
# Of a closed list in scripts without spaces: what things are counted by, ages, pages, currencies.
_COUNTERS = (
    "元整", "单位", "通り", "ページ", "時間", "가지", "마리", "사람", "시간", "그루", "송이", "개월",
    *"个只条本人名支种次位张件棵辆台块瓶杯盒箱袋双对套组根颗粒朵片页册匹岁层间座艘架家所排行列句题分期"
    "份批班场门级号户滴项步段圈把盘碗桶包枚幅首篇株口元角点頭個隻條種張顆枝円冊回歳匹日羽軒階問開개명원"
    "살분초권장번점대병일년주도세쌍잔벌쪽",
)  # fmt: skip
# "It is", after the number: it says no more.
_COPULAS = ("です", "だ", "である", "になります", "となります", "입니다", "이다", "이에요", "예요")
# No noun after a counter has one of these: more, less, before, a part of, not, a magnitude.
_NO_NOUN = (
    "以之上下内外前后後里裡中多少余餘左右大小高低长短半倍分的不没無无非未除加减減乘方根负負正整数數幂次位"
    "十百千万萬亿億兆超过比率成折至到起止每各和与或且末约約近满足强弱目"
)
_COUNTED = re.compile(
    rf"(?:(?P<counter>{'|'.join(_COUNTERS)})(?P<noun>(?:(?![{_NO_NOUN}])[\u4e00-\u9fff]){{0,6}}))?"
    rf"(?:{'|'.join(_COPULAS)})?"
)
# Before it are the Latin, Greek and Cyrillic letters, and after it no more of them but those of Vietnamese.
_LAST_SPACED, _VIETNAMESE = "\u058f", ("\u1e00", "\u1eff")


def noun(text: str) -> tuple[str, ...]:
    """The words that name what is counted, without those that say nothing; what they are about comes first.

    Raises:
        NotReadable: they say something else.
    """
    words = _NOUN.findall(text)
    if not words or len(words) > _MOST_NOUNS or _BETWEEN_NOUNS.sub("", _NOUN.sub("", text)):
        raise NotReadable
    if not all(map(_is_spaced, text)):
        return _counted("".join(text.split()))
    lowered = [word.casefold() for word in words]
    if _says_more(lowered):
        raise NotReadable
    each = next((at for at, word in enumerate(lowered) if word in _RATES), len(lowered))
    # A share of each is one, whatever it is a share of.
    rate = (EACH,) if each < len(lowered) else ()
    return _names(lowered[:each]) + rate if each else rate


def _names(lowered: list[str]) -> tuple[str, ...]:
    # Of slices of pizza, and of red balls, the slices and the balls.
    about = lowered[: lowered.index("of")] if "of" in lowered[1:] else lowered
    names = [singular(word) for word in lowered if word not in EMPTY_NOUNS]
    heads = [singular(word) for word in about if word not in EMPTY_NOUNS]
    return tuple(dict.fromkeys([*heads[-1:], *names]))


def _says_more(words: list[str]) -> bool:
    """Whether words say something of the value before them, so that they do not name things."""
    has_variable = any(len(word) == 1 and word.isascii() and word not in "aA" for word in words)
    is_counted_by = any(
        word == "per" and is_magnitude(of) for word, of in zip(words, [*words[1:], ""], strict=True)
    )
    last = words[-1]
    return (
        has_variable
        or is_counted_by
        or any(word in _STATEMENTS or word in _NUMBERS for word in words)
        or last in _UNFINISHED
        or last in _LAST
        or last in PARTS
        or words[0] == "or"
    )


def _is_spaced(sign: str) -> bool:
    """Whether a sign is of a script that parts its words by spaces, of which all words are allowed."""
    return not sign.isalpha() or sign <= _LAST_SPACED or _VIETNAMESE[0] <= sign <= _VIETNAMESE[1]


def _counted(text: str) -> tuple[str, ...]:
    """The name of what is counted, in a script without spaces: a word to count by, and what it counts.

    Raises:
        NotReadable: it is neither.
    """
    found = _COUNTED.fullmatch(text)
    if not found:
        raise NotReadable
    name = found["noun"] or found["counter"]
    return (name,) if name and name not in EMPTY_NOUNS else ()
