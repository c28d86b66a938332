"""Whether two answers are equal: a rule for each pair of kinds.

docs/verdicts.md states them with examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
    Matrix,
    Name,
    Node,
    Number,
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
    is_assignment,
    is_name,
    needs_joint,
    negated,
    reciprocal,
)
from r1cli.answers.nouns import EACH
from r1cli.answers.words import NO_SOLUTION
from r1cli.verdicts import binomials
from r1cli.verdicts.assignments import (
    differ,
    is_sum_of_letters,
    name_of,
    sum_of_letters,
    unknown,
    unpacked,
    value,
    values,
    values_of,
)
from r1cli.verdicts.clocks import as_clock, same_time
from r1cli.verdicts.numeric import NotRational, is_rounded, rational, variables
from r1cli.verdicts.progressions import is_congruence, progression
from r1cli.verdicts.quantities import (
    as_quantity,
    in_base_units,
    in_radians,
    is_radian,
    of_one,
    same_things,
    share,
)
from r1cli.verdicts.signs import spread
from r1cli.verdicts.solutions import NoSet, Same, as_set, is_inequality, turned
from r1cli.verdicts.terms import Rules

# Longer lists would take long to compare.
_MOST_ITEMS = 200
# In longer lists only the same wordings count once.
_MOST_COMPARED = 8
_EXPRESSIONS = Number | Sum | Product | Power | Apply | Name


@dataclass(frozen=True)
class Comparison:
    """Compares by `rules`; ``same`` settles what arithmetic with fractions does not."""

    rules: Rules
    same: Same

    def equal(self, gold: Node, answer: Node) -> bool:
        """Whether an answer says the same as the gold.

        Raises:
            TooCostly: a value has too many digits.
        """
        gold, answer = spread(gold), spread(answer)
        if gold == answer:
            return True
        if isinstance(gold, Collection | Relation) and isinstance(answer, Collection | Relation):
            gold, answer = unpacked(gold), unpacked(answer)
        if is_congruence(gold) != is_congruence(answer):
            ours, theirs = progression(gold), progression(answer)
            return ours is not None and theirs is not None and ours.equals(theirs)
        for rule in (self._collections, self._assignments, self._chains, self._sets, self._kinds):
            found = rule(gold, answer)
            if found is not None:
                return found
        return self._quantities(gold, answer)

    # -- several answers --------------------------------------------------------------------------------

    def _collections(self, gold: Node, answer: Node) -> bool | None:
        match gold, answer:
            case Collection(), Collection():
                return self._same_items(gold, answer)
            case Collection(), _:
                several, one = gold, answer
            case _, Collection():
                several, one = answer, gold
            case _:
                return None
        # Pairs in a list are not intervals.
        if not isinstance(one, Brackets) and (found := self._sets(gold, answer)) is not None:
            return found
        if isinstance(one, Relation) and one.operators in (("eq",), ("in",)) and is_name(one.sides[0]):
            if any(is_assignment(item) and differ(name_of(item), one.sides[0]) for item in several.items):
                return False
            one = one.sides[1]
        if isinstance(one, Collection):
            return self._same_items(several, one)
        if isinstance(one, Brackets) and one.opening == "(" and not several.braces:
            # Of values without names, a pair is another answer than both of them.
            is_point = one is gold or all(map(is_assignment, several.items))
            return is_point and not several.either and self._all_equal(one.items, values(several.items))
        items = self._distinct(several.items)
        # A set of the empty set is not empty.
        return len(items) == 1 and one != Name("emptyset") and self.equal(items[0], one)

    def _same_items(self, gold: Collection, answer: Collection) -> bool:
        if gold.either != answer.either and (needs_joint(gold) or needs_joint(answer)):
            return False
        ours: Sequence[Node] = gold.items
        theirs: Sequence[Node] = answer.items
        named = [all(map(is_assignment, items)) for items in (ours, theirs)]
        if named[0] != named[1]:
            with_names, without = (ours, theirs) if named[0] else (theirs, ours)
            if len(set(map(unknown, with_names))) > 1:
                return self._all_equal(values(with_names), without)
            ours, theirs = values(with_names), without
        elif named[0] and len(set(map(name_of, (*ours, *theirs)))) > 1:
            return self._match_named(ours, theirs)
        return self._match(self._distinct(ours), self._distinct(theirs))

    def _distinct(self, items: Sequence[Node]) -> list[Node]:
        """The items without those that are equal to an earlier one: 0.5 and 1/2 are one."""
        kept: list[Node] = []
        for item in dict.fromkeys(items):
            if len(items) > _MOST_COMPARED or not any(self.equal(other, item) for other in kept):
                kept.append(item)
        return kept

    def _match_named(self, ours: Sequence[Node], theirs: Sequence[Node]) -> bool:
        """x = 1, y = 2: each name has its values."""
        names = set(map(name_of, ours))
        return names == set(map(name_of, theirs)) and all(
            self._match(values_of(name, ours), values_of(name, theirs)) for name in names
        )

    def _match(self, ours: Sequence[Node], theirs: Sequence[Node]) -> bool:
        """Whether each item of either side has its equal on the other: sets without an order."""
        if max(len(ours), len(theirs)) > _MOST_ITEMS:
            return False
        left = list(theirs)
        for item in ours:
            partner = next((other for other in left if self.equal(item, other)), None)
            if partner is None:
                return False
            left.remove(partner)
        return not left

    def _all_equal(self, ours: Sequence[Node], theirs: Sequence[Node]) -> bool:
        """Whether items are equal in their order."""
        return len(ours) == len(theirs) and all(map(self.equal, ours, theirs))

    # -- equations --------------------------------------------------------------------------------------

    def _assignments(self, gold: Node, answer: Node) -> bool | None:
        """``x = 3``: its value; of two names, the same."""
        if is_assignment(gold) and is_assignment(answer):
            if differ(name_of(gold), name_of(answer)):
                return all(isinstance(name_of(side), Name) for side in (gold, answer)) and self._relations(
                    gold, answer
                )
            return self.equal(value(gold), value(answer))
        if isinstance(gold, Number) and (total := sum_of_letters(answer)) is not None:
            return self.equal(gold, total)
        if not is_assignment(gold) and not is_assignment(answer):
            return None
        one, other = (gold, answer) if is_assignment(gold) else (answer, gold)
        if not isinstance(other, Relation):
            return self.equal(value(gold), value(answer))
        if is_inequality(other) or other.operators == ("in",):
            return None
        if len(other.operators) > 1 and is_name(other.sides[0]) and not differ(name_of(one), other.sides[0]):
            # x = 56 + 1 = 57, x = 2 sqrt(3) ~ 3.46
            rest = Relation(other.sides[1:], other.operators[1:])
            return self.equal(value(gold), rest) if other is answer else self.equal(rest, value(answer))
        return self._relations(one, other)

    def _chains(self, gold: Node, answer: Node) -> bool | None:
        """``56 + 1 = 57``: a calculation counts if all of it has the one value."""
        ours, theirs = _calculated(gold), _calculated(answer)
        if theirs is None and not isinstance(gold, Relation):
            theirs = _identity(answer)
        if ours is None and theirs is None:
            return None
        ours, theirs = ours or [gold], theirs or [answer]
        if any(isinstance(one, Relation) and "approx" in one.operators for one in (gold, answer)):
            found = any(self.equal(one, other) for one in ours for other in theirs)
            return found and all(map(self._is_near, theirs, theirs[1:]))
        return all(self.equal(ours[-1], side) for side in theirs) and all(
            self.equal(side, theirs[-1]) for side in ours
        )

    def _is_near(self, exact: Node, rounded: Node) -> bool:
        """Whether a number is another value, rounded: 2 sqrt(3) is near 3.46, and not near 3.64."""
        found, value = (share(as_quantity(one)) for one in (rounded, exact))
        if not isinstance(found, Number) or _has_variable(value):
            return True
        try:
            return abs(rational(value) - found.value) <= _last_digit(found)
        except NotRational:
            return self.same(Apply("near", (value, Number(_last_digit(found)))), found)

    def _relations(self, gold: Node, answer: Node) -> bool | None:
        if not (isinstance(gold, Relation) and isinstance(answer, Relation)):
            return None
        if gold.operators == answer.operators == ("eq",):
            return self._equations(gold, answer)
        for ours in (gold, turned(gold)):
            if ours.operators == answer.operators:
                if "modulo" in ours.operators:
                    return self._congruences(ours, answer)
                if self._all_equal(ours.sides, answer.sides):
                    return True
        if (
            len(gold.operators) == len(answer.operators) == 1
            and is_inequality(gold)
            and is_inequality(answer)
        ):
            return self._inequalities(gold, answer)
        return False

    def _equations(self, gold: Relation, answer: Relation) -> bool:
        """The same curve: one difference of sides is a multiple of the other."""
        try:
            one, other = _difference(gold), _difference(answer)
        except NotRational:
            # {x} does not name x.
            sets = [isinstance(one.sides[0], Collection) for one in (gold, answer)]
            return sets[0] == sets[1] and all(map(self.equal, gold.sides, answer.sides))
        if variables(one) != variables(other) or not variables(one):
            return False
        return self._proportional(one, other, (1, -1))

    def _inequalities(self, gold: Relation, answer: Relation) -> bool:
        strict = {"lt": "lt", "gt": "lt", "le": "le", "ge": "le", "ne": "ne"}
        if strict.get(gold.operators[0]) != strict.get(answer.operators[0]):
            return False
        try:
            one, other = _difference(gold), _difference(answer)
        except NotRational:
            return False
        if gold.operators[0] in ("gt", "ge"):
            one = negated(one)
        if answer.operators[0] in ("gt", "ge"):
            other = negated(other)
        if variables(one) != variables(other):
            return False
        return self._proportional(one, other, (1, -1) if gold.operators[0] == "ne" else (1,))

    def _proportional(self, one: Node, other: Node, signs: tuple[int, ...]) -> bool:
        return self.same(Apply("proportional", (one, Number(Fraction(len(signs))))), other)

    def _congruences(self, gold: Relation, answer: Relation) -> bool:
        *ours, modulus = gold.sides
        *theirs, other = answer.sides
        if len(ours) != len(theirs) or not self.equal(modulus, other):
            return False
        unnamed = Name("?") in (*ours, *theirs)
        if not unnamed and not all(map(self.equal, ours[:-1], theirs[:-1])):
            return False
        try:
            return (rational(ours[-1]) - rational(theirs[-1])) % rational(modulus) == 0
        except (NotRational, ZeroDivisionError):
            return self.equal(ours[-1], theirs[-1])

    # -- sets -------------------------------------------------------------------------------------------

    def _sets(self, gold: Node, answer: Node) -> bool | None:
        """Intervals, unions, inequalities: the same numbers."""
        if not any(_is_about_a_set(side) for side in (gold, answer)):
            return None
        if isinstance(gold, Brackets) and isinstance(answer, Brackets):
            return None
        if _is_interval(gold) and _says_by_inequality(answer) and not self.rules.interval_is_inequality:
            return False
        try:
            one, other = as_set(gold, self.same), as_set(answer, self.same)
        except NoSet:
            return self._relations(gold, answer) if isinstance(gold, Relation) else None
        if one.variable and other.variable and one.variable != other.variable:
            return False
        return one.equals(other, self.same)

    # -- one kind each ----------------------------------------------------------------------------------

    def _kinds(self, gold: Node, answer: Node) -> bool | None:
        found = self._relations(gold, answer)
        if found is not None:
            return found
        match gold, answer:
            case Words(), Words():
                return gold.text == answer.text
            case Name(), Name() if not {gold.name, answer.name} & {"e", "i", "pi"}:
                folded = self.rules.ignore_case and gold.name.casefold() == answer.name.casefold()
                return folded or gold.name == answer.name
            case Brackets(), Brackets():
                # [1, 2, 3] is as good a vector as (1, 2, 3); of two, they are intervals.
                alike = (gold.opening, gold.closing) == (answer.opening, answer.closing) or len(
                    gold.items
                ) > 2
                return alike and self._all_equal(gold.items, answer.items)
            case Matrix(), Matrix():
                return self._same_rows(gold.rows, answer.rows)
            case Date(), Date():
                same_year = None in (gold.year, answer.year) or gold.year == answer.year
                return same_year and (gold.month, gold.day) == (answer.month, answer.day)
            case Ratio(), Ratio():
                return self._ratios(gold, answer)
            case Clock(), Clock():
                return same_time(gold, answer)
            case Cases(), Cases():
                return len(gold.rows) == len(answer.rows) and all(
                    any(self._all_equal(row, other) for other in answer.rows) for row in gold.rows
                )
        if isinstance(answer, Based):
            # Of a gold in base ten, the digits are not enough.
            return answer.base == 10 and gold == Number(Fraction(int(answer.digits)))
        if isinstance(answer, Ratio) and isinstance(gold, Number) and gold.value.denominator == 1:
            return False  # 20:1 does not count 20
        for one, other in ((gold, answer), (answer, gold)):
            found = self._mixed(one, other)
            if found is not None:
                return found
        return False if isinstance(gold, _APART) or isinstance(answer, _APART) else None

    def _mixed(self, one: Node, other: Node) -> bool | None:
        """Two different kinds, of which the order does not matter."""
        match one, other:
            case Words(), Name(name="emptyset"):
                return one.text == NO_SOLUTION
            case Brackets(), Matrix():
                is_vector = len(other.rows) == 1 or len(other.rows[0]) == 1
                cells = [cell for row in other.rows for cell in row]
                return self.rules.tuple_is_vector and is_vector and self._all_equal(one.items, cells)
            case Based(), _:
                return isinstance(other, Number) and not other.step and str(other.value) == one.digits
            case Clock(), _:
                clock = as_clock(other)
                return clock is not None and same_time(one, clock)
            case Ratio(), _ if not isinstance(other, Based | Clock):
                if len(one.parts) != 2 or not self.rules.ratio_is_fraction:
                    return False
                return self._quantities(Product((one.parts[0], reciprocal(one.parts[1]))), other)
        return None

    def _same_rows(self, ours: Sequence[Sequence[Node]], theirs: Sequence[Sequence[Node]]) -> bool:
        return len(ours) == len(theirs) and all(map(self._all_equal, ours, theirs))

    def _ratios(self, gold: Ratio, answer: Ratio) -> bool:
        if len(gold.parts) != len(answer.parts):
            return False
        first, other = gold.parts[0], answer.parts[0]
        return all(
            self._expressions(Product((part, other)), Product((first, another)))
            for part, another in zip(gold.parts[1:], answer.parts[1:], strict=True)
        )

    # -- values -----------------------------------------------------------------------------------------

    def _quantities(self, gold: Node, answer: Node) -> bool:
        ours, theirs = as_quantity(gold), as_quantity(answer)
        is_named = ours.unit or ours.noun or variables(ours.value)
        if EACH in theirs.noun and is_named and EACH not in ours.noun:
            return False  # $12 each is not a total of $12
        ours, theirs = of_one(ours), of_one(theirs)
        if ours.unit and theirs.unit:
            if ours.unit.dimension != theirs.unit.dimension:
                return False
            if ours.unit.factor == theirs.unit.factor:
                return self._expressions(ours.value, theirs.value)
            return self._expressions(in_base_units(ours), in_base_units(theirs))
        for one, other in ((ours, theirs), (theirs, ours)):
            if one.unit and (other.noun or other.percent or not one.sure):
                return False
        if ours.noun and theirs.noun and not same_things(ours.noun, theirs.noun):
            return False
        if ours.percent != theirs.percent:
            return self._percents(ours, theirs)
        if is_radian(ours, theirs) or is_radian(theirs, ours):
            return self._expressions(in_radians(ours), in_radians(theirs))
        return self._expressions(ours.value, theirs.value)

    def _percents(self, gold: Quantity, answer: Quantity) -> bool:
        """Of which one is in percent: 15% is 0.15; and 15, where that cannot be a share of one."""
        counted = answer.noun if gold.percent else gold.noun
        if counted:
            return False
        if self._expressions(share(gold), share(answer)):
            return True
        is_count = isinstance(gold.value, Number) and gold.value.value.denominator == 1
        may_drop = gold.percent or (is_count and abs(rational(gold.value)) > 1)
        return may_drop and self._expressions(gold.value, answer.value)

    def _expressions(self, gold: Node, answer: Node) -> bool:
        if gold == answer:
            return True
        gold, answer = binomials.alike(gold, answer)
        try:
            one, other = rational(gold), rational(answer)
        except NotRational:
            return self.same(gold, answer)
        return one == other or self._is_rounded(gold, answer, one, other)

    def _is_rounded(self, gold: Node, answer: Node, one: Fraction, other: Fraction) -> bool:
        """Whether a side is a decimal with many digits, and the other side rounded, or cut off there."""
        return is_rounded(gold, one, other, self.rules.rounding) or is_rounded(
            answer, other, one, self.rules.rounding
        )


_APART = (Words, Brackets, Matrix, Date, Relation, SetOperation, SetBuilder, Both, Cases, Unread)


def _calculated(node: Node) -> list[Node] | None:
    """The sides of a calculation, as 56 + 1 = 57 or x = 56 + 1 = 57; None if it is something else."""
    if not isinstance(node, Relation) or not set(node.operators) <= {"eq", "approx"}:
        return None
    sides = list(node.sides)
    if is_name(sides[0]) or (len(sides) > 2 and is_sum_of_letters(sides[0])):
        sides = sides[1:]
    if any(_has_variable(side) for side in sides) and "approx" not in node.operators:
        return None
    return sides


def _identity(node: Node) -> list[Node] | None:
    """The sides of f(x) = (x + 2)(x - 2) = x^2 - 4 without the name; None if it is something else."""
    is_chain = isinstance(node, Relation) and {*node.operators} == {"eq"} and len(node.sides) > 2
    return (
        list(node.sides[1:]) if isinstance(node, Relation) and is_chain and is_name(node.sides[0]) else None
    )


def _last_digit(number: Number) -> Fraction:
    """What the last digit of a number is worth; of 22,000 it is the second."""
    if number.step or number.value.denominator != 1:
        return number.step
    digits = str(abs(number.value.numerator))
    return Fraction(10) ** (len(digits) - len(digits.rstrip("0")))


def _has_variable(node: Node) -> bool:
    if isinstance(node, Quantity):
        return _has_variable(node.value)
    return not isinstance(node, _EXPRESSIONS) or bool(variables(node))


def _difference(relation: Relation) -> Node:
    left, right = relation.sides
    if not all(isinstance(side, _EXPRESSIONS) for side in (left, right)):
        raise NotRational
    return Sum((left, negated(right)))


def _is_interval(node: Node) -> bool:
    return isinstance(node, SetOperation) or (isinstance(node, Brackets) and len(node.items) == 2)


def _says_by_inequality(node: Node) -> bool:
    if isinstance(node, Both):
        return all(map(_says_by_inequality, node.conditions))
    if isinstance(node, Collection):
        return all(map(_says_by_inequality, node.items))
    return is_inequality(node)


def _is_about_a_set(node: Node) -> bool:
    if isinstance(node, Collection):
        return any(is_inequality(item) for item in node.items)
    if isinstance(node, Relation):
        return is_inequality(node) or node.operators in (("in",), ("notin",))
    return (
        isinstance(node, SetOperation | SetBuilder | Both)
        or (isinstance(node, Name) and (node.name == "emptyset" or node.name.startswith("mathbb")))
        or (isinstance(node, Brackets) and len(node.items) == 2)
    )
