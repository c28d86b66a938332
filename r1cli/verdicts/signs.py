"""Values with both signs: 1 \\pm 2 stands for the two values 3 and -1."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product as combinations

from r1cli.answers.kinds import (
    Brackets,
    Collection,
    Node,
    PlusMinus,
    Quantity,
    Relation,
    is_assignment,
    negated,
    operands,
    with_operands,
)

# More signs would make more values than anybody writes so.
_MOST_SIGNS = 3


def spread(node: Node) -> Node:
    """A value with both signs as a collection of values; in a list, each as a separate item."""
    if isinstance(node, Collection):
        return replace(node, items=tuple(one for item in node.items for one in _items(item)))
    if isinstance(node, Relation) and is_assignment(node):
        name, value = node.sides
        values = spread(value)
        if isinstance(values, Collection) and not isinstance(value, Collection):
            return Collection(tuple(Relation((name, one), ("eq",)) for one in values.items))
        return node
    places = list(_places(node))
    if not places or len(places) > _MOST_SIGNS:
        return node
    # With \\mp somewhere, all the upper signs belong together, and all the lower ones.
    tied = any(place.upper < 0 for place in places)
    count = len(places)
    choices = [(1,) * count, (-1,) * count] if tied else combinations((1, -1), repeat=count)
    return Collection(tuple(_with_signs(node, iter(choice)) for choice in choices))


def _items(node: Node) -> tuple[Node, ...]:
    found = spread(node)
    return (found,) if isinstance(node, Collection) or not isinstance(found, Collection) else found.items


def _places(node: Node) -> Iterator[PlusMinus]:
    if isinstance(node, PlusMinus):
        yield node
    for part in _parts(node):
        yield from _places(part)


def _parts(node: Node) -> tuple[Node, ...]:
    match node:
        case PlusMinus():
            return (node.term,)
        case Quantity():
            return (node.value,)
        case Brackets():
            return node.items
    return operands(node)


def _with_signs(node: Node, signs: Iterator[int]) -> Node:
    sign = next(signs) * node.upper if isinstance(node, PlusMinus) else 1
    parts = tuple(_with_signs(part, signs) for part in _parts(node))
    match node:
        case PlusMinus():
            return parts[0] if sign > 0 else negated(parts[0])
        case Quantity():
            return replace(node, value=parts[0])
        case Brackets():
            return replace(node, items=parts)
    return with_operands(node, parts)
