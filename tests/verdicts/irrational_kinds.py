"""Kinds of reference with roots, with pi, or with the imaginary unit."""

import re
from fractions import Fraction
from math import isqrt
from random import Random

from tests.verdicts.reference_kinds import (
    Kind,
    Meaning,
    Said,
    decimal,
    fraction,
    number,
    said,
    signed_sum,
    times,
)

# -- roots and pi ----------------------------------------------------------------------------------------

#: a + b sqrt(d) for a radicand d without squares; or a + b pi, where it is 0.
_Surd = tuple[Fraction, Fraction, int]
_SQUAREFREE = [n for n in range(2, 60) if all(n % (k * k) for k in range(2, 8))]


def _reduced(a: Fraction, b: Fraction, d: int) -> _Surd:
    """Squares are taken out of the root."""
    for root in range(isqrt(d), 1, -1):
        if d % (root * root) == 0:
            b, d = b * root, d // (root * root)
    return (a + b, Fraction(0), 2) if d == 1 else (a, b, d)


def _surd_means(surd: _Surd) -> set[Meaning]:
    a, b, d = _reduced(*surd) if surd[2] else surd
    return {("surd", a, b, d) if b else number(a)}


def _draw_root(pick: Random) -> _Surd:
    a = Fraction(pick.choice([0, 0, pick.randint(-12, 12)]))
    b = Fraction(pick.choice([-1, 1, 1]) * pick.randint(1, 12), pick.choice([1, 1, pick.randint(2, 9)]))
    return a, b, pick.choice(_SQUAREFREE)


def _draw_pi(pick: Random) -> _Surd:
    return (
        Fraction(0),
        Fraction(pick.choice([-1, 1, 1, 1]) * pick.randint(1, 60), pick.choice([1, 1, pick.randint(2, 12)])),
        0,
    )


_ROOT = r"(\d*)(?:\\sqrt\{(\d+)\})"


def _read_root(text: str) -> _Surd | None:
    text = re.sub(r"^\\sqrt\{(\d+)\}\+(\d+)$", r"\2+\\sqrt{\1}", text.replace(" ", ""))
    for pattern, divided in (
        (rf"(?:(\d+)([+-]))?{_ROOT}()", False),
        (rf"\\frac\{{(?:(\d+)([+-]))?{_ROOT}\}}\{{(\d+)\}}", True),
    ):
        if found := re.fullmatch(pattern, text):
            bottom = int(found[5]) if divided else 1
            sign = -1 if found[2] == "-" else 1
            return _reduced(
                Fraction(int(found[1] or 0), bottom),
                Fraction(sign * int(found[3] or 1), bottom),
                int(found[4]),
            )
    return None


def _read_pi(text: str) -> _Surd | None:
    if found := re.fullmatch(r"(\d*)\\pi", text):
        return Fraction(0), Fraction(int(found[1] or 1)), 0
    if found := re.fullmatch(r"\\frac\{(\d*)\\pi\}\{(\d+)\}|\\frac\{(\d+)\}\{(\d+)\}\\pi", text):
        return Fraction(0), Fraction(int(found[1] or found[3] or 1), int(found[2] or found[4])), 0
    return None


def _write_surd(surd: _Surd) -> list[str]:
    a, b, d = surd
    symbol, typed = (rf"\sqrt{{{d}}}", f"sqrt({d})") if d else (r"\pi", "pi")
    if not b:
        return [fraction(a), fraction(a)]
    terms = [times(b, symbol), times(b, symbol), times(b, symbol, 2), rf"{fraction(b)} \cdot {symbol}"]
    if d and abs(b.numerator) > 1:
        terms.append(times(Fraction(1 if b > 0 else -1, b.denominator), rf"\sqrt{{{d * b.numerator**2}}}"))
    terms.append(f"{b}*{typed}")
    if not a:
        return terms
    return [*(signed_sum(fraction(a), term) for term in terms), signed_sum(terms[0], fraction(a))]


def _cube_root(surd: _Surd, pick: Random) -> Said:
    """Never the same: a square root has degree 2 over the rationals, a cube root 3."""
    a, b, d = surd
    term = rf"{fraction(b)}\sqrt[3]{{{d}}}"
    return said(signed_sum(fraction(a), term) if a else term, ("cube root", a, b, d))


def _under_the_root(surd: _Surd, pick: Random) -> _Surd | None:
    """b sqrt(d) as sqrt(b d), or without its root."""
    a, b, d = surd
    return (
        _reduced(a, Fraction(1), abs(b.numerator) * d)
        if abs(b.numerator) > 1
        else (a + b * d, Fraction(0), 2)
    )


def _opposite_surd(surd: _Surd, pick: Random) -> _Surd:
    a, b, d = surd
    return pick.choice([(a, -b, d), (-a, -b, d)])


def _swapped_surd(surd: _Surd, pick: Random) -> _Surd | None:
    """b sqrt(d) as d sqrt(b); a + b pi as b + a pi."""
    a, b, d = surd
    if d and not a:
        return _reduced(a, Fraction(d, b.denominator), abs(b.numerator)) if abs(b.numerator) > 1 else None
    return (b, a, d) if a else None


def _part_of_surd(surd: _Surd, pick: Random) -> _Surd | None:
    a, b, d = surd
    parts = [(b, Fraction(0), 2), (Fraction(0), Fraction(1), d)] + (
        [(a, Fraction(0), 2), (Fraction(0), b, d)] if a else []
    )
    return pick.choice(parts)


def _next_surd(surd: _Surd, pick: Random) -> _Surd:
    a, b, d = surd
    step = Fraction(pick.choice([-1, 1]), b.denominator)
    return pick.choice([(a + step, b, d), (a, b + step, d), _reduced(a, b, d + 1) if d else (a, b - step, d)])


def _approximated(surd: _Surd, pick: Random) -> Said:
    """With few digits: no rational number is equal to an irrational one."""
    a, b, d = surd
    irrational = Fraction(isqrt(d * 10**40), 10**20) if d else Fraction(31415926535897932385, 10**19)
    value = round(a + b * irrational, pick.choice([0, 1, 2, 3]))
    return said(decimal(Fraction(value)), number(value))


def _pi_power(surd: _Surd, pick: Random) -> Said:
    """Never the same: pi is transcendental."""
    power = pick.choice([2, 3])
    return said(times(surd[1], rf"\pi^{power}"), ("pi to the power", surd[1], power))


def _pi_missing(surd: _Surd, pick: Random) -> Said:
    other = pick.choice(["e", "p", r"\phi", r"\sqrt{10}"])
    return said(times(surd[1], other), ("times", surd[1], other))


def _pi_inverted(surd: _Surd, pick: Random) -> Said:
    _, b, _ = surd
    return pick.choice([
        said(rf"\frac{{{b.numerator}}}{{{b.denominator}\pi}}", ("over pi", b)),
        said(times(1 / b, r"\pi"), ("surd", Fraction(0), 1 / b, 0)),
    ])  # fmt: skip


ROOT = Kind("root", _draw_root, _read_root, _write_surd, _surd_means, {
    "base": _under_the_root, "exponent": _cube_root, "sign": _opposite_surd, "order": _swapped_surd,
    "part": _part_of_surd, "neighbour": _next_surd, "approximation": _approximated,
})  # fmt: skip
PI = Kind("multiple of pi", _draw_pi, _read_pi, _write_surd, _surd_means, {
    "base": _pi_missing, "exponent": _pi_power, "sign": _opposite_surd, "order": _pi_inverted,
    "part": _part_of_surd, "neighbour": _next_surd, "approximation": _approximated,
})  # fmt: skip


# -- complex numbers -------------------------------------------------------------------------------------

_Complex = tuple[Fraction, Fraction]


def _draw_complex(pick: Random) -> _Complex:
    bottom = pick.choice([1, 1, 1, 2, 3])
    real = Fraction(pick.choice([0, *[pick.randint(-20, 20)] * 3]), bottom)
    return real, Fraction(pick.choice([-1, 1]) * pick.randint(1, 20), bottom)


def _read_complex(text: str) -> _Complex | None:
    text = text.replace(r"\mathrm{i}", "i").replace(" ", "")
    if found := re.fullmatch(r"(?:(-?\d+)(?=[+-]|i))??([+-]?\d*)i", text):
        sign = found[2] if found[2] not in ("", "+", "-") else found[2] + "1"
        return Fraction(found[1] or 0), Fraction(sign)
    return None


def _write_complex(value: _Complex) -> list[str]:
    real, imaginary = value
    if not imaginary:
        return [fraction(real), fraction(real)]
    parts = [
        times(imaginary, "i"),
        f"{fraction(imaginary)}i" if abs(imaginary) != 1 else times(imaginary, "i"),
        times(imaginary, r"\mathrm{i}"),
        rf"{fraction(imaginary)} \cdot i",
    ]
    if not real:
        return parts
    return [*(signed_sum(fraction(real), part) for part in parts), signed_sum(parts[0], fraction(real)),
            f"{fraction(real)}{_signed(parts[0])}"]  # fmt: skip


def _signed(text: str) -> str:
    return text if text.startswith("-") else f"+{text}"


def _complex_means(value: _Complex) -> set[Meaning]:
    return {("complex", *value) if value[1] else number(value[0])}


def _conjugate(value: _Complex, pick: Random) -> _Complex:
    return pick.choice([(value[0], -value[1]), (-value[0], -value[1]), (-value[0], value[1])])


def _squared_complex(value: _Complex, pick: Random) -> _Complex:
    a, b = value
    return a * a - b * b, 2 * a * b


def _part_of_complex(value: _Complex, pick: Random) -> _Complex:
    a, b = value
    return pick.choice([(a, Fraction(0)), (b, Fraction(0)), (Fraction(0), b), (a + b, Fraction(0))])


def _next_complex(value: _Complex, pick: Random) -> _Complex:
    step = pick.choice([-1, 1])
    return pick.choice([(value[0] + step, value[1]), (value[0], value[1] + step)])


def _no_unit(value: _Complex, pick: Random) -> Said:
    symbol = pick.choice(["k", "x", r"\sqrt{2}", r"\pi"])
    term = times(value[1], symbol)
    return said(signed_sum(fraction(value[0]), term) if value[0] else term, ("no i", *value, symbol))


def _swapped_complex(value: _Complex, pick: Random) -> _Complex:
    return value[1], value[0]


def _scaled_complex(value: _Complex, pick: Random) -> _Complex:
    scale = pick.choice([2, 3, 10])
    return value[0] * scale, value[1] * scale


COMPLEX = Kind("complex number", _draw_complex, _read_complex, _write_complex, _complex_means, {
    "base": _no_unit, "exponent": _squared_complex, "sign": _conjugate, "order": _swapped_complex,
    "part": _part_of_complex, "neighbour": _next_complex, "factor": _scaled_complex,
})  # fmt: skip


KINDS = [ROOT, PI, COMPLEX]
