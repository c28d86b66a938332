"""Kinds of reference that are a rational number, in several notations."""

import re
from fractions import Fraction
from random import Random

from tests.verdicts.reference_kinds import (
    Kind,
    Meaning,
    Said,
    cut,
    decimal,
    fraction,
    is_decimal,
    neighbour,
    number,
    opposite,
    plain,
    reversed_digits,
    reversed_number,
    said,
    ten_times,
)

_TENS = {"hundred": 100, "thousand": 1000, "million": 10**6}


def _power(value: Fraction, pick: Random) -> Fraction:
    return value ** pick.choice([2, 3])


def _shifted(value: Fraction, pick: Random) -> Fraction:
    return value * pick.choice([10, 100, Fraction(1, 10), Fraction(1, 100)])


def _magnified(value: Fraction, pick: Random) -> Said:
    word = pick.choice(list(_TENS))
    return said(rf"{plain(value)} \text{{ {word}}}", number(value * _TENS[word]))


def _means_number(value: Fraction) -> set[Meaning]:
    return {number(value)}


# -- integers --------------------------------------------------------------------------------------------


def _draw_integer(pick: Random) -> Fraction:
    return Fraction(pick.choice([1, 1, -1]) * pick.randint(2, 10 ** pick.randint(1, 5)))


def _read_integer(text: str) -> Fraction | None:
    return Fraction(text) if re.fullmatch(r"-?\d+", text) else None


def _write_integer(value: Fraction) -> list[str]:
    n = int(value)
    return [
        str(n),
        f"{n:,}",
        f"{n:,}".replace(",", "{,}"),
        f"{n}.0",
        fraction(value, 3),
        rf"{n - 3} + 3",
        f"x = {n}",
    ]


def _in_a_base(value: Fraction, pick: Random) -> Said | None:
    digits = str(abs(int(value)))
    bases = range(max(2, *(int(digit) + 1 for digit in digits)), 10)
    if value < 0 or not bases:
        return None
    base = pick.choice(bases)
    return said(f"{digits}_{{{base}}}", number(int(digits, base)))


INTEGER = Kind("integer", _draw_integer, _read_integer, _write_integer, _means_number, {
    "unit": _magnified, "base": _in_a_base, "exponent": _power, "sign": opposite, "order": reversed_number,
    "part": cut, "neighbour": neighbour,
})  # fmt: skip


# -- decimals --------------------------------------------------------------------------------------------


def _draw_decimal(pick: Random) -> Fraction:
    count = pick.randint(1, 4)
    digits = 10 * pick.randint(1, 10 ** pick.randint(count, count + 1)) + pick.randint(1, 9)
    return Fraction(pick.choice([1, 1, -1]) * digits, 10**count)


def _read_decimal(text: str) -> Fraction | None:
    return Fraction(text) if re.fullmatch(r"-?\d*\.\d+", text) else None


def _write_decimal(value: Fraction) -> list[str]:
    text = decimal(value)
    return [text, text, decimal(value, 1), re.sub(r"^(-?)0\.", r"\1.", text), fraction(value), f"x = {text}"]


def _moved_point(value: Fraction, pick: Random) -> Said:
    exponent = pick.choice([-3, -2, -1, 1, 2, 3])
    return said(rf"{decimal(value)} \times 10^{{{exponent}}}", number(value * Fraction(10) ** exponent))


DECIMAL = Kind("decimal", _draw_decimal, _read_decimal, _write_decimal, _means_number, {
    "unit": _magnified, "base": _shifted, "exponent": _moved_point, "sign": opposite,
    "order": reversed_number, "part": cut, "neighbour": neighbour,
})  # fmt: skip


# -- fractions -------------------------------------------------------------------------------------------


def _draw_fraction(pick: Random) -> Fraction:
    while (value := Fraction(pick.randint(1, 60), pick.randint(2, 60))).denominator == 1:
        pass
    return value * pick.choice([1, 1, -1])


def _read_fraction(text: str) -> Fraction | None:
    found = re.fullmatch(r"(-?)(?:\\[dt]?frac\s*\{(\d+)\}\s*\{(\d+)\}|(\d+)/(\d+))", text)
    if not found:
        return None
    value = Fraction(int(found[2] or found[4]), int(found[3] or found[5]))
    return None if value.denominator == 1 else value * (-1 if found[1] else 1)


def _write_fraction(value: Fraction) -> list[str]:
    written = fraction(value)
    return [
        written, str(value), written.replace("frac", "dfrac"), fraction(value, 6), f"x = {written}",
        *([decimal(value)] if is_decimal(value) else []),
    ]  # fmt: skip


def _other_numerator(value: Fraction, pick: Random) -> Fraction:
    return value + Fraction(pick.choice([-1, 1]), value.denominator)


def _one_part(value: Fraction, pick: Random) -> Fraction:
    return Fraction(pick.choice([value.numerator, value.denominator]))


def _reciprocal(value: Fraction, pick: Random) -> Fraction | None:
    return 1 / value if value else None


def _times_letter(value: Fraction, pick: Random) -> Said:
    letter = pick.choice([r"\pi", "x", "n"])
    return said(f"{fraction(value)} {letter}", ("times", value, letter))


FRACTION = Kind("fraction", _draw_fraction, _read_fraction, _write_fraction, _means_number, {
    "factor": _times_letter, "base": _shifted, "exponent": _power, "sign": opposite, "order": _reciprocal,
    "part": _one_part, "neighbour": _other_numerator,
})  # fmt: skip


def _draw_mixed(pick: Random) -> Fraction:
    bottom = pick.randint(2, 30)
    while (top := Fraction(pick.randint(1, bottom - 1), bottom)).denominator == 1:
        pass
    return pick.choice([1, 1, 1, -1]) * (pick.randint(1, 99) + top)


def _read_mixed(text: str) -> Fraction | None:
    found = re.fullmatch(r"(\d+)\s*(?:\\frac\{(\d+)\}\{(\d+)\}|\s(\d+)/(\d+))", text)
    return (
        Fraction(int(found[1])) + Fraction(int(found[2] or found[4]), int(found[3] or found[5]))
        if found
        else None
    )


def _split(value: Fraction) -> tuple[str, int, Fraction]:
    whole = int(abs(value))
    return "-" if value < 0 else "", whole, abs(value) - whole


def _write_mixed(value: Fraction) -> list[str]:
    sign, whole, part = _split(value)
    if not whole or not part:
        return _write_fraction(value)
    return [f"{sign}{whole}{fraction(part)}", f"{sign}{whole} {part}", *_write_fraction(value)]


def _as_product(value: Fraction, pick: Random) -> Said | None:
    sign, whole, part = _split(value)
    return said(rf"{sign}{whole} \cdot {fraction(part)}", number(whole * part * (-1 if sign else 1)))


def _swapped_parts(value: Fraction, pick: Random) -> Fraction:
    """2 3/5 as 3 2/5, or as 2 5/3."""
    _, whole, part = _split(value)
    return pick.choice([part.numerator + Fraction(whole, part.denominator), whole + 1 / part])


def _one_of_mixed(value: Fraction, pick: Random) -> Fraction:
    _, whole, part = _split(value)
    return pick.choice([Fraction(whole), part])


MIXED = Kind("mixed number", _draw_mixed, _read_mixed, _write_mixed, _means_number, {
    "factor": _as_product, "base": _shifted, "exponent": _power, "sign": opposite, "order": _swapped_parts,
    "part": _one_of_mixed, "neighbour": _other_numerator,
})  # fmt: skip


# -- percents --------------------------------------------------------------------------------------------


def _draw_percent(pick: Random) -> Fraction:
    return Fraction(pick.randint(2, 990), pick.choice([1, 1, 2, 4, 10]))


def _read_percent(text: str) -> Fraction | None:
    found = re.fullmatch(r"(.+?)\\?%", text)
    if not found:
        return None
    return next(
        (value for read in (_read_integer, _read_decimal, _read_mixed) if (value := read(found[1]))), None
    )


def _write_percent(value: Fraction) -> list[str]:
    written = decimal(value) if is_decimal(value) else _write_mixed(value)[0]
    return [
        rf"{written}\%",
        f"{written}%",
        rf"{written} \%",
        rf"{written} \text{{ percent}}",
        fraction(value / 100),
        *([decimal(value / 100)] if is_decimal(value) else []),
    ]


def _percent_means(value: Fraction) -> set[Meaning]:
    """A percent sign may be missing."""
    return {number(value), number(value / 100)}


def _unit_instead(value: Fraction, pick: Random) -> Said:
    template, unit = pick.choice(
        [(r"{} \text{{ cm}}", "cm"), (r"\${}", "$"), (r"{}^\circ", "deg"), (r"{} \text{{ hours}}", "h")]
    )
    return said(template.format(plain(value)), ("quantity", unit, value))


def _complement(value: Fraction, pick: Random) -> Fraction:
    return 100 - value


def _reversed_or_none(value: Fraction, pick: Random) -> Fraction | None:
    return reversed_digits(value) if is_decimal(value) else None


def _cut_or_none(value: Fraction, pick: Random) -> Fraction | None:
    return cut(value, pick) if is_decimal(value) else Fraction(int(value))


PERCENT = Kind("percent", _draw_percent, _read_percent, _write_percent, _percent_means, {
    "unit": _unit_instead, "base": ten_times, "complement": _complement, "sign": opposite,
    "order": _reversed_or_none, "part": _cut_or_none, "neighbour": neighbour,
})  # fmt: skip


# -- numbers in a base -----------------------------------------------------------------------------------

_Based = tuple[str, int]
_BASES = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}


def _digits(value: int, base: int) -> str:
    text = ""
    while value:
        value, digit = divmod(value, base)
        text = str(digit) + text
    return text or "0"


def _draw_based(pick: Random) -> _Based:
    base = pick.choice(list(_BASES))
    return _digits(pick.randint(base, 3000), base), base


def _read_based(text: str) -> _Based | None:
    found = re.fullmatch(r"(\d+)_\{?(\d+)\}?", text)
    return (found[1], int(found[2])) if found else None


def _write_based(based: _Based) -> list[str]:
    digits, base = based
    return [
        f"{digits}_{base}",
        f"{digits}_{{{base}}}",
        rf"{digits}_{{\text{{{_BASES[base]}}}}}",
        f"({digits})_{{{base}}}",
    ]


def _based_means(based: _Based) -> set[Meaning]:
    """The base may be missing."""
    return {number(int(*based)), number(int(based[0]))}


def _only_value(digits: str, base: int) -> Said | None:
    """Written with its base: it may not be read as a decimal number."""
    if base not in _BASES or int(max(digits)) >= base:
        return None
    return said(f"{digits}_{{{base}}}", number(int(digits, base)))


def _other_base(based: _Based, pick: Random) -> Said | None:
    return _only_value(based[0], pick.choice(list(_BASES)))


def _superscript(based: _Based, pick: Random) -> Said:
    return said(f"{based[0]}^{{{based[1]}}}", number(int(based[0]) ** based[1]))


def _negative_based(based: _Based, pick: Random) -> Said:
    return said(f"-{based[0]}_{{{based[1]}}}", number(-int(*based)))


def _reversed_based(based: _Based, pick: Random) -> Said | None:
    return _only_value(based[0][::-1].lstrip("0") or "0", based[1])


def _part_of_based(based: _Based, pick: Random) -> Said | None:
    return _only_value(pick.choice([based[0][:-1], based[0][1:].lstrip("0")]) or "0", based[1])


def _next_based(based: _Based, pick: Random) -> Said | None:
    return _only_value(_digits(int(*based) + pick.choice([-1, 1, 2]), based[1]), based[1])


def _longer_based(based: _Based, pick: Random) -> Said | None:
    return _only_value(based[0] + pick.choice(["0", "1"]), based[1])


BASED = Kind("number in a base", _draw_based, _read_based, _write_based, _based_means, {
    "base": _other_base, "exponent": _superscript, "sign": _negative_based, "order": _reversed_based,
    "part": _part_of_based, "neighbour": _next_based, "longer": _longer_based,
})  # fmt: skip


# -- scientific notation ---------------------------------------------------------------------------------

_Scientific = tuple[Fraction, int]


def _draw_scientific(pick: Random) -> _Scientific:
    count = pick.randint(1, 3)
    mantissa = Fraction(pick.randint(10**count, 10 ** (count + 1) - 1), 10**count)
    return mantissa, pick.choice([-1, 1]) * pick.randint(3, 30)


def _read_scientific(text: str) -> _Scientific | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(?: \\times 10\^\{?(-?\d+)\}?|e(-?\d+))", text)
    return (Fraction(found[1]), int(found[2] or found[3])) if found else None


def _write_scientific(value: _Scientific) -> list[str]:
    mantissa, exponent = value
    text = decimal(mantissa)
    return [
        rf"{text} \times 10^{{{exponent}}}", rf"{text} \cdot 10^{{{exponent}}}", f"{text}e{exponent}",
        f"{text} * 10^{exponent}" if exponent > 0 else f"{text} \u00d7 10^{{{exponent}}}",
        rf"{decimal(mantissa * 10)} \times 10^{{{exponent - 1}}}",
    ]  # fmt: skip


def _scientific_means(value: _Scientific) -> set[Meaning]:
    return {number(value[0] * Fraction(10) ** value[1])}


def _other_power(value: _Scientific, pick: Random) -> _Scientific:
    return value[0], value[1] + pick.choice([-2, -1, 1, 2])


def _sign_of_power(value: _Scientific, pick: Random) -> _Scientific:
    return pick.choice([(value[0], -value[1]), (-value[0], value[1])])


def _reversed_mantissa(value: _Scientific, pick: Random) -> _Scientific:
    return reversed_digits(value[0]), value[1]


def _one_factor(value: _Scientific, pick: Random) -> Said:
    power = Fraction(10) ** value[1]
    return pick.choice(
        [
            said(decimal(value[0]), number(value[0])),
            said(f"10^{{{value[1]}}}", number(power)),
            said(f"{value[1]}", number(value[1])),
        ]
    )


def _next_mantissa(value: _Scientific, pick: Random) -> _Scientific:
    return neighbour(value[0], pick), value[1]


def _base_two(value: _Scientific, pick: Random) -> Said:
    base = pick.choice([2, 5, 11, 100])
    return said(
        rf"{decimal(value[0])} \times {base}^{{{value[1]}}}", number(value[0] * Fraction(base) ** value[1])
    )


def _sum_instead(value: _Scientific, pick: Random) -> Said:
    return said(f"{decimal(value[0])} + 10^{{{value[1]}}}", number(value[0] + Fraction(10) ** value[1]))


SCIENTIFIC = Kind(
    "scientific notation",
    _draw_scientific,
    _read_scientific,
    _write_scientific,
    _scientific_means,
    {
        "base": _base_two,
        "exponent": _other_power,
        "sign": _sign_of_power,
        "order": _reversed_mantissa,
        "part": _one_factor,
        "neighbour": _next_mantissa,
        "sum": _sum_instead,
    },
)


KINDS = [INTEGER, DECIMAL, FRACTION, MIXED, PERCENT, BASED, SCIENTIFIC]
