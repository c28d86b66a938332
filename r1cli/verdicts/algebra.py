"""Whether two expressions have the same value: by their values, to eighty digits, at several places.

Two different expressions of the kind that people write as answers agree at none of them, or at few; after
Schwartz and Zippel. It may take any time: the callers have limits.
"""

import random
import warnings
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from r1cli.answers.kinds import (
    Apply,
    Latex,
    Name,
    Node,
    Number,
    Power,
    Product,
    Sum,
    operands,
    with_operands,
)
from r1cli.answers.symbols import GREEK, TRIGONOMETRIC
from r1cli.verdicts.numeric import (
    MOST_BITS,
    NO_VALUE,
    TooCostly,
    approximate,
    in_degrees,
    is_rounded,
    names,
    variables,
)

_DIGITS = 80
#: Relative difference below which two values are the same.
_TOLERANCE = 30
#: Names of constants of integration: C in one answer is K in another.
_FREE = frozenset(("C", "c", "K", "C_0", "c_0", "C_1", "c_1", "C_2", "c_2"))
# Of what an integral is taken; a + c is not one.
_INTEGRATED = frozenset(("x", "y", "z", "t", "u", "v", "w", "theta", "phi"))
# What a degree sign stands for in a sum with other terms: 30 degrees and x are not 30 and x.
_DEGREE = Name("degree")
_PLACES = 6
# What has another form from some value on: such functions are compared at larger values, too.
_PIECED = frozenset(("abs", "floor", "ceil", "max", "min", "sgn", "mod", "root"))
_FAR, _FAR_DIGITS = 15, 320
# Names of sympy's classes, and ours of the same functions.
_SYMPY_NAMES = {
    **{name: name for name in (*TRIGONOMETRIC, "sinh", "cosh", "tanh", "log", "floor", "factorial")},
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "Abs": "abs", "ceiling": "ceil",
    "binomial": "binom", "sign": "sgn",
}  # fmt: skip


def same(gold: Node, answer: Node, rounding: int = 6) -> bool:
    """Whether two expressions are equal wherever both have a value.

    Args:
        gold: one; ``Apply("proportional", (one, signs))`` where a multiple of the other is as good: any where
            ``signs`` is 2, a positive one where it is 1; ``Apply("near", (one, distance))`` where the
            other may be that far away.
        answer: the other.
        rounding: a decimal with at least this number of digits after its point may be rounded.

    Raises:
        TooCostly: a value has too many digits.
    """
    from mpmath import mp

    if isinstance(gold, Apply) and gold.function == "near":
        exact, distance = gold.arguments
        return _are_near(exact, answer, distance)
    signs = 0
    if isinstance(gold, Apply) and gold.function == "proportional":
        gold, number = gold.arguments
        assert isinstance(number, Number)
        signs = int(number.value)
    with mp.workdps(_DIGITS):
        gold, answer = _vectors(_prepared(gold)), _vectors(_prepared(answer))
        answer = _renamed(gold, answer)
        ours = variables(gold)
        if _mixes_degrees(gold) or (_mixes_degrees(answer) and not all(map(_is_angle, ours))):
            gold, answer = _with_degrees(gold), _with_degrees(answer)
        free = sorted(variables(gold) | variables(answer))
        if any(name in ("latex", "ldots", "emptyset", "?") or name.startswith("mathbb") for name in free):
            return False
        if not free:
            return _same_constants(gold, answer, rounding)
        return _agree(gold, answer, free, signs)


def _are_near(one: Node, other: Node, distance: Node) -> bool:
    """Whether two values are not further from each other than a distance; or one has no value."""
    from mpmath import mp

    with mp.workdps(_DIGITS):
        try:
            return bool(abs(approximate(_prepared(one)) - approximate(other)) <= approximate(distance))
        except NO_VALUE:
            return True


def _same_constants(gold: Node, answer: Node, rounding: int) -> bool:
    from mpmath import mp

    try:
        one, other = approximate(gold), approximate(answer)
    except NO_VALUE:
        return False
    if mp.isinf(one) or mp.isinf(other):
        return bool(one == other)
    if _close(one, other):
        return True
    if mp.im(one) or mp.im(other):
        return False
    return is_rounded(gold, one, other, rounding) or is_rounded(answer, other, one, rounding)


def _close(one: Any, other: Any) -> bool:
    from mpmath import mp

    if mp.isnan(one) or mp.isnan(other):
        return False
    size = max(abs(one), abs(other))
    return bool(abs(one - other) <= size * mp.mpf(10) ** -_TOLERANCE or size < mp.mpf(10) ** -70)


def _agree(gold: Node, answer: Node, free: list[str], signs: int) -> bool:
    """Whether both agree at random places: all of those where both are real, or all where they are not."""
    functions = {*_functions(gold), *_functions(answer)}
    # |x - 9| is 9 - x as far as 9.
    is_wide = bool(functions & _PIECED)
    places = 2 * _PLACES if is_wide else _PLACES
    pairs = _values_at_places(gold, answer, free, 8 * places, is_wide)
    if signs:
        return _is_multiple(pairs, places, signs)
    is_complex = "i" in {*names(gold), *names(answer)}
    # Who writes |x| means the negative x, too: ln|x| is not ln x.
    has_domain = "abs" in functions
    real, others = 0, 0
    for one, other in pairs:
        are_real = [_is_real(one), _is_real(other)]
        if _close(one, other):
            real, others = real + all(are_real), others + (not all(are_real))
        elif all(are_real) or is_complex or (has_domain and any(are_real)):
            return False
        if real >= places:
            return True
    return real >= 2 or others >= 2


def _is_multiple(pairs: Iterator[tuple[Any, Any]], places: int, signs: int) -> bool:
    """Whether one value is the same multiple of the other everywhere; a positive one where ``signs`` is 1."""
    from mpmath import mp

    ratio, count = None, 0
    for one, other in pairs:
        if min(abs(one), abs(other)) < mp.mpf(10) ** -20:
            continue
        if ratio is None:
            ratio = one / other
        if not _close(one / other, ratio) or (signs == 1 and mp.re(ratio) <= 0):
            return False
        count += 1
        if count >= places:
            break
    return count >= 2


def _values_at_places(
    gold: Node, answer: Node, free: list[str], most: int, is_wide: bool
) -> Iterator[tuple[Any, Any]]:
    """The values of both at random places, where both have one; at larger values, too, if ``is_wide``."""
    from mpmath import mp

    draw = random.Random(f"{free}")
    found = False
    for attempt in range(most):
        far = _FAR if is_wide and attempt % 4 > 1 else 1
        values = {name: _value(name, attempt, draw, far) for name in free}
        try:
            with mp.workdps(_DIGITS if far == 1 else _FAR_DIGITS):
                one, other = approximate(gold, values), approximate(answer, values)
        except NO_VALUE:
            if attempt >= 2 * _PLACES and not found:
                return
            continue
        if mp.isfinite(one) and mp.isfinite(other):
            found = True
            yield one, other


def _is_real(value: Any) -> bool:
    from mpmath import mp

    return bool(abs(mp.im(value)) <= abs(value) * mp.mpf(10) ** -_TOLERANCE)


def _value(name: str, attempt: int, draw: random.Random, far: int) -> Any:
    from mpmath import mp

    if name.endswith("()"):
        # Any function will do that tells its arguments apart.
        shift = sum(map(ord, name))
        return lambda *arguments: mp.fsum(
            [mp.sin(argument + shift + place) for place, argument in enumerate(arguments)]
        )
    if attempt % 3 == 2 and name in ("n", "m", "k"):
        return mp.mpf(draw.randint(2, 9))
    number = far * mp.mpf(draw.randint(10**12, 10**13)) / 10**12
    # At every second four places, the variables have different signs.
    is_negative = draw.random() < 0.5 if attempt % 8 > 3 else attempt % 2
    return -number / 3 if is_negative else number / 4


def _renamed(gold: Node, answer: Node) -> Node:
    """The answer with its constant of integration named as the gold's."""
    ours, theirs = variables(gold), variables(answer)
    missing, more, others = ours - theirs, theirs - ours, ours & theirs
    if not (len(missing) == len(more) == 1 and missing | more <= _FREE and others & _INTEGRATED):
        return answer
    # c may be a length or a coefficient, as a and b beside it are.
    if "c" in missing | more and not others <= _INTEGRATED:
        return answer
    old, new = Name(more.pop()), Name(missing.pop())
    is_constant = _is_added_once(new, gold) and _is_added_once(old, answer)
    return _replaced(answer, {old: new}) if is_constant else answer


def _is_added_once(constant: Name, node: Node) -> bool:
    """Whether a name is a term of a sum, and is nowhere else in it."""
    terms = list(_terms(node))
    return terms.count(constant) == 1 and not any(
        constant.name in names(term) for term in terms if term != constant
    )


def _terms(node: Node) -> Iterator[Node]:
    """The terms of a sum and of the sums in it, without their signs."""
    match node:
        case Sum():
            for term in node.terms:
                yield from _terms(term)
        case Product(factors=(Number(value=value), inner)) if abs(value) == 1:
            yield from _terms(inner)
        case _:
            yield node


def _functions(node: Node) -> Iterator[str]:
    """The functions of variables in an expression; roots are called so."""
    if isinstance(node, Apply) and variables(node):
        yield node.function
    if isinstance(node, Power) and isinstance(node.exponent, Number) and variables(node.base):
        yield "root" if node.exponent.value.denominator > 1 else "power"
    for operand in operands(node):
        yield from _functions(operand)


def _mixes_degrees(node: Node) -> bool:
    """Whether a sum has terms with a degree sign and terms without; in a function it needs none."""
    if isinstance(node, Apply) and node.function != "degrees":
        return False
    if isinstance(node, Sum) and len({in_degrees(term) for term in node.terms}) > 1:
        return True
    return any(map(_mixes_degrees, operands(node)))


def _is_angle(name: str) -> bool:
    """Whether a name is one of an angle, so that the number beside it needs no degree sign."""
    return name in GREEK or name.startswith("angle ")


def _with_degrees(node: Node) -> Node:
    """With a factor for each degree sign that is not in a function."""
    if isinstance(node, Apply):
        return Product((*node.arguments, _DEGREE)) if node.function == "degrees" else node
    return with_operands(node, tuple(map(_with_degrees, operands(node))))


def _vectors(node: Node) -> Node:
    """i beside j or k is a vector, and no imaginary unit."""
    if variables(node) & {"j", "vec j", "vec k"}:
        return _replaced(node, {Name("i"): Name("vec i"), Name("j"): Name("vec j"), Name("k"): Name("vec k")})
    return node


def _replaced(node: Node, new: Mapping[Name, Name]) -> Node:
    if isinstance(node, Name):
        return new.get(node, node)
    return with_operands(node, tuple(_replaced(one, new) for one in operands(node)))


def _prepared(node: Node) -> Node:
    """With sums, integrals, limits and derivatives carried out."""
    if isinstance(node, Latex):
        return _from_latex(node.text)
    return with_operands(node, tuple(map(_prepared, operands(node))))


def load_sympy() -> None:
    """Imports what reads sums, integrals, limits and derivatives: it takes a second, once."""
    _from_latex(r"\sum_{k=1}^{2} k")


def _from_latex(text: str) -> Node:
    import sympy
    from latex2sympy2_extended import latex2sympy

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = latex2sympy(text)
        return _from_sympy(found.doit() if hasattr(found, "doit") else sympy.sympify(found))
    except Exception:  # the parser and sympy raise exceptions of many kinds
        return Name("?")


def _from_sympy(found: Any) -> Node:
    """A sympy expression as one of ours; a name without a value for what we have not."""
    import sympy

    constants = {sympy.pi: "pi", sympy.E: "e", sympy.I: "i", sympy.oo: "infty"}
    if isinstance(found, sympy.Rational):
        if int(found.p).bit_length() + int(found.q).bit_length() > MOST_BITS:
            raise TooCostly
        return Number(Fraction(int(found.p), int(found.q)))
    if isinstance(found, sympy.Float):
        return Number(Fraction(str(found)))
    name = next((name for constant, name in constants.items() if found is constant), None)
    if name:
        return Name(name)
    if isinstance(found, sympy.Symbol):
        return Name(found.name.lstrip("\\"))
    parts = tuple(map(_from_sympy, found.args))
    if isinstance(found, sympy.Add):
        return Sum(parts)
    if isinstance(found, sympy.Mul):
        return Product(parts)
    if isinstance(found, sympy.Pow):
        return Power(*parts)
    if isinstance(found, sympy.exp):
        return Power(Name("e"), parts[0])
    function = _SYMPY_NAMES.get(type(found).__name__)
    return Apply(function, parts) if function and parts else Name("?")
