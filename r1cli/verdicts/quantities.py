"""Values with units, percent signs and nouns, as they are before they are compared."""

from dataclasses import replace
from fractions import Fraction

from r1cli.answers.kinds import Apply, Name, Node, Number, Product, Quantity
from r1cli.answers.nouns import EACH
from r1cli.answers.units import read_unit
from r1cli.verdicts.numeric import names


def in_base_units(quantity: Quantity) -> Node:
    """3 km as 3000."""
    return _scaled(quantity.value, quantity.unit.factor) if quantity.unit else quantity.value


def of_one(quantity: Quantity) -> Quantity:
    """A rate without its "each"."""
    return (
        replace(quantity, noun=tuple(word for word in quantity.noun if word != EACH))
        if quantity.noun
        else quantity
    )


def share(quantity: Quantity) -> Node:
    """5% as 0.05."""
    return _scaled(quantity.value, Fraction(1, 100)) if quantity.percent else quantity.value


def _scaled(node: Node, factor: Fraction) -> Node:
    return node.times(factor) if isinstance(node, Number) else Product((Number(factor), node))


def as_quantity(node: Node) -> Quantity:
    """A value with its unit, if it has one; a degree sign is one."""
    match node:
        case Apply(function="degrees"):
            return Quantity(node.arguments[0], read_unit("°"))
        case Product(factors=(*others, Apply(function="degrees", arguments=(angle,)))):
            return Quantity(Product((*others, angle)), read_unit("°"))
    return node if isinstance(node, Quantity) else Quantity(node)


def is_radian(one: Quantity, other: Quantity) -> bool:
    """Whether one is in degrees, and the other a multiple of pi without a unit."""
    in_degrees = one.unit is not None and one.unit == read_unit("°")
    return in_degrees and other.unit is None and "pi" in names(other.value)


def in_radians(quantity: Quantity) -> Node:
    """180 degrees as pi; what has no unit is in radians already."""
    factors = (quantity.value, Name("pi"), Number(Fraction(1, 180)))
    return Product(factors) if quantity.unit else quantity.value


def same_things(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Red balls are balls, and no red blocks; the first word is what they are."""
    return one[0] == other[0] and ({*one} <= {*other} or {*other} <= {*one})
