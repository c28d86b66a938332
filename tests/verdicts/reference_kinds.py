"""What a kind of reference answer is: its values, their spellings and meanings, and ways to get them wrong.

Nothing here asks r1: values are fractions, and tuples of them; two answers are equal if they may mean the
same.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

#: What an answer may be read as, in a form that is the same for all spellings: ("number", 1/2).
Meaning = tuple[Hashable, ...]


@dataclass(frozen=True)
class Said:
    """An answer of another kind than its reference: its text, and all that it may mean."""

    text: str
    means: frozenset[Meaning]


def said(text: str, *means: Meaning) -> Said:
    return Said(text, frozenset(means))


#: Makes a wrong answer of a value: another value of the kind, or something else; None if it cannot.
Mutation = Callable[[Any, Random], Any]


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of reference.

    Args:
        draw: a new value.
        read: the value of a recorded reference; None if it is of another kind.
        write: spellings of a value; the first two are usual in references.
        means: all that a value of this kind may be read as.
        mutations: seven ways to get a value wrong, by their names; the eighth is to deny the reference.
    """

    name: str
    draw: Callable[[Random], Any]
    read: Callable[[str], Any]
    write: Callable[[Any], list[str]]
    means: Callable[[Any], set[Meaning]]
    mutations: Mapping[str, Mutation]


# -- numbers ---------------------------------------------------------------------------------------------


def number(value: Fraction | int) -> Meaning:
    return ("number", Fraction(value))


def is_decimal(value: Fraction) -> bool:
    """Whether it has an end as a decimal."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def places(value: Fraction) -> int:
    """How many digits it has after its point."""
    return next(count for count in range(400) if (value * 10**count).denominator == 1)


def decimal(value: Fraction, extra: int = 0) -> str:
    """The value, exactly; ``extra`` zeros after it."""
    count = places(value) + extra
    digits = str(abs(int(value * 10**count))).rjust(count + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-count]}.{digits[-count:]}" if count else digits)


def fraction(value: Fraction, scale: int = 1) -> str:
    """In LaTeX, with numerator and denominator multiplied by ``scale``; an integer as it is."""
    if value.denominator == scale == 1:
        return str(value)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator) * scale}}}{{{value.denominator * scale}}}"


def plain(value: Fraction) -> str:
    """A decimal if it has an end, else a fraction."""
    return decimal(value) if is_decimal(value) else fraction(value)


def times(factor: Fraction, symbol: str, scale: int = 1) -> str:
    """A symbol times a number, over the denominator of the number."""
    top = abs(factor.numerator) * scale
    text = symbol if top == 1 else f"{top}{symbol}"
    bottom = factor.denominator * scale
    return ("-" if factor < 0 else "") + (text if bottom == 1 else rf"\frac{{{text}}}{{{bottom}}}")


def signed_sum(first: str, second: str) -> str:
    return f"{first} - {second[1:]}" if second.startswith("-") else f"{first} + {second}"


# -- ways to get a number wrong --------------------------------------------------------------------------


def reversed_digits(value: Fraction) -> Fraction:
    """4.27 as 7.24: the digits in the opposite order, as many of them after the point."""
    count = places(value)
    digits = str(abs(int(value * 10**count))).rjust(count + 1, "0")
    return Fraction(int(digits[::-1]), 10**count) * (-1 if value < 0 else 1)


def reversed_number(value: Fraction, pick: Random) -> Fraction:
    return reversed_digits(value)


def opposite(value: Fraction, pick: Random) -> Fraction:
    return -value


def squared(value: Fraction, pick: Random) -> Fraction:
    return value**2


def ten_times(value: Fraction, pick: Random) -> Fraction:
    return value * pick.choice([10, Fraction(1, 10)])


def neighbour(value: Fraction, pick: Random) -> Fraction:
    """One to three units of the last digit away, with as many digits: a shorter one may be rounded."""
    steps = [-3, -2, -1, 1, 2, 3]
    if not is_decimal(value):
        return value + Fraction(pick.choice(steps), value.denominator)
    count = places(value)
    near = [value + Fraction(step, 10**count) for step in steps]
    return pick.choice([one for one in near if places(one) == count])


def cut(value: Fraction, pick: Random) -> Fraction | None:
    """Some of the digits: what precedes the point, or all but the first or the last digit."""
    if places(value):
        return Fraction(int(value))
    digits = str(abs(value.numerator))
    if len(digits) < 2:
        return None
    return Fraction(int(pick.choice([digits[1:], digits[:-1]]))) * (-1 if value < 0 else 1)


def replaced(items: tuple[Any, ...], at: int, item: Any) -> tuple[Any, ...]:
    return (*items[:at], item, *items[at + 1 :])


def one_changed(change: Callable[[Fraction, Random], Fraction | None]) -> Mutation:
    """Changes one of several numbers."""

    def mutate(values: tuple[Fraction, ...], pick: Random) -> tuple[Fraction, ...] | None:
        at = pick.randrange(len(values))
        new = change(values[at], pick)
        return None if new is None else replaced(values, at, new)

    return mutate


def shuffled(items: tuple[Any, ...], pick: Random) -> tuple[Any, ...]:
    return tuple(pick.sample(items, len(items)))
