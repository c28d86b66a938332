"""Whole numbers at equal distances: x = 7k + 3, and x that are 3 modulo 7."""

from dataclasses import dataclass
from fractions import Fraction

from r1cli.answers.kinds import (
    Collection,
    Name,
    Node,
    Number,
    Relation,
    is_assignment,
    operands,
    with_operands,
)
from r1cli.verdicts.numeric import NotRational, rational, variables

_INTEGERS = Name("mathbb Z")
_UNNAMED = Name("?")


@dataclass(frozen=True)
class Progression:
    """All whole numbers that leave ``remainder`` when divided by ``step``, and what they are values of."""

    name: Node
    remainder: Fraction
    step: Fraction

    def equals(self, other: "Progression") -> bool:
        """Whether both are the same numbers, of the same name where both have one."""
        is_one_name = _UNNAMED in (self.name, other.name) or self.name == other.name
        return is_one_name and (self.remainder, self.step) == (other.remainder, other.step)


def is_congruence(node: Node) -> bool:
    """Whether it is written with a modulus."""
    return isinstance(node, Relation) and node.operators == ("congruent", "modulo")


def progression(node: Node) -> Progression | None:
    """The whole numbers that a congruence, or an expression in one whole number, stands for; else None."""
    match node:
        case Relation(sides=(name, rest, modulus)) if is_congruence(node):
            return _reduced(name, [rest, modulus])
        case Collection(items=(first, Relation(sides=(Name(), where), operators=("in",)))) if (
            where == _INTEGERS
        ):
            return progression(first)
        case Relation(sides=(name, formula)) if is_assignment(node):
            return _linear(name, formula)
    return _linear(_UNNAMED, node)


def _linear(name: Node, formula: Node) -> Progression | None:
    """Of 7k + 3: its value for k = 0, and how much more it is for each further k."""
    letters = variables(formula)
    letter = Name("".join(letters))
    if len(letters) != 1 or letter == name:
        return None
    try:
        first, second, third = (rational(_at(formula, letter, Fraction(place))) for place in range(3))
    except NotRational:
        return None
    step = second - first
    is_linear = third - second == step
    return _reduced(name, [Number(first), Number(step)]) if is_linear else None


def _reduced(name: Node, values: list[Node]) -> Progression | None:
    try:
        first, step = map(rational, values)
    except NotRational:
        return None
    if step == 0 or first.denominator != 1 or step.denominator != 1:
        return None
    return Progression(name, first % abs(step), abs(step))


def _at(node: Node, letter: Name, value: Fraction) -> Node:
    if node == letter:
        return Number(value)
    return with_operands(node, tuple(_at(one, letter, value) for one in operands(node)))
