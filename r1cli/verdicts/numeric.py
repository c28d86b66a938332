"""The value of an expression: exact where it is rational, else to eighty digits.

Nothing here is quick on every input: the callers have limits.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from r1cli.answers.kinds import Apply, Latex, Matrix, Name, Node, Number, Power, Product, Sum, operands
from r1cli.answers.symbols import TRIGONOMETRIC

#: No rational number has more bits, and no power a larger exponent.
MOST_BITS = 20_000
# A determinant of n rows has n! terms.
_LARGEST = 4
# Beyond it mpmath takes long for a factorial.
_MOST_FACTORIAL = 10**6


class TooCostly(Exception):
    """The value has more digits than anybody writes."""


class NotRational(Exception):
    """The value is not rational, or not known to be."""


#: What `approximate` raises where an expression has no value.
NO_VALUE = (NotRational, ArithmeticError, TypeError, ValueError)


def rational(node: Node) -> Fraction:
    """The exact value of an expression without variables.

    Raises:
        NotRational: it is not rational, or it would take more than arithmetic to find.
        TooCostly: it is too large.
    """
    match node:
        case Number():
            return node.value
        case Sum():
            return _checked(sum((rational(term) for term in node.terms), Fraction(0)))
        case Product():
            product = Fraction(1)
            for factor in node.factors:
                product = _checked(product * rational(factor))
            return product
        case Power():
            return _power(rational(node.base), rational(node.exponent))
        case Apply():
            return _applied(node)
    raise NotRational


def is_rounded(node: Node, value: Any, exact: Any, digits: int) -> bool:
    """Whether a number is a decimal with at least ``digits`` digits, and another value rounded there."""
    if not isinstance(node, Number) or not node.step or node.decimals < digits:
        return False
    off = (
        abs(value - exact) / node.step
        if isinstance(exact, Fraction)
        else abs(value - exact) * node.step.denominator / node.step.numerator
    )
    return bool(2 * off <= 1 or (off < 1 and abs(value) <= abs(exact)))


def _checked(value: Fraction) -> Fraction:
    if value.numerator.bit_length() + value.denominator.bit_length() > 4 * MOST_BITS:
        raise TooCostly
    return value


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator == 1:
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if size > 1 and size * abs(exponent.numerator) > MOST_BITS:
            raise TooCostly
        if base == 0 and exponent < 0:
            raise NotRational
        return base**exponent.numerator
    if exponent.denominator == 2 and base >= 0:
        top, bottom = math.isqrt(base.numerator), math.isqrt(base.denominator)
        if top * top == base.numerator and bottom * bottom == base.denominator:
            return _power(Fraction(top, bottom), Fraction(exponent.numerator))
    raise NotRational


def determinant(matrix: Matrix) -> Node:
    """The determinant as a sum of products, along the first row.

    Raises:
        NotRational: the matrix is not square, or too large.
    """
    first, *others = matrix.rows
    if len(first) != len(matrix.rows) or len(first) > _LARGEST:
        raise NotRational
    if not others:
        return first[0]
    minors = [Matrix(tuple((*row[:at], *row[at + 1 :]) for row in others)) for at in range(len(first))]
    return Sum(
        tuple(
            Product((Number(Fraction((-1) ** at)), cell, determinant(minor)))
            for at, (cell, minor) in enumerate(zip(first, minors, strict=True))
        )
    )


def _applied(node: Apply) -> Fraction:
    if node.function == "degrees":
        return rational(node.arguments[0])
    if node.function == "det" and isinstance(matrix := node.arguments[0], Matrix):
        return rational(determinant(matrix))
    if node.function not in _EXACT:
        raise NotRational
    values = [rational(argument) for argument in node.arguments]
    found = _EXACT[node.function](*values)
    return _checked(Fraction(found))


def _whole(value: Fraction, most: int | None = None) -> int:
    if value.denominator != 1 or value < 0:
        raise NotRational
    if most is not None and value > most:
        raise TooCostly
    return value.numerator


def _mod(value: Fraction, modulus: Fraction) -> Fraction:
    if modulus == 0:
        raise NotRational
    return value % modulus


_EXACT: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "factorial": lambda value: math.factorial(_whole(value, 2_000)),
    "binom": lambda n, k: math.comb(_whole(n, 5_000), _whole(k, 10**9)),
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "gcd": lambda *values: math.gcd(*map(_whole, values)),
    "lcm": lambda *values: math.lcm(*map(_whole, values)),
    "mod": _mod,
}
_CONSTANTS = frozenset(("pi", "e", "i", "infty"))
_KNOWN = frozenset((
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "arccot", "sinh", "cosh",
    "tanh", "coth", "log", "ln", "abs", "sgn", "degrees", "cbrt", "det", "deg", "arg", "Re", "Im",
))  # fmt: skip
# mpmath's names of the functions.
_OF_MPMATH = {
    **{name: name for name in (*TRIGONOMETRIC, "sinh", "cosh", "tanh", "coth", "cbrt", "floor", "ceil")},
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot", "ln": "log", "sgn": "sign",
    "arg": "arg", "Re": "re", "Im": "im", "factorial": "factorial", "binom": "binomial",
}  # fmt: skip


def names(node: Node) -> Iterator[str]:
    """All names in an expression, constants too; functions that are not known with brackets: ``f()``."""
    match node:
        case Name():
            yield node.name
        case Latex():
            yield "latex"
        case Matrix():
            for row in node.rows:
                for cell in row:
                    yield from names(cell)
        case Apply() if node.function not in _KNOWN and node.function not in _EXACT:
            yield f"{node.function}()"
    for operand in operands(node):
        yield from names(operand)


def variables(node: Node) -> set[str]:
    """The names in an expression that are not constants."""
    return set(names(node)) - _CONSTANTS


def approximate(node: Node, values: Mapping[str, Any] | None = None) -> Any:
    """The value to the working precision of mpmath, with values for the variables.

    Raises:
        NotRational: it has no such value: a name without one, an unknown function.
        TooCostly: a power is too large.
        ArithmeticError, TypeError, ValueError: a function has no value there.
    """
    return _Approximation(values or {}).of(node)


class _Approximation:
    """Values of expressions, where the variables and unknown functions have those of ``values``."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        from mpmath import mp

        self._mp, self._values = mp, values
        self._constants = {"pi": mp.pi, "e": mp.e, "i": mp.mpc(0, 1), "infty": mp.inf} | dict(values)

    def of(self, node: Node) -> Any:
        mp = self._mp
        match node:
            case Number():
                return mp.mpf(node.value.numerator) / node.value.denominator
            case Name() if node.name in self._constants:
                return +self._constants[node.name]
            case Sum():
                return mp.fsum([self.of(term) for term in node.terms])
            case Product():
                return mp.fprod([self.of(factor) for factor in node.factors])
            case Power():
                return self._power(self.of(node.base), self.of(node.exponent))
            case Apply():
                return self._applied(node)
        raise NotRational

    def _power(self, base: Any, exponent: Any) -> Any:
        mp = self._mp
        if base == 0:
            if mp.re(exponent) <= 0:
                raise NotRational
            return mp.mpf(0)
        size = abs(mp.log(abs(base))) * abs(exponent)
        if mp.isfinite(size) and size > MOST_BITS * 50:
            raise TooCostly
        return base**exponent

    def _applied(self, node: Apply) -> Any:
        function = node.function
        if function == "degrees":
            return self.of(node.arguments[0])
        if function == "det" and isinstance(matrix := node.arguments[0], Matrix):
            return self.of(determinant(matrix))
        arguments = [self.of(argument) for argument in node.arguments]
        if f"{function}()" in self._values:
            return self._values[f"{function}()"](*arguments)
        if function in TRIGONOMETRIC and in_degrees(node.arguments[0]):
            arguments = [argument * self._mp.pi / 180 for argument in arguments]
        if function in ("factorial", "binom") and any(abs(one) > _MOST_FACTORIAL for one in arguments):
            raise TooCostly
        call = _function(function)
        if call is None:
            raise NotRational
        return call(*arguments)


def in_degrees(node: Node) -> bool:
    """Whether a degree sign is in it, outside of functions."""
    match node:
        case Apply(function="degrees"):
            return True
        case Product():
            return any(map(in_degrees, node.factors))
        case Sum():
            return any(map(in_degrees, node.terms))
    return False


def _function(name: str) -> Callable[..., Any] | None:
    """The function of mpmath's that a name stands for."""
    from mpmath import mp

    def log(value: Any, base: Any = None) -> Any:
        return mp.log(value) if base is None else mp.log(value) / mp.log(base)

    def mod(value: Any, modulus: Any) -> Any:
        return value - modulus * mp.floor(value / modulus)

    own: dict[str, Callable[..., Any]] = {"log": log, "mod": mod, "abs": abs, "max": max, "min": min}
    found: Callable[..., Any] | None = own.get(name) or getattr(mp, _OF_MPMATH.get(name, ""), None)
    return found
