"""Reads a whole answer into one of the kinds of `nodes`: whole, or as `Unread`."""

import re
from fractions import Fraction
from functools import lru_cache

from r1cli.answers.expression import LONGEST
from r1cli.answers.kinds import (
    Apply,
    Both,
    Brackets,
    Cases,
    Collection,
    Matrix,
    Name,
    Node,
    Number,
    Quantity,
    Ratio,
    Relation,
    SetBuilder,
    SetOperation,
    Unread,
    Words,
    is_assignment,
    is_deep,
)
from r1cli.answers.numerals import read_numeral
from r1cli.answers.parts import items, outside, partner, several, split
from r1cli.answers.quantity import read_quantity
from r1cli.answers.scanner import NotReadable
from r1cli.answers.special import read_bound, read_clock, read_compound, read_date
from r1cli.answers.tidy import ROW, tidy, unwrapped
from r1cli.answers.words import plain, read_words

_INTEGER = re.compile(r"[+-]?\d{1,18}")
_RELATIONS = {
    "<=": "le", ">=": "ge", "!=": "ne", "==": "eq", "=": "eq", "<": "lt", ">": "gt", r"\le": "le",
    r"\ge": "ge", r"\ne": "ne", r"\in": "in", r"\notin": "notin", r"\equiv": "congruent",
    r"\approx": "approx", r"\sim": "approx", r"\simeq": "approx", r"\doteq": "approx", "~": "approx",
    r"\cong": "congruent", r"\subset": "subset", r"\subseteq": "subseteq", r"\to": "to", r"\mapsto": "to",
    r"\parallel": "parallel", r"\perp": "perp",
}  # fmt: skip
_COMMAND_END = r"(?![^\W\d_])"
_RELATION = re.compile(
    "|".join(
        re.escape(symbol) + _COMMAND_END * symbol[-1].isalpha()
        for symbol in sorted(_RELATIONS, key=len, reverse=True)
    )
)
_COLON = re.compile(":")
_SET_OPERATIONS = {
    **dict.fromkeys((r"\cup", "U"), "union"),
    **dict.fromkeys((r"\setminus", "-"), "without"),
    r"\cap": "intersection",
}
# A union typed as a letter, and the minus in \mathbb{R} - \{0\}.
_SET_OPERATOR = re.compile(
    rf"\\(?:cup|cap|setminus){_COMMAND_END}|(?<=[)\]}}\s])U(?=[\s(\[\\])|(?<=\}})\s*-\s*(?=\\\{{)"
)
# Said of all numbers of a kind: "all n >= 2", "for all x".
_QUANTIFIER = re.compile(
    r"""
    (?: \\text \s* \{ \s* )? (?: for \s+ )? (?: all|any|every|each )
    (?: \s+ (?: real|numbers?|values?|of|integers? ) )*+ \s* \}? \s+ (?=[A-Za-z\\])
    | \\forall \s*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MODULO = re.compile(r"(.*?)(?:\\pmod|\\mod|\\bmod|\(?\s*(?:\\(?:text|mathrm)\s*\{\s*)?mod\s*\}?)\s*(.*?)\)?")
_CASES = re.compile(r"\\begin\s*\{\s*(?:cases|dcases)\s*\}(.*)\\end\s*\{\s*(?:cases|dcases)\s*\}", re.DOTALL)
_TRANSPOSE = re.compile(
    r"\^\s*(?:T|\\top|\\intercal|\{\s*(?:T|\\top|\\intercal|\\(?:text|mathrm|mathsf)\s*\{T\})\s*\})"
)
# ]2, 5[ is open at both ends.
_TURNED = re.compile(r"([\[\]])([^\[\],;]*[,;][^\[\]]*)([\[\]])")
_IF = re.compile(r"^(?:\\text\s*\{\s*(?:if|for|when)?\s*\}|if\b|for\b|when\b)\s*")
_LETTERS = re.compile(r"[^\W\d_]")
# y(x) and T(n) on the left are of functions, whatever their letter.
_OF_LETTERS = re.compile(r"([A-Za-z]'*)\(\s*([A-Za-z](?:\s*,\s*[A-Za-z])*)\s*\)")
# What denies the equation after it, or is another value than that of the name.
_NO_LABEL = re.compile(
    r"\b(?:let|suppose|assume|if|when|given|test|try|check|not|cannot|never|no|except|but|neither|without|wrong|false|isn't|unlike|twice|thrice|half|double"
    r"|triple|quadruple|times|minus|plus|percent|negative|opposite|reciprocal|squared?|cubed?|mod)\b"
    r"|n't\b|[不%]",
    re.IGNORECASE,
)
#: What is not an answer at all.
_NO_ANSWER = {"", r"\ldots", "proof", "not found", "notfound", "?", "???", "n/a"}
_LONGEST_LABEL = 80
# No list is in more lists.
_MOST_LISTS = 4
# More than that many nodes in each other would be too deep for what recurses.
_DEEPEST = 100


@lru_cache(maxsize=8192)
def read(text: str) -> Node:
    """The answer that a text consists of; `Unread` where no part of the grammar takes all of it."""
    if _INTEGER.fullmatch(text):
        return Number(Fraction(int(text)))
    if len(text.strip()) > 4 * LONGEST:
        return Unread(text)
    tidied = tidy(text)
    if tidied.casefold() in _NO_ANSWER:
        return Unread("")
    if len(tidied) > LONGEST:
        return Unread(tidied)
    try:
        found = _whole(tidied)
    except (NotReadable, RecursionError):
        return Unread(tidied)
    return Unread(tidied) if is_deep(found, _DEEPEST) else found


def _whole(text: str) -> Node:
    try:
        return _answer(text, 0)
    except NotReadable:
        turned = _TURNED.sub(_with_round_brackets, text)
        if turned == text:
            raise
    return _answer(turned, 0)


def _with_round_brackets(interval: re.Match[str]) -> str:
    opening, closing = interval[1].replace("]", "("), interval[3].replace("[", ")")
    return f"{opening}{interval[2]}{closing}"


def _answer(text: str, depth: int) -> Node:
    """One answer, or several."""
    if depth > _MOST_LISTS:
        raise NotReadable
    for read_special in (read_clock, read_date, read_compound, read_bound, read_numeral, read_words):
        special = read_special(text)
        if special is not None:
            return special
    parts = several(text)
    if len(parts) < 2:
        return _relation(text)
    found = [_answer(part, depth + 1) for _, part in parts]
    first = found[0]
    if isinstance(first, Quantity) and first.noun and all(isinstance(one, Words) for one in found[1:]):
        return Quantity(first.value)  # 24 boys and girls
    return _joined(found, [joint for joint, _ in parts[1:]])


def _joined(found: list[Node], joints: list[str]) -> Node:
    """Several answers; conditions on one variable that hold together; or values of one name: n = 2, 3."""
    if "or" not in joints and all(isinstance(one, Relation) and not is_assignment(one) for one in found):
        return Both(tuple(found))
    either = "or" in joints
    first, *others = found
    is_named = isinstance(first, Relation) and is_assignment(first)
    if isinstance(first, Relation) and is_named and not any(isinstance(one, Relation) for one in others):
        return Collection((first.sides[-1], *others), either=either)
    solutions = _solutions(found)
    if len(solutions) > 1:
        return Collection(tuple(map(Collection, solutions)), either=True)
    return Collection(tuple(found), either=either)


def _solutions(found: list[Node]) -> list[tuple[Node, ...]]:
    """Of x = 1, y = 2, x = 2, y = 1, the two solutions: all the names come again and again."""
    if not all(map(is_assignment, found)):
        return []
    names = [one.sides[0] for one in found if isinstance(one, Relation)]
    count = len(set(names))
    starts = range(0, len(found), count)
    if count < 2 or any(len(set(names[start : start + count])) < count for start in starts):
        return []
    return [tuple(found[start : start + count]) for start in starts]


# -- relations -------------------------------------------------------------------------------------------


def _relation(text: str) -> Node:
    quantifier = _QUANTIFIER.match(text)
    if quantifier:
        text = text[quantifier.end() :]
    parts = split(text, _RELATION.match)
    sides = [side.strip() for _, side in parts]
    operators = tuple(_RELATIONS[symbol] for symbol, _ in parts[1:])
    if not operators:
        return _congruence(["?", text], ("congruent",)) if r"\pmod" in text else _ratio(text)
    if operators[-1] == "congruent":
        return _congruence(sides, operators)
    if operators == ("approx",) and sides[0] == "":
        return _ratio(sides[1])
    if sides[0] == "" and len(sides) == 2 and operators[0] in ("lt", "le", "gt", "ge", "ne"):
        # \ge 3 is said of the one unknown.
        return Relation((Name("?"), _side(sides[1])), operators)
    first = _first_side(sides[0], operators)
    return Relation((first, *map(_side, sides[1:-1]), _ratio(sides[-1])), operators)


def _first_side(text: str, operators: tuple[str, ...]) -> Node:
    """What a relation is said of; before an equals sign also in words: P(X = 2), the answer, S_{ABC}."""
    if operators == ("eq",) and (function := _OF_LETTERS.fullmatch(text)):
        return Apply(function[1], tuple(map(Name, _LETTERS.findall(function[2]))))
    try:
        return _side(text)
    except NotReadable:
        is_label = _LETTERS.search(text) and len(text) < _LONGEST_LABEL and not _NO_LABEL.search(text)
        if {*operators} == {"eq"} and is_label:
            return Words(plain(text))
        raise


def _congruence(sides: list[str], operators: tuple[str, ...]) -> Relation:
    found = _MODULO.fullmatch(sides[-1])
    if not found:
        raise NotReadable
    modulus = unwrapped(found[2])
    left = [Name("?") if side == "?" else _side(side) for side in sides[:-1]]
    return Relation((*left, _side(found[1]), _side(modulus)), (*operators, "modulo"))


def _ratio(text: str) -> Node:
    parts = [part for _, part in split(text, _COLON.match)]
    return Ratio(tuple(map(_side, parts))) if len(parts) > 1 else _side(text)


# -- sides: sets, brackets, quantities -------------------------------------------------------------------


def _side(text: str) -> Node:
    (_, first), *others = split(text, _set_operator)
    # From the left, as all these operators bind alike.
    found = _set(first.strip())
    for symbol, part in others:
        found = SetOperation(_SET_OPERATIONS[symbol.strip()], (found, _set(part.strip())))
    return found


def _set_operator(text: str, at: int) -> re.Match[str] | None:
    found = _SET_OPERATOR.match(text, at)
    is_difference = found and (found[0].strip() != "-" or "mathbb" in text[:at])
    return found if is_difference else None


def _set(text: str) -> Node:
    if not text:
        raise NotReadable
    if text.startswith("\\{") and partner(text) == len(text) - 2:
        return _braces(text[2:-2].strip())
    if text[0] in "([" and partner(text) == len(text) - 1:
        return _brackets(text[0], text[1:-1], text[-1])
    power = text.rfind("^")
    if power > 0 and _TRANSPOSE.fullmatch(text, power) and (matrix := _transposed(text[:power].strip())):
        return matrix
    if text.startswith("\\langle") and text.endswith("\\rangle"):
        return _brackets("(", text.removeprefix("\\langle").removesuffix("\\rangle"), ")")
    cases = _CASES.fullmatch(text)
    return _cases(cases[1]) if cases else read_quantity(text)


def _braces(inside: str) -> Node:
    """A set: its numbers, or the condition for them."""
    if not inside:
        return Name("emptyset")
    for at in outside(inside):
        if inside[at] in "|:" and inside.count(inside[at]) == 1:
            return SetBuilder(_relation(inside[:at].strip()), _answer(inside[at + 1 :].strip(), 1))
    return Collection(tuple(_relation(part) for _, part in several(inside)), braces=True)


def _brackets(opening: str, inside: str, closing: str) -> Node:
    parts = items(inside)
    if opening + closing == "[]" and (matrix := _matrix(parts)):
        return matrix
    if len(parts) > 1:
        return Brackets(opening, tuple(map(_relation, parts)), closing)
    if not parts[0] or opening + closing not in ("()", "[]"):
        raise NotReadable
    return _relation(parts[0])


def _transposed(text: str) -> Matrix | None:
    """A matrix with rows for columns; of a tuple, a column; None of anything else."""
    if not text.endswith((")", "]", "}")):
        return None
    match _set(text):
        case Brackets() as vector:
            return Matrix(tuple((item,) for item in vector.items))
        case Matrix() as matrix:
            return Matrix(tuple(zip(*matrix.rows, strict=True)))
    return None


def _matrix(parts: list[str]) -> Matrix | None:
    """[[1, 2], [3, 4]], as programs write it; None if the parts are not rows."""
    if not all(part.startswith("[") and partner(part) == len(part) - 1 for part in parts):
        return None
    rows = [items(part[1:-1]) for part in parts]
    if len({*map(len, rows)}) > 1:
        return None
    return Matrix(tuple(tuple(map(_relation, row)) for row in rows))


def _cases(body: str) -> Cases:
    rows = []
    for row in body.strip().removesuffix(ROW).split(ROW):
        cells = [_IF.sub("", unwrapped(cell)).strip() for cell in row.split("&")]
        rows.append(tuple(_answer(cell, 1) for cell in cells if cell))
    return Cases(tuple(rows))
