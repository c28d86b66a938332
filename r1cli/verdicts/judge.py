"""The verdict on one answer: reads the gold and the answer, and compares them."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from r1cli.answers import units
from r1cli.answers.kinds import Brackets, Collection, Name, Node, Quantity, Relation, Sum, Unread, Words
from r1cli.answers.lettered import read_choice, read_choices
from r1cli.answers.read import read
from r1cli.answers.tidy import tidy
from r1cli.verdicts.compare import Comparison
from r1cli.verdicts.finder import find_in_solution
from r1cli.verdicts.likely import other_readings
from r1cli.verdicts.numeric import NotRational, TooCostly, rational, variables
from r1cli.verdicts.show import show
from r1cli.verdicts.solutions import Same
from r1cli.verdicts.terms import Judged, Rules

#: Longer ones are read by the workers only, which have limits.
_QUICK = 400
# 5m/s may be a product of variables, and so may 5 N and 5 s^2 in spite of the space; 5 m^2 can hardly be.
_PRODUCT = re.compile(r"[A-Za-z](?:\^[23])?(?:/[A-Za-z](?:\^[23])?)*|\s+(?:[A-Z]|[a-ln-z](?:\^[23]))")
_LETTERS = re.compile(r"(.*[\d)}])(\s*(?:[A-Za-z]|\\Omega)(?:[A-Za-z0-9/^{} *-]|\\cdot)*)", re.DOTALL)


class Undecided(Exception):
    """The verdict takes more than arithmetic."""


@dataclass(frozen=True)
class Gold:
    """A gold as it was read.

    ``text`` is what counts in it, and ``node`` what it says; ``with_unit`` is the same where the letters
    after a number are read as a unit. ``wording`` is the text as `squeezed` has it, and ``choices`` are
    several letters of which all are the answer.
    """

    text: str
    wording: str
    node: Node
    with_unit: Quantity | None
    choices: str = ""

    @property
    def is_read(self) -> bool:
        """Whether the grammar has it."""
        return not isinstance(self.node, Unread)


@lru_cache(maxsize=4096)
def read_gold(text: str, mode: str) -> Gold:
    """The answer in a gold, in one of the ways of `finder.find_in_solution`.

    Raises:
        TooCostly: its value has more digits than anybody writes.
    """
    found = find_in_solution(text, mode)
    node = read(found)
    with suppress(NotRational):
        rational(node)
    return Gold(found, squeezed(found), node, _with_unit(found), read_choices(found))


def judge(gold: Gold, answer: str | None, rules: Rules, same: Same) -> Judged:
    """The verdict on an answer; ``same`` compares expressions.

    Raises:
        TooCostly: a value in the answer has too many digits.
        Undecided: from ``same``.
    """
    ours = (show(gold.node),) if gold.is_read else ()
    if isinstance(gold.node, Unread) and not gold.node.text:
        return Judged("gold not parsed")
    if answer is None:
        return Judged("answer not parsed" if gold.is_read else "gold not parsed", ours)
    node = read(answer)
    theirs = () if isinstance(node, Unread) else (show(node),)
    wording = squeezed(answer)
    if wording and wording == gold.wording:
        return Judged("equal", ours or (gold.text,), theirs or (answer,))
    if not gold.is_read:
        return Judged("gold not parsed", (), theirs)
    choice = read_choice(answer)
    if choice and isinstance(gold.node, Name) and gold.node.name.isupper():
        return Judged("equal" if choice[0] == gold.node.name else "different", ours, (choice[0],))
    if gold.choices and (choices := read_choices(answer)):
        return Judged("equal" if choices == gold.choices else "different", ours, (choices,))
    comparison = Comparison(rules, same)
    equal = not isinstance(node, Unread) and _is_equal(gold, answer, node, comparison)
    for other in () if equal else other_readings(gold.node, answer, choice):
        if comparison.equal(gold.node, other):
            return Judged("equal", ours, (show(other),))
    if isinstance(node, Unread):
        return Judged("answer not parsed", ours)
    return Judged("equal" if equal else "different", ours, theirs)


def judge_quickly(text: str, mode: str, answer: str | None, rules: Rules) -> Judged | None:
    """The verdict where reading and arithmetic with fractions settle it; otherwise None."""
    if len(text) > _QUICK or len(answer or "") > _QUICK:
        return None
    try:
        gold = read_gold(text, mode)
    except TooCostly:
        return Judged("gold too costly")
    try:
        return judge(gold, answer, rules, _undecided)
    except TooCostly:
        return Judged("answer too costly", (show(gold.node),))
    except Undecided:
        return None


def _undecided(gold: Node, answer: Node) -> bool:
    raise Undecided


def _is_equal(gold: Gold, answer: str, node: Node, comparison: Comparison) -> bool:
    """Compares all readings: letters after a number are a product, or a unit if the gold has one."""
    if comparison.equal(gold.node, node):
        return True
    theirs = _with_unit(answer)
    if gold.with_unit is not None and any(
        comparison.equal(gold.with_unit, one) for one in (node, theirs) if one is not None
    ):
        return True
    if theirs is None or theirs.unit is None:
        return False
    # A single letter is a unit only where the gold has it as one; m/s needs no such hint.
    is_unit = isinstance(gold.node, Quantity) or (theirs.sure and len(theirs.unit.dimension) > 1)
    return is_unit and comparison.equal(gold.node, theirs)


@lru_cache(maxsize=8192)
def _with_unit(text: str) -> Quantity | None:
    """A number with letters after it, as a quantity: 5 m, 9.8 m/s^2; None if they are not a unit."""
    if len(text) > _QUICK:
        return None
    tidied = tidy(text)
    plain = units.micro(tidied, letters=True)
    found = _LETTERS.fullmatch(units.inline_fraction(plain, letters=True))
    unit = units.read_unit(found[2]) if found else None
    if not found or unit is None:
        return None
    value = read(found[1])
    if isinstance(value, Unread | Words | Collection | Relation | Brackets | Quantity | Sum):
        return None
    if variables(value):
        return None  # of pi r^2 h, no letter is an hour
    # 5mV glued, and 5 \mu V, may be products of variables.
    is_product = _PRODUCT.fullmatch(re.sub(r"[{}]", "", found[2])) or units.is_symbol(found[2])
    return Quantity(value, unit, sure=not is_product and plain == tidied)


def squeezed(text: str) -> str:
    """A text by which equal wordings are known: tidied, without spaces but those between digits."""
    return re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", tidy(text))
