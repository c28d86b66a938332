"""Kinds of reference with letters: polynomials and equations."""

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from random import Random
from typing import Any

from tests.verdicts.reference_kinds import (
    Kind,
    Meaning,
    Mutation,
    Said,
    fraction,
    neighbour,
    number,
    replaced,
    said,
    shuffled,
)

# -- polynomials -----------------------------------------------------------------------------------------

#: Letters with their exponents; none for the constant.
_Monomial = tuple[tuple[str, int], ...]
_Polynomial = tuple[tuple[_Monomial, Fraction], ...]
_LETTER = r"(\\[a-zA-Z]+|[a-zA-Z](?:_\d)?)(?:\^\{?(\d)\}?)?"
_TERM = re.compile(rf"([+-]?)(\d*)((?:{_LETTER})*)(?:/(\d+))?")


def _polynomial(terms: Iterable[tuple[_Monomial, Fraction]]) -> _Polynomial:
    """Like terms are added, and the order is always the same."""
    total: dict[_Monomial, Fraction] = {}
    for monomial, factor in terms:
        total[monomial] = total.get(monomial, Fraction(0)) + factor
    kept = [(monomial, factor) for monomial, factor in total.items() if factor]
    return tuple(sorted(kept, key=lambda term: (-sum(power for _, power in term[0]), term[0])))


def _scaled(polynomial: _Polynomial, factor: Fraction | int) -> _Polynomial:
    return tuple((monomial, value * factor) for monomial, value in polynomial)


def _letters(polynomial: _Polynomial) -> list[str]:
    return sorted({letter for monomial, _ in polynomial for letter, _ in monomial})


def _read_sum(text: str) -> _Polynomial | None:
    """A polynomial without products of sums; None if it is something else."""
    text = re.sub(r"\s+(?![a-zA-Z])|(?<![a-zA-Z])\s+", "", text)
    text = re.sub(r"\\frac\{([a-zA-Z](?:\^\d)?)\}\{(\d+)\}", r"\1/\2", text)
    if found := re.fullmatch(r"\\frac\{([^{}]+)\}\{(\d+)\}", text):
        inside = _read_sum(found[1])
        return None if inside is None else _scaled(inside, Fraction(1, int(found[2])))
    terms, at = [], 0
    while at < len(text):
        found = _TERM.match(text, at)
        if not found or found.end() == at or not (found[2] or found[3]) or (at and not found[1]):
            return None
        letters = [(one[0], int(one[1] or 1)) for one in re.findall(_LETTER, found[3])]
        if any(
            letter in ("e", "i", "C", r"\pi", r"\sqrt", r"\text", r"\infty", r"\pm")
            or letter[1:] in _COMMANDS
            for letter, _ in letters
        ):
            return None
        value = Fraction(int(found[2] or 1), int(found[6] or 1)) * (-1 if found[1] == "-" else 1)
        terms.append((tuple(sorted(letters)), value))
        at = found.end()
    return _polynomial(terms) if terms else None


_COMMANDS = {
    "frac",
    "le",
    "ge",
    "lt",
    "gt",
    "neq",
    "in",
    "cup",
    "notin",
    "sin",
    "cos",
    "tan",
    "ln",
    "log",
    "mathbb",
    "emptyset",
    "varnothing",
    "angle",
    "triangle",
    "left",
    "right",
    "mathrm",
    "lfloor",
    "lceil",
    "int",
    "sum",
    "quad",
    "ldots",
    "cdot",
    "times",
}


#: Letters that may be side by side.
_PRODUCTS = ["xy", "ab", "mn"]


def _draw_polynomial(pick: Random) -> _Polynomial:
    if pick.random() < 0.7:
        letter, powers = pick.choice("xyntk"), pick.sample(range(4), pick.randint(2, 3))
        monomials: list[_Monomial] = [((letter, power),) if power else () for power in powers]
    else:
        one, other = pick.choice(_PRODUCTS)
        monomials = pick.sample(
            [((one, 1),), ((other, 1),), ((one, 1), (other, 1)), ((one, 2),), ((other, 2),)],
            pick.randint(2, 3),
        )
    return _polynomial((monomial, _factor(pick)) for monomial in monomials)


def _factor(pick: Random) -> Fraction:
    return Fraction(pick.choice([-1, 1, 1]) * pick.randint(1, 12))


def _read_polynomial(text: str) -> _Polynomial | None:
    """Letters after a number may be a unit, a capital alone a choice, and letters side by side a word."""
    words = re.findall(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}", text)
    if set(words) - set(_PRODUCTS) or re.fullmatch(r"[A-Z]|\d+ \\?[a-zA-Z]+", text):
        return None
    polynomial = _read_sum(text)
    return polynomial if polynomial and _letters(polynomial) else None


def _term(monomial: _Monomial, value: Fraction, braces: bool, sign: str) -> str:
    letters = " ".join(
        letter if power == 1 else f"{letter}^{{{power}}}" if braces else f"{letter}^{power}"
        for letter, power in monomial
    )
    letters = letters if "\\" in letters else letters.replace(" ", "")
    size = fraction(abs(value))
    text = letters if letters and size == "1" else f"{size}{letters}"
    return f"-{text}" if value < 0 else f"{sign}{text}"


def _sum(terms: Iterable[tuple[_Monomial, Fraction]], braces: bool = False, space: str = " ") -> str:
    written = [_term(monomial, value, braces, "+") for monomial, value in terms] or ["0"]
    text = space.join(
        f"{term[0]}{space}{term[1:]}" if index else term.removeprefix("+")
        for index, term in enumerate(written)
    )
    return text


def _write_polynomial(polynomial: _Polynomial) -> list[str]:
    double = _sum(_scaled(polynomial, 2))
    return [
        _sum(polynomial), _sum(polynomial, space=""), _sum(polynomial, braces=True), _sum(polynomial[::-1]),
        rf"\frac{{{double}}}{{2}}", f"{_sum(polynomial)} + 3 - 3", rf"-({_sum(_scaled(polynomial, -1))})",
    ]  # fmt: skip


def _polynomial_means(polynomial: _Polynomial) -> set[Meaning]:
    if not _letters(polynomial):
        return {number(polynomial[0][1] if polynomial else 0)}
    return {("polynomial", polynomial)}


def _term_changed(change: Callable[[_Monomial, Fraction, Random], Any]) -> Mutation:
    """Changes one term; removes it where the change is None."""

    def mutate(polynomial: _Polynomial, pick: Random) -> _Polynomial | None:
        at = pick.randrange(len(polynomial))
        new = change(*polynomial[at], pick)
        terms = [*polynomial[:at], *([] if new is None else [new]), *polynomial[at + 1 :]]
        return _polynomial(terms) or None

    return mutate


def _other_exponent(monomial: _Monomial, value: Fraction, pick: Random) -> Any:
    if not monomial:
        return monomial, value**2 + 1
    at = pick.randrange(len(monomial))
    letter, power = monomial[at]
    return replaced(monomial, at, (letter, power + pick.choice([-1, 1]) if power > 1 else power + 1)), value


def _swapped_factors(polynomial: _Polynomial, pick: Random) -> _Polynomial | None:
    if len(polynomial) < 2:
        ((monomial, _),) = polynomial
        return (
            tuple((((letter, 1),), Fraction(power)) for letter, power in monomial)
            if len(monomial) == 1
            else None
        )
    monomials, factors = zip(*polynomial, strict=True)
    return _polynomial(zip(monomials, shuffled(factors, pick), strict=True))


def _other_letter(polynomial: _Polynomial, pick: Random) -> _Polynomial:
    old = pick.choice(_letters(polynomial))
    new = pick.choice([letter for letter in "uvwzq" if letter not in _letters(polynomial)])
    return _polynomial(
        (tuple(sorted((new if letter == old else letter, power) for letter, power in monomial)), value)
        for monomial, value in polynomial
    )


def _one_added(polynomial: _Polynomial, pick: Random) -> _Polynomial:
    return _polynomial([*polynomial, ((), Fraction(pick.choice([-2, -1, 1, 2])))])


def _part_of_polynomial(polynomial: _Polynomial, pick: Random) -> _Polynomial:
    """Without one term; of the only term, the number or the letters."""
    if len(polynomial) == 1:
        ((monomial, value),) = polynomial
        return (((), value),) if pick.random() < 0.5 else ((monomial, Fraction(1)),)
    return pick.choice([tuple(pick.sample(polynomial, len(polynomial) - 1)), (pick.choice(polynomial),)])


POLYNOMIAL = Kind("polynomial", _draw_polynomial, _read_polynomial, _write_polynomial, _polynomial_means, {
    "letter": _other_letter, "exponent": _term_changed(_other_exponent),
    "sign": _term_changed(lambda monomial, value, pick: (monomial, -value)),
    "order": _swapped_factors,
    "part": lambda polynomial, pick: _polynomial(_part_of_polynomial(polynomial, pick)),
    "neighbour": _term_changed(lambda monomial, value, pick: (monomial, neighbour(value, pick))),
    "sum": _one_added,
})  # fmt: skip


# -- equations -------------------------------------------------------------------------------------------


def _draw_equation(pick: Random) -> _Polynomial:
    """Of a line, a plane, or a circle: left side minus right side."""
    constant = ((), _factor(pick))
    shape = pick.choice(["slope", "line", "plane", "circle"])
    if shape == "slope":
        return _polynomial([((("y", 1),), Fraction(1)), ((("x", 1),), _factor(pick)), constant])
    if shape == "circle":
        return _polynomial(
            [((("x", 2),), Fraction(1)), ((("y", 2),), Fraction(1)), ((), Fraction(-pick.randint(2, 99)))]
        )
    letters = "xy" if shape == "line" else "xyz"
    return _polynomial([*((((letter, 1),), _factor(pick)) for letter in letters), constant])


def _read_equation(text: str) -> _Polynomial | None:
    sides = [_read_sum(side) if side.strip() != "0" else () for side in text.split("=")]
    if len(sides) != 2 or None in sides:
        return None
    polynomial = _polynomial([*sides[0], *_scaled(sides[1], -1)])  # type: ignore[misc,arg-type]
    return polynomial if len(_letters(polynomial)) > 1 and set(_letters(polynomial)) <= set("xyz") else None


def _write_equation(polynomial: _Polynomial) -> list[str]:
    constant = tuple(term for term in polynomial if not term[0])
    rest = tuple(term for term in polynomial if term[0])
    right = _sum(_scaled(constant, -1))
    written = [
        f"{_sum(rest)} = {right}", f"{_sum(polynomial)} = 0", f"{right} = {_sum(rest)}",
        f"{_sum(_scaled(rest, 3))} = {_sum(_scaled(constant, -3))}", f"0 = {_sum(_scaled(polynomial, -2))}",
    ]  # fmt: skip
    for letter in "yx":
        factor = dict(polynomial).get(((letter, 1),))
        if factor:
            others = tuple(term for term in polynomial if term[0] != ((letter, 1),))
            written.append(f"{_sum([(((letter, 1),), factor)])} = {_sum(_scaled(others, -1))}")
    return written


def _equation_means(polynomial: _Polynomial) -> set[Meaning]:
    """The same for all its multiples."""
    return {("curve", _scaled(polynomial, 1 / polynomial[0][1])) if polynomial else ("curve", ())}


def _in_equation(mutation: Mutation) -> Mutation:
    """The answer is an equation in the letters of the reference still, and not only a term of it."""

    def mutate(polynomial: _Polynomial, pick: Random) -> _Polynomial | None:
        new = mutation(polynomial, pick)
        return new if new and len(_letters(new)) > 1 else None

    return mutate


def _right_side(polynomial: _Polynomial, pick: Random) -> Said | None:
    """The constant of an equation alone."""
    constant = dict(polynomial).get(())
    return None if constant is None else said(fraction(-constant), number(-constant))


EQUATION = Kind(
    "equation",
    _draw_equation,
    _read_equation,
    _write_equation,
    _equation_means,
    {
        name: _right_side if name == "part" else _in_equation(mutation)
        for name, mutation in POLYNOMIAL.mutations.items()
    },
)


KINDS = [POLYNOMIAL, EQUATION]
