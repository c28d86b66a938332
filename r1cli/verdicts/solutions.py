"""Sets of real numbers as intervals: of inequalities, unions, set builders."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cmp_to_key

from r1cli.answers.kinds import (
    Both,
    Brackets,
    Collection,
    Name,
    Node,
    Number,
    Product,
    Quantity,
    Relation,
    SetBuilder,
    SetOperation,
)
from r1cli.verdicts.numeric import NO_VALUE, NotRational, approximate, rational, variables

#: Whether two expressions have the same value, for all values of their variables.
Same = Callable[[Node, Node], bool]
_ORDERED = ("lt", "le", "gt", "ge")
_INFINITE = Name("infty")


_TURNED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
_CONSTANTS = ("pi", "e", "i", "infty")


class NoSet(Exception):
    """Nothing of which the numbers are known."""


def is_inequality(node: Node) -> bool:
    """Whether it bounds something, or excludes one value; chains as -2 <= x < 7 do, too."""
    return isinstance(node, Relation) and {*node.operators} <= {*_ORDERED, "ne"}


def turned(relation: Relation) -> Relation:
    """The same relation with its sides from the right to the left."""
    operators = tuple(_TURNED.get(one, one) for one in reversed(relation.operators))
    return Relation(relation.sides[::-1], operators)


@dataclass(frozen=True)
class End:
    """An end of an interval: infinite by its sign, or a value."""

    infinite: int
    value: Node

    def compare(self, other: "End", same: Same) -> int:
        """Negative where the other is larger, 0 where both are equal, positive where it is smaller.

        Raises:
            NoSet: they have no order.
        """
        if self.infinite or other.infinite:
            return (self.infinite > other.infinite) - (self.infinite < other.infinite)
        with suppress(NotRational):
            one, another = rational(self.value), rational(other.value)
            return (one > another) - (one < another)
        if same(self.value, other.value):
            return 0
        try:
            difference = approximate(self.value) - approximate(other.value)
            return 1 if difference > 0 else -1
        except NO_VALUE:
            raise NoSet from None


@dataclass(frozen=True)
class Span:
    """An interval; a point is closed at both ends, which are equal."""

    low: End
    low_closed: bool
    high: End
    high_closed: bool


@dataclass(frozen=True)
class NumberSet:
    """Intervals in order, and the variable that they are said of; "" where none is named."""

    spans: tuple[Span, ...]
    variable: str = ""

    def equals(self, other: "NumberSet", same: Same) -> bool:
        """Whether both have the same numbers.

        Raises:
            NoSet: two ends have no order.
        """
        ours, theirs = merged(self.spans, same), merged(other.spans, same)
        return len(ours) == len(theirs) and all(
            (one.low_closed, one.high_closed) == (another.low_closed, another.high_closed)
            and one.low.compare(another.low, same) == 0
            and one.high.compare(another.high, same) == 0
            for one, another in zip(ours, theirs, strict=True)
        )


_LOWEST, _HIGHEST = End(-1, _INFINITE), End(1, _INFINITE)
_EVERYTHING = Span(_LOWEST, False, _HIGHEST, False)


def as_set(node: Node, same: Same) -> NumberSet:
    """The numbers that a node says.

    Raises:
        NoSet: it says none, or not of one real variable.
    """
    match node:
        case Name(name="mathbb R"):
            return NumberSet((_EVERYTHING,))
        case Name(name="emptyset"):
            return NumberSet(())
        case Brackets() if len(node.items) == 2:
            low, high = map(_end, node.items)
            span = Span(low, node.opening == "[", high, node.closing == "]")
            if low.compare(high, same) >= 0:
                raise NoSet
            return NumberSet((span,))
        case Collection() if any(isinstance(item, Brackets) for item in node.items):
            raise NoSet
        case Collection() if node.braces:
            return NumberSet(tuple(_point(item) for item in node.items))
        case Collection():
            return _together([as_set(item, same) for item in node.items], same, union=True)
        case Both():
            return _together([as_set(item, same) for item in node.conditions], same, union=False)
        case SetOperation():
            return _operation(node, same)
        case SetBuilder():
            return _built(node, same)
        case Relation():
            return _relation(node, same)
        case Number() | Product():
            return NumberSet((_point(node),))
    raise NoSet


def _end(node: Node) -> End:
    if node == _INFINITE:
        return End(1, node)
    if isinstance(node, Product) and node.factors[-1] == _INFINITE and len(node.factors) == 2:
        return End(-1 if _sign(node.factors[0]) < 0 else 1, node)
    if isinstance(node, Quantity):
        node = node.value
    if isinstance(node, Name) and node.name in ("pi", "e"):
        return End(0, node)
    if isinstance(node, Name | Brackets | Relation | Collection) or variables(node):
        raise NoSet
    return End(0, node)


def _sign(node: Node) -> int:
    try:
        return 1 if rational(node) > 0 else -1
    except NotRational:
        raise NoSet from None


def _point(node: Node) -> Span:
    end = _end(node)
    return Span(end, True, end, True)


def _operation(node: SetOperation, same: Same) -> NumberSet:
    first, second = (as_set(part, same) for part in node.parts)
    if node.operator == "union":
        return NumberSet((*first.spans, *second.spans), first.variable or second.variable)
    if node.operator == "without":
        second = NumberSet(complement(second.spans, same))
    return NumberSet(intersection(first.spans, second.spans, same), first.variable or second.variable)


def _together(sets: list[NumberSet], same: Same, *, union: bool) -> NumberSet:
    names = {one.variable for one in sets if one.variable}
    if len(names) > 1 or not sets:
        raise NoSet
    spans = sets[0].spans
    for other in sets[1:]:
        spans = (*spans, *other.spans) if union else intersection(spans, other.spans, same)
    return NumberSet(spans, *names)


def _built(node: SetBuilder, same: Same) -> NumberSet:
    found = as_set(node.condition, same)
    variable = node.variable
    if (
        isinstance(variable, Relation)
        and variable.operators == ("in",)
        and variable.sides[1] == Name("mathbb R")
    ):
        variable = variable.sides[0]
    if not isinstance(variable, Name) or found.variable not in ("", variable.name):
        raise NoSet
    return NumberSet(found.spans)


def _relation(node: Relation, same: Same) -> NumberSet:
    sides, operators = node.sides, node.operators
    if operators == ("in",) and isinstance(sides[0], Name):
        return NumberSet(as_set(sides[1], same).spans, sides[0].name)
    if operators == ("notin",) and isinstance(sides[0], Name):
        return NumberSet(complement(as_set(sides[1], same).spans, same), sides[0].name)
    if operators == ("eq",) and isinstance(sides[0], Name):
        return NumberSet((_point(sides[1]),), sides[0].name)
    if len(sides) == 3 and isinstance(sides[1], Name) and all(one in _ORDERED for one in operators):
        halves = [Relation(sides[:2], operators[:1]), Relation(sides[1:], operators[1:])]
        return _together([_half(half, same) for half in halves], same, union=False)
    if len(sides) == 2:
        return _half(node, same)
    raise NoSet


def _half(node: Relation, same: Same) -> NumberSet:
    """The numbers on one side of a value, or all but that value."""
    if not isinstance(node.sides[0], Name) or node.sides[0].name in ("pi", "e"):
        node = turned(node)
    (left, right), operator = node.sides, node.operators[0]
    if not isinstance(left, Name) or left.name in _CONSTANTS:
        raise NoSet
    end = _end(right)
    closed = operator in ("le", "ge") and not end.infinite
    if operator in ("lt", "le"):
        spans: tuple[Span, ...] = (Span(_LOWEST, False, end, closed),)
    elif operator in ("gt", "ge"):
        spans = (Span(end, closed, _HIGHEST, False),)
    elif operator == "ne":
        spans = complement((Span(end, True, end, True),), same)
    else:
        raise NoSet
    return NumberSet(spans, "" if left.name == "?" else left.name)


def merged(spans: tuple[Span, ...], same: Same) -> list[Span]:
    """Intervals in order, those that touch made one."""

    def order(one: Span, other: Span) -> int:
        return one.low.compare(other.low, same) or other.low_closed - one.low_closed

    kept: list[Span] = []
    for span in sorted(spans, key=cmp_to_key(order)):
        place = span.low.compare(kept[-1].high, same) if kept else 1
        if place < 0 or (place == 0 and (span.low_closed or kept[-1].high_closed)):
            kept[-1] = _joined(kept[-1], span, same)
        else:
            kept.append(span)
    return kept


def _joined(first: Span, second: Span, same: Same) -> Span:
    """Two intervals that touch as one; the first begins before the second."""
    order = second.high.compare(first.high, same)
    if order > 0:
        return replace(second, low=first.low, low_closed=first.low_closed)
    return replace(first, high_closed=first.high_closed or (order == 0 and second.high_closed))


def complement(spans: tuple[Span, ...], same: Same) -> tuple[Span, ...]:
    """The real numbers that are in none of the intervals."""
    left, low, closed = [], _LOWEST, False
    for span in merged(spans, same):
        order = low.compare(span.low, same)
        if order < 0 or (order == 0 and closed and not span.low_closed):
            left.append(Span(low, closed, span.low, not span.low_closed and not span.low.infinite))
        low, closed = span.high, not span.high_closed
    if low.infinite <= 0:
        left.append(Span(low, closed, _HIGHEST, False))
    return tuple(left)


def intersection(first: tuple[Span, ...], second: tuple[Span, ...], same: Same) -> tuple[Span, ...]:
    """The numbers that are in both: outside of what is outside of either."""
    outside = (*complement(first, same), *complement(second, same))
    return complement(outside, same)
