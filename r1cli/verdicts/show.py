"""Shows what was read, in plain text: for people, and as the name under which answers are counted."""

from fractions import Fraction

from r1cli.answers.kinds import (
    Apply,
    Based,
    Both,
    Brackets,
    Cases,
    Clock,
    Collection,
    Date,
    Latex,
    Matrix,
    Name,
    Node,
    Number,
    PlusMinus,
    Power,
    Product,
    Quantity,
    Ratio,
    Relation,
    SetBuilder,
    SetOperation,
    Sum,
    Unread,
    Words,
    needs_joint,
)

_OPERATORS = {
    "eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "in": "in", "notin": "not in",
    "approx": "~", "congruent": "==", "modulo": "mod", "to": "->",
}  # fmt: skip
# The base units of the dimensions, where they are not called the same.
_BASE_UNITS = {"L": "m", "M": "g", "T": "s", "N": "mol"}
_SETS = {"union": "|", "intersection": "&", "without": "-"}


def show(node: Node) -> str:
    """A reading as text: ``1/2``, ``x^2 + 1``, ``{1, 2}``, ``5 [1000 m]``; the same for the same reading."""
    match node:
        case Number():
            return _number(node.value)
        case Name() | Words():
            return node.name if isinstance(node, Name) else node.text
        case Unread() | Latex():
            return node.text
        case Sum():
            return " + ".join(map(_inner, node.terms)).replace("+ -", "- ")
        case Product():
            return _product(node)
        case Power():
            return f"{_inner(node.base)}^{_inner(node.exponent)}"
        case Apply():
            return f"{node.function}({_list(node.arguments)})"
        case PlusMinus():
            return f"+-{_inner(node.term)}"
        case Relation():
            return _chain(node)
    return _show_kind(node)


def _show_kind(node: Node) -> str:
    match node:
        case Quantity():
            return _quantity(node)
        case Based():
            return f"{node.digits} (base {node.base})"
        case Clock():
            return f"{node.minutes // 60}:{node.minutes % 60:02} {node.half}".strip()
        case Date():
            return "-".join(str(part) for part in (node.year, node.month, node.day) if part)
        case Ratio():
            return ":".join(map(_inner, node.parts))
        case Brackets():
            return f"{node.opening}{_list(node.items)}{node.closing}"
        case Collection() if node.either and needs_joint(node):
            return f"{{{' or '.join(map(show, node.items))}}}"
        case Collection():
            return f"{{{_list(node.items)}}}"
        case Both():
            return " and ".join(map(show, node.conditions))
        case SetOperation():
            return f" {_SETS[node.operator]} ".join(map(show, node.parts))
        case SetBuilder():
            return f"{{{show(node.variable)} : {show(node.condition)}}}"
        case Matrix() | Cases():
            return f"[{'; '.join(_list(row) for row in node.rows)}]"
    return repr(node)


def _number(value: Fraction) -> str:
    try:
        return str(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return f"{value.numerator:#x}/{value.denominator:#x}"


def _product(node: Product) -> str:
    """Factors, and after a slash those that are divided by: as people write a fraction."""
    above: list[Node] = []
    below: list[Node] = []
    for one in node.factors:
        if isinstance(one, Power) and one.exponent == Number(Fraction(-1)):
            below.append(one.base)
        elif one != Number(Fraction(1)):
            above.append(one)
    text = "*".join(map(_inner, above)) or "1"
    divisor = "*".join(map(_inner, below))
    return f"{text}/{f'({divisor})' if len(below) > 1 else divisor}" if below else text


def _list(nodes: tuple[Node, ...]) -> str:
    return ", ".join(map(show, nodes))


def _inner(node: Node) -> str:
    whole = isinstance(node, Name | Apply) or (isinstance(node, Number) and node.value.denominator == 1)
    return show(node) if whole else f"({show(node)})"


def _chain(node: Relation) -> str:
    parts = [show(node.sides[0])]
    for operator, side in zip(node.operators, node.sides[1:], strict=True):
        parts += [_OPERATORS.get(operator, operator), show(side)]
    return " ".join(parts)


def _quantity(node: Quantity) -> str:
    text = show(node.value) + ("%" if node.percent else "")
    if node.unit:
        base = " ".join(
            f"{_BASE_UNITS.get(name, name)}{f'^{power}' if power != 1 else ''}"
            for name, power in node.unit.dimension
        )
        size = "" if node.unit.factor == 1 else f"{node.unit.factor} "
        text += f" [{size}{base}]"
    return f"{text} {' '.join(node.noun)}".strip()
