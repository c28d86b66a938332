"""Binomial coefficients that may be something else: C(10, 3) a point, and C_{10}^3 a power."""

import re
from fractions import Fraction

from r1cli.answers.kinds import Apply, Name, Node, Number, Power, operands, with_operands

_INDEXED = re.compile(r"C_(\d{1,4})")


def alike(gold: Node, answer: Node) -> tuple[Node, Node]:
    """Both, with binomial coefficients where only one side has these notations."""
    ours, theirs = _binomials(gold), _binomials(answer)
    return (gold, answer) if ours != gold and theirs != answer else (ours, theirs)


def _binomials(node: Node) -> Node:
    match node:
        case Apply(function="C", arguments=(Number() as top, Number() as bottom)) if _is_clear(top, bottom):
            return Apply("binom", node.arguments)
        case Power(base=Name(name=name), exponent=Number() as bottom) if found := _INDEXED.fullmatch(name):
            top = Number(Fraction(found[1]))
            return Apply("binom", (top, bottom)) if _is_clear(top, bottom) else node
    return with_operands(node, tuple(map(_binomials, operands(node))))


def _is_clear(top: Number, bottom: Number) -> bool:
    """Whether the coefficient is none of the two numbers, so that no point is taken for its coordinate."""
    return 2 <= bottom.value <= top.value - 2 and top.value.denominator == bottom.value.denominator == 1
