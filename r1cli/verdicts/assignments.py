"""``x = 3`` says what the value of a name is: the name, the value, and which names are of one thing."""

import re
from collections.abc import Sequence

from r1cli.answers.kinds import (
    Apply,
    Brackets,
    Collection,
    Name,
    Node,
    Product,
    Relation,
    Sum,
    Words,
    is_assignment,
    is_name,
)

_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_INDEX = re.compile(r"_\d$")
# The value of x is x.
_VALUE_OF = frozenset((
    "the", "value", "of", "so", "thus", "hence", "therefore", "answer", "number", "unknown", "variable",
    "solution", "result", "final", "then", "required", "desired", "only", "for", "a", "an", "total",
))  # fmt: skip


def name_of(node: Node) -> Node:
    """What an assignment names."""
    assert isinstance(node, Relation)
    return node.sides[0]


def unknown(node: Node) -> Node:
    """What an assignment names, without an index: x_1 and x_2 are two values of the unknown x."""
    name = name_of(node)
    return Name(_INDEX.sub("", name.name)) if isinstance(name, Name) else name


def value(node: Node) -> Node:
    """The value in an assignment; anything else as it is."""
    return node.sides[1] if isinstance(node, Relation) and is_assignment(node) else node


def values(nodes: Sequence[Node]) -> list[Node]:
    """The values of several."""
    return list(map(value, nodes))


def values_of(name: Node, assignments: Sequence[Node]) -> list[Node]:
    """The values that one name has."""
    return [value(one) for one in assignments if name_of(one) == name]


def unpacked(node: Node) -> Node:
    """Of (x, y) = (1, 2) the values of x and y; anything else as it is."""
    match node:
        case Relation(sides=(Brackets() as names, Brackets() as numbers), operators=("eq",)) if len(
            names.items
        ) == len(numbers.items) and is_name(names):
            pairs = zip(names.items, numbers.items, strict=True)
            return Collection(tuple(Relation(pair, ("eq",)) for pair in pairs))
    return node


def sum_of_letters(node: Node) -> Node | None:
    """The value in m + n = 57, as it is asked for in competitions; None of anything else."""
    match node:
        case Relation(sides=(letters, found), operators=("eq",)) if is_sum_of_letters(letters):
            return found
    return None


def is_sum_of_letters(node: Node) -> bool:
    """Whether it is a sum as m + n, each of another letter."""
    terms = node.terms if isinstance(node, Sum) else ()
    letters = {one.name for one in terms if isinstance(one, Name) and len(one.name) == 1}
    return 0 < len(letters) == len(terms)


def differ(one: Node, other: Node) -> bool:
    """Whether two names are of two things: x and |x|, f(x) and f'(x); but y, f(x) and g(x) mean the same."""
    one, other = _bare(one), _bare(other)
    if one == other:
        return False
    for label, name in ((one, other), (other, one)):
        if isinstance(label, Words):
            return not _may_name(label.text, name)
    if isinstance(one, Apply) and isinstance(other, Apply):
        is_alike = one.arguments == other.arguments and one.function[1:] == other.function[1:]
        return not (is_alike and _is_of_names(one) and _is_of_names(other))
    for function, name in ((one, other), (other, one)):
        if isinstance(name, Name) and isinstance(function, Apply) and _is_of_names(function):
            marks = function.function[1:]
            return name.name not in (f"y{marks}", function.function)
    return True


def _is_of_names(function: Apply) -> bool:
    return len(function.function.rstrip("'")) == 1 and all(
        isinstance(one, Name) for one in function.arguments
    )


def _bare(name: Node) -> Node:
    """A segment without the signs for it: |AB| and BA are AB; and m of an angle is the angle."""
    match name:
        case Apply(function="abs", arguments=(Product() as inside,)):
            return _bare(inside)
        case Name(name=text) if text.startswith("overline ") and text[9:].isupper():
            return Name(text[9:])
        case Product(factors=(Name(name="m"), Name() as angle)):
            return angle
        case Product(factors=factors):
            return Name("".join(sorted(one.name for one in factors if isinstance(one, Name))))
    return name


def _may_name(label: str, name: Node) -> bool:
    """Whether words, as the total or the value of x, may name what has another name elsewhere."""
    if isinstance(name, Words):
        return _DIGITS.findall(label) == _DIGITS.findall(name.text)
    letters = label.split()
    if not all(map(_LETTERS.fullmatch, letters)):
        return False
    named = [word for word in letters if len(word) == 1 and word != "a"]
    if not named:
        return True
    is_same = isinstance(name, Name) and named == [name.name.casefold()]
    return is_same and {*letters} - {*named} <= _VALUE_OF
