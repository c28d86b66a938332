"""Words that multiply the number before them: a table for each language."""

import re

_BY_LANGUAGE: dict[str, dict[str, int]] = {
    "English": {
        "hundred": 10**2, "hundreds": 10**2, "thousand": 10**3, "thousands": 10**3, "million": 10**6,
        "millions": 10**6, "billion": 10**9, "billions": 10**9, "trillion": 10**12, "trillions": 10**12,
        "mn": 10**6, "bn": 10**9, "dozen": 12, "dozens": 12, "lakh": 10**5, "crore": 10**7,
    },
    "Chinese and Japanese": {
        "十": 10, "百": 10**2, "千": 10**3, "万": 10**4, "萬": 10**4, "十万": 10**5, "百万": 10**6,
        "千万": 10**7, "亿": 10**8, "億": 10**8, "万亿": 10**12, "兆": 10**12, "打": 12,
    },
    "Korean": {
        "십": 10, "백": 10**2, "천": 10**3, "만": 10**4, "백만": 10**6, "천만": 10**7,
        "억": 10**8, "조": 10**12,
    },
    "Russian": {
        **dict.fromkeys(("тысяча", "тысячи", "тысяч", "тыс"), 10**3),
        **dict.fromkeys(("миллион", "миллиона", "миллионов", "млн"), 10**6),
        **dict.fromkeys(("миллиард", "миллиарда", "миллиардов", "млрд"), 10**9),
        **dict.fromkeys(("сотня", "сотни", "сотен"), 10**2),
        **dict.fromkeys(("дюжина", "дюжины", "дюжин"), 12), **dict.fromkeys(("десяток", "десятков"), 10),
    },
    "German": {
        "hundert": 10**2, "tausend": 10**3, "millionen": 10**6, "mio": 10**6, "milliarde": 10**9,
        "milliarden": 10**9, "mrd": 10**9, "billionen": 10**12, "dutzend": 12,
    },
    "French": {
        "centaines": 10**2, "mille": 10**3, "milliers": 10**3, "milliard": 10**9,
        "milliards": 10**9, "douzaine": 12, "douzaines": 12, "dizaines": 10,
    },
    "Spanish": {
        "cientos": 10**2, "centenares": 10**2, "mil": 10**3, "millón": 10**6, "millones": 10**6,
        "billones": 10**12, "docena": 12, "docenas": 12, "decenas": 10,
    },
    "Portuguese": {
        "milhão": 10**6, "milhões": 10**6, "bilhão": 10**9, "bilhões": 10**9, "dúzia": 12, "dúzias": 12,
    },
    "Italian": {
        "mila": 10**3, "milione": 10**6, "milioni": 10**6, "miliardo": 10**9, "miliardi": 10**9,
        "dozzina": 12, "dozzine": 12,
    },
    "Dutch": {"honderd": 10**2, "duizend": 10**3, "miljoen": 10**6, "miljard": 10**9, "dozijn": 12},
    "Polish": {
        **dict.fromkeys(("tysiąc", "tysiące", "tysięcy", "tys"), 10**3),
        **dict.fromkeys(("milion", "miliony", "milionów"), 10**6),
        **dict.fromkeys(("miliard", "miliardy", "miliardów"), 10**9),
    },
    "Vietnamese": {"trăm": 10**2, "nghìn": 10**3, "ngàn": 10**3, "triệu": 10**6, "tỷ": 10**9, "tỉ": 10**9},
    "Indonesian": {"ratus": 10**2, "ribu": 10**3, "juta": 10**6, "lusin": 12},
    "Turkish": {"milyon": 10**6, "milyar": 10**9, "düzine": 12},
}  # fmt: skip
_WORDS = {word: value for table in _BY_LANGUAGE.values() for word, value in table.items()}
_LETTERS = re.compile(r"[^\W\d_]+")
# No magnitude of a script without spaces has more signs.
_LONGEST_SIGNS = 2
_FIRST_SIGN = "\u2e7f"


def magnitude(text: str) -> tuple[str, int] | None:
    """The word for a magnitude that a text begins with, and what it is worth; None if there is none."""
    letters = _LETTERS.match(text)
    if not letters:
        return None
    run = letters[0]
    lengths = range(_LONGEST_SIGNS, 0, -1) if run > _FIRST_SIGN else (len(run),)
    words = (run[:length] for length in lengths)
    return next(((word, _WORDS[word.lower()]) for word in words if word.lower() in _WORDS), None)


def is_magnitude(word: str) -> bool:
    """Whether a word is one of them."""
    return word.lower() in _WORDS
