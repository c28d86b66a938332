"""Reads an expression, in LaTeX or in plain text: whole, or not at all."""

import re
from contextlib import suppress
from fractions import Fraction

from r1cli.answers.kinds import (
    Apply,
    Latex,
    Matrix,
    Name,
    Node,
    Number,
    PlusMinus,
    Power,
    Product,
    Sum,
    negated,
    reciprocal,
)
from r1cli.answers.scanner import NotReadable, Scanner
from r1cli.answers.symbols import (
    ACCENTS,
    CONSTANTS,
    FIRST_NAME,
    FUNCTIONS,
    GREEK,
    TRIGONOMETRIC,
    is_word,
)
from r1cli.answers.tidy import ROW, closing_brace
from r1cli.answers.units import is_unit_word

#: No expression is longer.
LONGEST = 4_000
# Nor nested deeper: brackets count twice.
_DEEPEST = 120
_DIGITS_OF_REPEATING = 200

_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?|\.(\d+)")
_ZEROS = re.compile("^00+|00+$")
_EXPONENT = re.compile(r"[eE]([+-]?\d{1,4})(?![\w.])")
# 0.1\overline{6}, 0.1(6), 0.1666...
_REPEATING = re.compile(
    r"(\d*+)\.(?:(\d*+)(?:\\(?:overline|dot)\s*\{?(\d+)\}?|\((\d+)\))"
    r"|(\d{0,6}?)(\d{1,6}?)\6\6+ *\\ldots(?![A-Za-z]))"
)
# \times 10^{5}
_TEN = re.compile(
    r"""
    \s* (?: \\times | \\cdot | \* | [xX](?=[ ]?10) ) \s* 10 \s* (?: \^ | \*\* ) \s*
    (?: \{\s*([+-]?\s*\d{1,4})\s*\} | \(\s*([+-]?\d{1,4})\s*\) | ([+-]?\d{1,4}) )
    """,
    re.VERBOSE,
)
# After a whole number: \frac{1}{2}, or 1/2 that no single letter follows.
_MIXED = re.compile(
    r"""
    \s* \\frac \s* (?: \{\s*(\d{1,9})\s*\} | (\d)(?=\s*[\d{]) ) \s* (?: \{\s*(\d{1,9})\s*\} | (\d) )
    | \s+ (\d{1,9}) \s* / \s* (\d{1,9}) (?! [\d/.] | \s* (?: [A-Za-z](?![A-Za-z]) | [\^(] ) )
    """,
    re.VERBOSE,
)
# After a power of a number: with a space, or with its own exponent.
_FACTOR_BEHIND = re.compile(r"(?<= )\d|\d+\s*(?:\^|\*\*)")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_LETTER_GROUP = re.compile(r"\s*\{\s*([eij])\s*\}")
# Of an integral.
_CONSTANT = re.compile(r"const(?:ant)?\b\.?")
_CONSTANT_GROUP = re.compile(rf"\s*\{{\s*{_CONSTANT.pattern}\s*\}}")
_BLACKBOARD = re.compile(r"\s*\{?\s*([A-Z])\s*\}?")
_MOD = re.compile(r" *mod(?![A-Za-z])")
_SUBSCRIPT = re.compile(r"\d+|[A-Za-z]|\\[A-Za-z]+")
_TEXT_OR_SPACE = re.compile(r"\\(?:text|mathrm)\s*\{([^{}]*)\}|\s")
# \log_23 is the logarithm of 3, and \log_10 x that to the base of 10.
_ONE_DIGIT = re.compile(r"\s*_(\d)(?=\d+ *(?:$|[^\w\s({\\.]))")
_MATRIX = re.compile(r"\\begin\s*\{\s*([pbvBV]?matrix|smallmatrix|array)\s*\}(?:\s*\{[lcr| ]*\})?")
_MATRIX_END = re.compile(r"\\end\s*\{\s*(\w+)\s*\}")
_MATRIX_RULES = re.compile(rf"\\hline|(?:{ROW}\s*)+$")
# math-verify's own parser reads sums, products, integrals, limits and derivatives.
_BIG = re.compile(
    r"""
    \\ (?: sum | prod | i*int | oint | lim ) (?![A-Za-z])
    | \\frac \s* \{ \s* (?: d | \\partial ) \s* [A-Za-z]? \s* \} \s* \{ \s* (?: d | \\partial ) \s* [A-Za-z]
    """,
    re.VERBOSE,
)
# Of a function: a derivative, or the inverse.
_MARKS = re.compile(r"(?:('+)|\^\s*(\{\s*-\s*1\s*\}|-1))?(?=\()")
_CHOOSE = re.compile(r"\(\s*\d{1,4}\s*,\s*\d{1,4}\s*\)")
_COMBINATIONS = tuple(
    form.format(letter) for letter in "CP" for form in ("{}", r"\text{{{}}}", r"\mathrm{{{}}}")
)
_OVER = re.compile(r"\\over(?![a-z])")
_SIGNS = ("+", "-", r"\pm", r"\mp")
_ALIASES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_INVERTIBLE = TRIGONOMETRIC | {"sinh", "cosh", "tanh"}
_GROUPS = ("mathrm", "text", "textbf")
_FACTORS = (
    frozenset(["frac", "sqrt", "binom", "lfloor", "lceil", "infty", "begin", "angle", "mathbb"])
    | FUNCTIONS
    | GREEK
    | ACCENTS
)
# Words of two letters that are not a product.
_NO_FACTORS = frozenset(["or", "if", "is", "of", "to", "in", "at", "by", "as", "and", "mod", "am", "pm"])


def needs_sympy(text: str) -> bool:
    """Whether a text holds a sum, a product, an integral, a limit or a derivative."""
    return _BIG.search(text) is not None


def whole(text: str) -> Node:
    """The expression that a text consists of.

    Raises:
        NotReadable: it is none, or more than one.
    """
    found, rest = beginning(text)
    if rest:
        raise NotReadable
    return found


def beginning(text: str) -> tuple[Node, str]:
    """The expression that a text begins with, and what follows it.

    Raises:
        NotReadable: it begins with none.
    """
    if needs_sympy(text):
        return Latex(text.strip()), ""
    top, choose, bottom = text.partition(r"\choose")
    if choose:
        with suppress(NotReadable):
            return Apply("binom", (whole(top), whole(bottom))), ""
    if over := _OVER.search(text):
        with suppress(NotReadable):
            return _fraction(whole(text[: over.start()]), whole(text[over.end() :])), ""
    reader = _Reader(text)
    found = reader.sum()
    return found, text[reader.at :].strip()


class _Reader(Scanner):
    """Reads an expression from the beginning of a tidied text: a method for each rule of the grammar.

    Raises:
        NotReadable: from all its methods.
    """

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise NotReadable
        super().__init__(text)
        self._depth = 0

    def sum(self) -> Node:
        """Terms with signs between them: the whole of an expression."""
        self._go_deeper()
        terms = []
        sign = self.take(*_SIGNS)
        while True:
            # 14.0 + -1.0i has its own sign.
            own = self.take("+", "-") if sign else ""
            terms.append(_signed(sign, _signed(own, self._product())))
            sign = self.take(*_SIGNS)
            if not sign:
                break
        self._depth -= 1
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def _go_deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotReadable

    def _product(self) -> Node:
        factors = [self._factor()]
        while True:
            if self.starts("**"):
                break
            if self.take("*", r"\cdot", r"\times"):
                factors.append(self._signed_factor())
            elif self.take("/", r"\div"):
                factors.append(reciprocal(self._signed_factor()))
            elif self.take(r"\bmod", r"\mod") or self.match(_MOD):
                factors = [Apply("mod", (_product_of(factors), self._factor()))]
            elif self._another_factor(factors[-1]):
                factors.append(self._factor())
            else:
                break
        return _product_of(factors)

    def _signed_factor(self) -> Node:
        sign = self.take("+", "-")
        return _signed(sign, self._factor())

    def _another_factor(self, last: Node) -> bool:
        """Whether a factor follows without a sign of multiplication."""
        sign = self.next()
        if sign.isdecimal():
            # Two numbers in a row are not a product, unless the first is a power: 2^3 5, 2^{3}5^{2}.
            # 3!7! is a product, and sin(x)2 is not.
            is_factorial = isinstance(last, Apply) and last.function == "factorial"
            if isinstance(last, Power) and isinstance(last.base, Number):
                return _FACTOR_BEHIND.match(self.text, self.at) is not None
            return is_factorial or not isinstance(last, Number | Apply | Matrix)
        if sign == "\\":
            command = _COMMAND.match(self.text, self.at)
            if not command:
                return False
            is_letter = command[1] in _GROUPS and _LETTER_GROUP.match(self.text, command.end())
            return command[1] in _FACTORS or bool(is_letter)
        if sign.isalpha():
            run = self.run()
            is_unit = len(run) > 1 and is_unit_word(run) and run not in ("in", "mol")
            return not is_word(run) and run not in _NO_FACTORS and not is_unit
        return sign in ("(", "{")

    def _factor(self) -> Node:
        """A base with its exponent and what follows it: x^2, n!."""
        base = self._base()
        while True:
            if self.take("^", "**"):
                if self.starts(r"{\circ", r"{ \circ", r"\circ"):
                    is_open = self.take("{")
                    self.need(r"\circ")
                    if is_open:
                        self.need("}")
                    base = Apply("degrees", (base,))
                elif self.starts(r"{\text", r"\text", r"{\mathrm", r"\mathrm"):
                    # An ordinal, or a unit: for the caller.
                    self.at -= 1
                    return base
                else:
                    base = Power(base, self._argument())
            elif self.starts("!") and not self.starts("!="):
                self.take("!")
                base = Apply("factorial", (base,))
            elif isinstance(base, Name) and self.take("'"):
                base = Name(base.name + "'")
            else:
                return base

    def _argument(self) -> Node:
        """What belongs to ^ or \\sqrt without brackets: a group, a whole number, or one letter."""
        if self.starts("{"):
            return self._group()
        sign = self.take("-", "+")
        self.skip_space()
        if found := self.match(_NUMBER):
            return _signed(sign, _number(found))
        if self.next().isalpha():
            # e^x and x^pi, but of x^ab only the a in LaTeX.
            run = self.run()
            name = run if run in GREEK or run in CONSTANTS else run[0]
            self.at += len(name)
            return _signed(sign, Name(name) if len(name) > 1 else self._subscripted(name))
        return _signed(sign, self._base())

    def _group(self) -> Node:
        """An expression in braces."""
        self.need("{")
        inside = self.sum()
        self.need("}")
        return inside

    def _single(self) -> Node:
        """An argument of \\frac: a group, or a single digit or letter."""
        if self.starts("{"):
            return self._group()
        sign = self.next()
        if sign.isdecimal() or sign.isalpha():
            self.at += 1
            return Number(Fraction(int(sign))) if sign.isdecimal() else Name(sign)
        return self._base()

    def _base(self) -> Node:
        self._go_deeper()
        found = self._number_base() or self._other_base()
        self._depth -= 1
        return found

    def _other_base(self) -> Node:
        sign = self.next()
        if sign in ("(", "["):
            return self._bracketed(sign)
        if sign in ("_", "^") or self.starts("{}", "{ }"):
            return self._combinations()
        if sign == "{":
            return self._choose() or self._group()
        if sign == "|":
            self.take("|")
            inside = self.sum()
            self.need("|")
            return Apply("det" if isinstance(inside, Matrix) else "abs", (inside,))
        if sign == "\\":
            return self._command()
        if sign.isalpha():
            return self._letters()
        raise NotReadable

    def _bracketed(self, opening: str) -> Node:
        self.need(opening)
        inside = self.sum()
        self.need(")" if opening == "(" else "]")
        return inside

    def _choose(self) -> Node | None:
        """{5 \\choose 2}"""
        if r"\choose" not in self.text[self.at : max(closing_brace(self.text, self.at), self.at)]:
            return None
        self.need("{")
        top = self.sum()
        self.need(r"\choose")
        bottom = self.sum()
        self.need("}")
        return Apply("binom", (top, bottom))

    def _combinations(self) -> Node:
        """{}_{10}C_3, ^{10}C_3; with a P, the arrangements."""
        self.take("{}", "{ }")
        if not self.take("_", "^"):
            raise NotReadable
        top = self._argument()
        letter = self.take(*_COMBINATIONS)
        if not letter:
            raise NotReadable
        self.need("_")
        bottom = self._argument()
        found = Apply("binom", (top, bottom))
        return Product((found, Apply("factorial", (bottom,)))) if "P" in letter else found

    # -- numbers ----------------------------------------------------------------------------------------

    def _number_base(self) -> Node | None:
        self.skip_space()
        if found := self.match(_REPEATING):
            return self._mixed(_repeating(found))
        found = self.match(_NUMBER)
        if not found:
            return None
        number = _number(found)
        if exponent := self.match(_EXPONENT):
            return number.times(Fraction(10) ** int(exponent[1]))
        if ten := self.match(_TEN):
            power = int((ten[1] or ten[2] or ten[3]).replace(" ", ""))
            return number.times(Fraction(10) ** power)
        return self._mixed(number)

    def _mixed(self, number: Number) -> Node:
        """A number with the fraction after it, if it is whole and there is one: 1 1/2."""
        start = self.at
        if number.step or number.value.denominator != 1 or not (mixed := self.match(_MIXED)):
            return number
        top, bottom = int(mixed[1] or mixed[2] or mixed[5]), int(mixed[3] or mixed[4] or mixed[6])
        if 0 < top < bottom:
            return Number(number.value + Fraction(top, bottom))
        if mixed[5]:
            raise NotReadable
        self.at = start
        return number

    # -- names ------------------------------------------------------------------------------------------

    def _letters(self) -> Node:
        if self.match(_CONSTANT):
            return Name("C")
        run = self.run()
        found = FIRST_NAME.match(run)
        if is_word(run) or not found:
            raise NotReadable
        name = found[0]
        self.at += len(name)
        if name in FUNCTIONS:
            return self._function(name)
        if name == "C" and _CHOOSE.match(self.text, self.at):
            return Apply(name, self._arguments(","))
        if name in "fghFGHPQpq" and (marks := self.match(_MARKS)):
            return Apply(name + (marks[1] or "^-1" * bool(marks[2])), self._arguments(",", ";"))
        return self._subscripted("infty" if name in ("inf", "infinity") else name)

    def _subscripted(self, name: str) -> Name:
        """A name with what is below it."""
        if not self.take("_"):
            return Name(name)
        if self.starts("{"):
            below = self.braced()
        else:
            found = self.match(_SUBSCRIPT)
            if not found:
                raise NotReadable
            below = found[0]
        below = _TEXT_OR_SPACE.sub(r"\1", below)
        return Name(f"{name}_{below}")

    def _function(self, name: str) -> Node:
        name = _ALIASES.get(name, name)
        base: Node | None = None
        if name == "log" and (digit := self.match(_ONE_DIGIT)):
            base = Number(Fraction(digit[1]))
        elif name == "log" and self.take("_"):
            base = self._argument()
        if name == "sqrt" and self.take("["):
            base = self.sum()
            self.need("]")
        power = self._argument() if self.take("^") else None
        arguments = self._arguments_of(name)
        if power == Number(Fraction(-1)) and name in _INVERTIBLE:
            return Apply("arc" + name, arguments)
        found = _applied(name, arguments, base)
        return found if power is None else Power(found, power)

    def _arguments_of(self, name: str) -> tuple[Node, ...]:
        if name in ("max", "min", "gcd", "lcm"):
            return self._arguments(",")
        if name in ("sqrt", "cbrt", "abs", "floor", "ceil"):
            return (self._bracketed("(") if self.starts("(") else self._argument(),)
        return (self._function_argument(),)

    def _arguments(self, *separators: str) -> tuple[Node, ...]:
        opening = self.take("(", "\\{", "{")
        if not opening:
            raise NotReadable
        arguments = [self.sum()]
        while self.take(*separators):
            arguments.append(self.sum())
        self.need({"(": ")", "{": "}", "\\{": "\\}"}[opening])
        return tuple(arguments)

    def _function_argument(self) -> Node:
        """What a function without brackets is applied to: up to the next sign or function."""
        if self.starts("("):
            return self._bracketed("(")
        if self.starts("{"):
            return self._group()
        factors = [self._factor()]
        while self._another_factor(factors[-1]) and not self.starts("(") and not self._function_follows():
            factors.append(self._factor())
        return _product_of(factors)

    def _function_follows(self) -> bool:
        self.skip_space()
        if command := _COMMAND.match(self.text, self.at):
            return command[1] in FUNCTIONS
        name = FIRST_NAME.match(self.run())
        return name is not None and name[0] in FUNCTIONS

    # -- commands ---------------------------------------------------------------------------------------

    def _command(self) -> Node:
        start = self.at
        found = self.match(_COMMAND)
        if not found:
            raise NotReadable
        name = found[1]
        if name in _GROUPS and (letter := self.match(_LETTER_GROUP)):
            return Name(letter[1])
        if name in _GROUPS and self.match(_CONSTANT_GROUP):
            return Name("C")
        if name == "begin":
            self.at = start
            return self._matrix()
        if name in ("infty", "ldots", "emptyset"):
            return Name(name)
        if name in ACCENTS:
            return self._accented(name)
        if name in FUNCTIONS:
            return self._function(name)
        if name in GREEK:
            return self._subscripted(name)
        return self._structure(name)

    def _structure(self, name: str) -> Node:
        """What a command with arguments stands for."""
        match name:
            case "frac":
                return _fraction(self._single(), self._single())
            case "binom":
                return Apply("binom", (self._single(), self._single()))
            case "lfloor" | "lceil":
                inside = self.sum()
                self.need(r"\r" + name[1:])
                return Apply(name[1:], (inside,))
            case "angle" | "triangle":
                points = self.run()
                if not points or (is_word(points) and points.islower()):
                    raise NotReadable
                self.at += len(points)
                return Name(f"{name} {points}")
            case "mathbb":
                if letter := self.match(_BLACKBOARD):
                    return Name(f"mathbb {letter[1]}")
        raise NotReadable

    def _accented(self, accent: str) -> Node:
        if self.starts("{"):
            inside = self.braced().strip()
        else:
            inside = self.next()
            self.at += 1
        inside = inside.removeprefix("\\")
        if not inside.replace("_", "").isalnum():
            raise NotReadable
        if accent == "mathbf" and inside.isdecimal():
            return Number(Fraction(int(inside)))
        is_letter = accent == "mathbf" and len(inside) == 1 and inside not in "ei"
        if is_letter or accent in ("mathcal", "mathit", "mathsf", "mathfrak"):
            return self._subscripted(inside)
        if inside in ("i", "j", "k") and accent in ("mathbf", "hat", "vec", "overline"):
            return Name(f"vec {inside}")
        return self._subscripted(f"{accent} {inside}")

    def _matrix(self) -> Node:
        found = self.match(_MATRIX)
        if not found:
            raise NotReadable
        ends = _MATRIX_END.finditer(self.text, self.at)
        close = next((end for end in ends if end[1] == found[1]), None)
        if not close:
            raise NotReadable
        body = _MATRIX_RULES.sub("", self.text[self.at : close.start()].strip()).strip()
        rows = tuple(tuple(whole(cell) for cell in row.split("&")) for row in body.split(ROW))
        if len({len(row) for row in rows}) != 1:
            raise NotReadable
        self.at = close.end()
        return Apply("det", (Matrix(rows),)) if found[1] == "vmatrix" else Matrix(rows)


def _number(found: re.Match[str]) -> Number:
    """What `_NUMBER` finds; of a decimal, how exact it is."""
    before, behind = found[1] or "", found[2] or found[3]
    if behind is None:
        return Number(Fraction(int(before)))
    value = Fraction(int((before or "0") + behind), 10 ** len(behind))
    # The zeros of 1.0000001 and 1.000000 say that it is exact; one by itself may be a digit like others.
    known = _ZEROS.sub("", behind if before.strip("0") else behind.lstrip("0"))
    return Number(value, len(known), Fraction(1, 10 ** len(behind)))


def _repeating(found: re.Match[str]) -> Number:
    before, first, again = found[1] or "0", found[2] or found[5] or "", found[3] or found[4] or found[6]
    if len(before) + len(first) + len(again) > _DIGITS_OF_REPEATING:
        raise NotReadable
    top = int(before + first + again) - int(before + first)
    return Number(Fraction(top, 10 ** len(first) * (10 ** len(again) - 1)))


def _signed(sign: str, term: Node) -> Node:
    if sign == "-":
        return term.times(Fraction(-1)) if isinstance(term, Number) else negated(term)
    if sign in (r"\pm", r"\mp"):
        return PlusMinus(1 if sign == r"\pm" else -1, term)
    return term


def _product_of(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def _fraction(top: Node, bottom: Node) -> Node:
    """A quotient; of whole numbers, a number."""
    if isinstance(top, Number) and isinstance(bottom, Number):
        top_value, bottom_value = top.value, bottom.value
        if bottom_value and top_value.denominator == bottom_value.denominator == 1:
            return Number(top_value / bottom_value)
    return Product((top, reciprocal(bottom)))


def _applied(name: str, arguments: tuple[Node, ...], base: Node | None) -> Node:
    """A function of its arguments; ``base`` is that of a logarithm, or the degree of a root."""
    match name:
        case "sqrt":
            return Power(arguments[0], reciprocal(base) if base is not None else Number(Fraction(1, 2)))
        case "exp":
            return Power(Name("e"), arguments[0])
        case "lg":
            return Apply("log", (*arguments, Number(Fraction(10))))
    return Apply(name, arguments if base is None else (*arguments, base))
