"""What an answer can be, once it is read.

Expressions are exact: a number is a fraction, and nothing is evaluated in floats. The kinds above them are
what the rules in `compare` are about.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction


class Node:
    """Whatever was read."""

    __slots__: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A rational number.

    ``decimals`` counts the digits after the point as written, without zeros in a row at either end, and
    ``step`` is what the last of them is worth; 0 for what is exact by its form, as 7 and 1/3 are.
    """

    value: Fraction
    decimals: int = 0
    step: Fraction = Fraction(0)

    def times(self, factor: Fraction) -> "Number":
        """Its product, known to as many digits."""
        return Number(self.value * factor, self.decimals, abs(self.step * factor))


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable, or a constant: ``\\pi``, ``e``, ``i``, ``\\infty``, ``\\mathbb{R}``, ``\\emptyset``."""

    name: str


@dataclass(frozen=True, slots=True)
class Sum(Node):
    """Terms, of which the subtracted ones have a factor of -1."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Product(Node):
    """Factors, of which those that divide have an exponent of -1."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Power(Node):
    """Roots are powers, too."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """A function of its arguments; one that is not known, as ``f``, too."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class PlusMinus(Node):
    """Both signs of a term; ``upper`` is the first sign that is meant, 1 or -1."""

    upper: int
    term: Node


@dataclass(frozen=True, slots=True)
class Latex(Node):
    """A sum, an integral, a limit, a derivative: math-verify's parser reads them."""

    text: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measurement: its dimension, as powers of base units, and its size in these."""

    dimension: tuple[tuple[str, int], ...]
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """A value with something after it: a unit, a percent sign, or the name of what is counted.

    ``sure`` is false where the unit may be a product of variables, as in 5 N.
    """

    value: Node
    unit: Unit | None = None
    noun: tuple[str, ...] = ()
    percent: bool = False
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Based(Node):
    """A number in another base than ten."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True)
class Clock(Node):
    """A time of day, in minutes; ``half`` is "am", "pm" or "" where it is not said."""

    minutes: int
    half: str


@dataclass(frozen=True, slots=True)
class Date(Node):
    """A date; ``year`` may be missing."""

    month: int
    day: int
    year: int | None


@dataclass(frozen=True, slots=True)
class Ratio(Node):
    """Two or more values with a colon between each two: ``3:4``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Words(Node):
    """A text that only its wording can be compared of."""

    text: str


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """``sides`` with an operator between each two: ``-2 <= x < 7`` has three sides and two operators."""

    sides: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brackets(Node):
    """A tuple, a vector, or an interval: what is in round or square brackets."""

    opening: str
    items: tuple[Node, ...]
    closing: str


@dataclass(frozen=True, slots=True)
class Collection(Node):
    """Several answers without an order; ``braces`` if written as a set, ``either`` if joined by "or"."""

    items: tuple[Node, ...]
    braces: bool = False
    either: bool = False


@dataclass(frozen=True, slots=True)
class Both(Node):
    """Conditions that hold together: m > -1 and m != 0."""

    conditions: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class SetOperation(Node):
    """``operator`` is "union", "intersection" or "without"."""

    operator: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class SetBuilder(Node):
    """All ``variable`` for which ``condition`` holds."""

    variable: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    """Rows of equal length."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """A function by cases: values with their conditions."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Unread(Node):
    """What could not be read whole, normalised. Only its wording can be compared."""

    text: str


def operands(node: Node) -> tuple[Node, ...]:
    """What an operation is applied to; empty for all that is not a sum, product, power or function."""
    match node:
        case Sum():
            return node.terms
        case Product():
            return node.factors
        case Power():
            return node.base, node.exponent
        case Apply():
            return node.arguments
    return ()


def with_operands(node: Node, new: tuple[Node, ...]) -> Node:
    """The same operation applied to others, as many as `operands` has of it."""
    match node:
        case Sum():
            return Sum(new)
        case Product():
            return Product(new)
        case Power():
            return Power(*new)
        case Apply():
            return replace(node, arguments=new)
    return node


def negated(node: Node) -> Node:
    """The node times -1, as a product."""
    return Product((Number(Fraction(-1)), node))


def reciprocal(node: Node) -> Node:
    """The node to the power of -1."""
    return Power(node, Number(Fraction(-1)))


def is_name(node: Node) -> bool:
    """Whether a side of an equation only names what the other side is: x, f(x), a_n, (x, y), AB, x : y."""
    match node:
        case Words() | Latex():
            return True
        case Name():
            return node.name not in ("e", "i", "pi", "infty")
        case Apply():
            named = node.function in ("abs", "det", "deg") and all(map(is_name, node.arguments))
            return named or len(node.function.strip("'").removesuffix("^-1")) == 1
        case Product():
            return _is_one_name(node.factors)
        case Brackets():
            return all(map(is_name, node.items))
        case Ratio():
            return all(map(is_name, node.parts))
    return False


def _is_one_name(factors: tuple[Node, ...]) -> bool:
    """Whether letters in a row name one thing: a segment AB, an angle, a difference; xy is a product."""
    names = [one.name for one in factors if isinstance(one, Name)]
    if len(names) < len(factors) or len(names) > 4:
        return False
    is_marked = len(names) == 2 and (names[0] == "Delta" or (names[0] == "m" and "angle" in names[1]))
    return is_marked or all(name[0].isupper() and name[1:].strip("'_0123456789") == "" for name in names)


def is_assignment(node: Node) -> bool:
    """Whether it says what the value of a name is: ``x = 3``."""
    return isinstance(node, Relation) and node.operators == ("eq",) and is_name(node.sides[0])


def needs_joint(node: Collection) -> bool:
    """Whether "or" says something else than "and": between letters, and between values of several names.

    Of one unknown, 1 and 2 are the values that it may have; x = 1 and y = 2 hold together.
    """
    if all(map(is_assignment, node.items)):
        return len({one.sides[0] for one in node.items if isinstance(one, Relation)}) > 1
    return all(map(is_name, node.items))


def is_deep(node: Node, most: int) -> bool:
    """Whether more than ``most`` nodes are in each other."""
    level = [node]
    for _ in range(most):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(node: Node) -> Iterator[Node]:
    names: tuple[str, ...] = node.__slots__
    waiting: list[object] = [getattr(node, name) for name in names]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            waiting += value
