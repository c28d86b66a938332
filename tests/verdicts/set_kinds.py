"""Kinds of reference of several numbers: tuples, lists, intervals, inequalities, matrices."""

import re
from collections.abc import Callable
from fractions import Fraction
from math import inf
from random import Random
from typing import Any

from tests.verdicts.reference_kinds import (
    Kind,
    Meaning,
    Mutation,
    Said,
    fraction,
    neighbour,
    number,
    one_changed,
    opposite,
    plain,
    replaced,
    said,
    shuffled,
    squared,
)

# -- tuples and lists ------------------------------------------------------------------------------------

_Numbers = tuple[Fraction, ...]
_NUMBER = r"-?\d+(?:\.\d+)?(?:/\d+)?|-?\\frac\{\d+\}\{\d+\}"


def _read_number(text: str) -> Fraction | None:
    text = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", text.replace(" ", ""))
    try:
        return Fraction(text)
    except ValueError:
        return None


def _is_grouped(text: str) -> bool:
    """Whether it may be one number, in groups of digits."""
    return bool(re.fullmatch(r"\(?\d{1,3}(?:,\d{3})+\)?", text))


def _read_numbers(text: str, separator: str = ",") -> _Numbers | None:
    if _is_grouped(text):
        return None
    items = tuple(_read_number(item) for item in re.split(separator, text))
    return None if None in items else items  # type: ignore[return-value]


def _draw_numbers(pick: Random, least: int = 2) -> _Numbers:
    return tuple(
        Fraction(number, pick.choice([1, 1, 1, 2, 3]))
        for number in pick.sample(range(-25, 40), pick.randint(least, 4))
    )


def _read_tuple(text: str) -> _Numbers | None:
    found = re.fullmatch(r"\(([^()]*)\)", text)
    items = _read_numbers(found[1]) if found else None
    return items if items and len(items) > 1 else None


def _write_tuple(items: _Numbers) -> list[str]:
    inside = ", ".join(map(fraction, items))
    return [
        f"({inside})", f"({inside.replace(' ', '')})", rf"\left({inside}\right)", rf"\left( {inside} \right)",
        f"({', '.join(map(str, items))})", f"({', '.join(map(plain, items))})",
        f"({', '.join(fraction(item, 2) for item in items)})",
    ]  # fmt: skip


def _tuple_means(items: _Numbers) -> set[Meaning]:
    """Two numbers may be an open interval."""
    interval = (
        {("numbers", _joined(((items[0], items[1], False, False),)))}
        if len(items) == 2 and items[0] < items[1]
        else set()
    )
    return {("tuple", *items), *interval}


def _other_brackets(items: _Numbers, pick: Random) -> Said:
    inside = ", ".join(map(fraction, items))
    if len(items) == 2:
        brackets = pick.choice(["[]", "[)", "(]"])
        return said(f"{brackets[0]}{inside}{brackets[1]}", ("half-open or closed", *items))
    return said(rf"\{{{inside}\}}", ("set", frozenset(items)))


def _shorter_tuple(items: _Numbers, pick: Random) -> Any:
    at = pick.randrange(len(items))
    if len(items) > 2 and pick.random() < 0.5:
        return (*items[:at], *items[at + 1 :])
    return said(fraction(items[at]), number(items[at]))


def _longer_tuple(items: _Numbers, pick: Random) -> _Numbers:
    return (*items, pick.choice([*items, Fraction(pick.randint(-9, 9))]))


TUPLE = Kind(
    "tuple",
    _draw_numbers,
    _read_tuple,
    _write_tuple,
    _tuple_means,
    {
        "brackets": _other_brackets,
        "exponent": one_changed(squared),
        "sign": one_changed(opposite),
        "order": shuffled,
        "part": _shorter_tuple,
        "neighbour": one_changed(neighbour),
        "longer": _longer_tuple,
    },
)


def _read_list(text: str) -> _Numbers | None:
    inside = re.fullmatch(r"\\\{(.*)\\\}", text)
    items = _read_numbers(
        inside[1] if inside else text, r"\s*(?:,\s*)?\\text\s*\{\s*(?:and|or) ?\}\s*|\s+and\s+|\s*[,;]\s*"
    )
    return items if items and len(items) > 1 else None


def _write_list(items: _Numbers) -> list[str]:
    """Without brackets or as a set; "1,234" would be one number."""
    written = [fraction(item) for item in items]
    return [
        ", ".join(written),
        rf"\{{{', '.join(written)}\}}",
        ", ".join(written[::-1]),
        rf"\{{{', '.join(written[::-1])}\}}",
        rf"{', '.join(written[:-1])} \text{{ and }} {written[-1]}",
        rf"{', '.join(written[:-1])} \text{{ or }} {written[-1]}",
        f"{', '.join(map(str, items[:-1]))} and {items[-1]}",
        " or ".join(f"x = {item}" for item in written),
    ]


def _list_means(items: _Numbers) -> set[Meaning]:
    return {("set", frozenset(items)) if len(set(items)) > 1 else number(items[0])}


def _joined_digits(items: _Numbers, pick: Random) -> Said | None:
    if any(item.denominator > 1 or item < 0 for item in items):
        total = sum(items)
        return said(" + ".join(map(fraction, items)).replace("+ -", "- "), number(total))
    text = "".join(map(str, items))
    return said(text, number(int(text)))


def _one_replaced(items: _Numbers, pick: Random) -> _Numbers:
    """In place of one number the double of another."""
    at, other = pick.sample(range(len(items)), 2)
    return replaced(items, at, 2 * items[other] + 1)


def _shorter_list(items: _Numbers, pick: Random) -> _Numbers:
    return tuple(pick.sample(items, pick.randint(1, len(items) - 1)))


def _write_any_list(items: _Numbers) -> list[str]:
    return _write_list(items) if len(items) > 1 else [fraction(items[0])] * 2


LIST = Kind(
    "list or set",
    _draw_numbers,
    _read_list,
    _write_any_list,
    _list_means,
    {
        "joined": _joined_digits,
        "exponent": one_changed(squared),
        "sign": one_changed(opposite),
        "base": _one_replaced,
        "part": _shorter_list,
        "neighbour": one_changed(neighbour),
        "longer": _longer_tuple,
    },
)


# -- intervals and inequalities --------------------------------------------------------------------------

#: From, to, and whether each end belongs to it.
_Piece = tuple[Any, Any, bool, bool]
_Pieces = tuple[_Piece, ...]


def _joined(pieces: _Pieces) -> _Pieces:
    """The same numbers as pieces that do not touch."""
    kept: list[_Piece] = []
    for low, high, with_low, with_high in sorted(pieces, key=lambda piece: (piece[0], not piece[2])):
        if low > high or (low == high and not (with_low and with_high)):
            continue
        if kept and (low < kept[-1][1] or (low == kept[-1][1] and (with_low or kept[-1][3]))):
            last = kept.pop()
            end = max((last[1], last[3]), (high, with_high))
            kept.append((last[0], end[0], last[2], end[1]))
        else:
            kept.append((low, high, with_low, with_high))
    return tuple(kept)


def _draw_piece(pick: Random) -> _Piece:
    low, high = sorted(pick.sample(range(-30, 60), 2))
    bottom = pick.choice([1, 1, 1, 2])
    return Fraction(low, bottom), Fraction(high, bottom), pick.random() < 0.5, pick.random() < 0.5


def _draw_interval(pick: Random) -> _Pieces:
    low, high, with_low, with_high = _draw_piece(pick)
    shape = pick.choice(["one", "one", "ray", "two rays"])
    if shape == "one":
        return ((low, high, with_low, with_high),)
    if shape == "ray":
        return pick.choice([((-inf, high, False, with_high),), ((low, inf, with_low, False),)])
    return (-inf, low, False, with_low), (high, inf, with_high, False)


def _read_end(text: str) -> Any:
    infinite = {"\\infty": inf, "-\\infty": -inf}.get(text.strip())
    return _read_number(text) if infinite is None else infinite


def _read_interval(text: str) -> _Pieces | None:
    pieces = []
    for part in text.replace(r"\left", "").replace(r"\right", "").split(r"\cup"):
        found = re.fullmatch(r"\s*([(\[])([^,()]+),([^,()]+)([)\]])\s*", part)
        low, high = (_read_end(found[2]), _read_end(found[3])) if found else (None, None)
        if not found or low is None or high is None or low >= high or _is_grouped(part):
            return None
        pieces.append((low, high, found[1] == "[", found[4] == "]"))
    return tuple(pieces)


def _end(value: Any, scale: int = 1) -> str:
    return fraction(value, scale) if isinstance(value, Fraction) else r"\infty" if value > 0 else r"-\infty"


def _interval(pieces: _Pieces, scale: int = 1, space: str = " ") -> str:
    return rf" \cup{space or ' '}".join(
        f"{'[' if with_low else '('}{_end(low, scale)},{space}{_end(high, scale)}{']' if with_high else ')'}"
        for low, high, with_low, with_high in pieces
    )


def _write_interval(pieces: _Pieces) -> list[str]:
    if not pieces:
        return [r"\emptyset", r"\emptyset"]
    sized = re.sub(r"[(\[]", lambda found: rf"\left{found[0]}", _interval(pieces))
    sized = re.sub(r"[)\]]", lambda found: rf"\right{found[0]}", sized)
    return [
        _interval(pieces),
        _interval(pieces, space=""),
        sized,
        _interval(pieces[::-1]),
        _interval(pieces, scale=2),
        rf"x \in {_interval(pieces)}",
    ]


def _interval_means(pieces: _Pieces) -> set[Meaning]:
    """An open interval may be a pair."""
    pair = {("tuple", *pieces[0][:2])} if len(pieces) == 1 and not (pieces[0][2] or pieces[0][3]) else set()
    return {("numbers", _joined(pieces)), *pair}


def _an_end(pieces: _Pieces, pick: Random) -> tuple[int, int]:
    """The places of a finite end."""
    return pick.choice(
        [(at, end) for at, piece in enumerate(pieces) for end in (0, 1) if abs(piece[end]) != inf]
    )


def _end_changed(change: Callable[[Fraction, Random], Fraction]) -> Mutation:
    def mutate(pieces: _Pieces, pick: Random) -> _Pieces | None:
        if not any(abs(end) != inf for piece in pieces for end in piece[:2]):
            return None
        at, end = _an_end(pieces, pick)
        piece = replaced(pieces[at], end, change(pieces[at][end], pick))
        return replaced(pieces, at, piece) if piece[0] < piece[1] else None

    return mutate


def _other_bracket(pieces: _Pieces, pick: Random) -> _Pieces | None:
    ends = [(at, end) for at, piece in enumerate(pieces) for end in (0, 1) if abs(piece[end]) != inf]
    if not ends:
        return None
    at, end = pick.choice(ends)
    return replaced(pieces, at, replaced(pieces[at], end + 2, not pieces[at][end + 2]))


def _turned(pieces: _Pieces, pick: Random) -> Said | None:
    """(1, 2] as (2, 1], which no number is in."""
    low, high, with_low, with_high = pieces[0]
    if len(pieces) > 1 or inf in (-low, high):
        return None
    text = f"{'[' if with_low else '('}{_end(high)}, {_end(low)}{']' if with_high else ')'}"
    return said(text, ("numbers", ()), ("tuple", high, low))


def _part_of_interval(pieces: _Pieces, pick: Random) -> Any:
    if len(pieces) > 1 and pick.random() < 0.5:
        return (pick.choice(pieces),)
    finite = [end for piece in pieces for end in piece[:2] if abs(end) != inf]
    if not finite:
        return None
    value = pick.choice(finite)
    return said(fraction(value), number(value))


def _with_a_hole(pieces: _Pieces, pick: Random) -> _Pieces:
    low, high, with_low, with_high = pieces[0]
    middle = high - 1 if low == -inf else low + 1 if high == inf else (low + high) / 2
    middle = Fraction(0) if middle in (inf, -inf) else middle
    return ((low, middle, with_low, False), (middle, high, False, with_high), *pieces[1:])


INTERVAL = Kind(
    "interval",
    _draw_interval,
    _read_interval,
    _write_interval,
    _interval_means,
    {
        "brackets": _other_bracket,
        "exponent": _end_changed(squared),
        "sign": _end_changed(opposite),
        "order": _turned,
        "part": _part_of_interval,
        "neighbour": _end_changed(neighbour),
        "hole": _with_a_hole,
    },
)

_Inequality = tuple[str, _Piece]
_LESS = {True: r"\le", False: "<"}
_GREATER = {True: r"\ge", False: ">"}


def _draw_inequality(pick: Random) -> _Inequality:
    low, high, with_low, with_high = _draw_piece(pick)
    piece = pick.choice(
        [(low, high, with_low, with_high), (-inf, high, False, with_high), (low, inf, with_low, False)]
    )
    return pick.choice("xyank"), piece


def _read_inequality(text: str) -> _Inequality | None:
    text = re.sub(r"\\leq?(?![a-z])|\\geq?(?![a-z])", lambda found: "<=" if "l" in found[0] else ">=", text)
    if found := re.fullmatch(r"([a-z]) *([<>])(=?) *(\S+)", text):
        value = _read_number(found[4])
        if value is None:
            return None
        closed = bool(found[3])
        return found[1], (-inf, value, False, closed) if found[2] == "<" else (value, inf, closed, False)
    if found := re.fullmatch(r"(\S+) *<(=?) *([a-z]) *<(=?) *(\S+)", text):
        low, high = _read_number(found[1]), _read_number(found[5])
        return (
            None if low is None or high is None else (found[3], (low, high, bool(found[2]), bool(found[4])))
        )
    return None


def _write_inequality(inequality: _Inequality) -> list[str]:
    name, (low, high, with_low, with_high) = inequality
    piece = (inequality[1],)
    if low != -inf and high != inf:
        written = [
            f"{_end(low)} {_LESS[with_low]} {name} {_LESS[with_high]} {_end(high)}",
            f"{_end(high)} {_GREATER[with_high]} {name} {_GREATER[with_low]} {_end(low)}",
        ]  # fmt: skip
    else:
        less, greater = (
            (_LESS[with_high], _GREATER[with_high]) if low == -inf else (_GREATER[with_low], _LESS[with_low])
        )
        bound = _end(high if low == -inf else low)
        written = [f"{name} {less} {bound}", f"{bound} {greater} {name}"]
    typed = written[0].replace(r"\le", "<=").replace(r"\ge", ">=")
    return [
        written[0],
        re.sub(r"\\([lg])e", r"\\\1eq", written[0]),
        written[1],
        typed,
        rf"{name} \in {_interval(piece)}",
        _interval(piece),
    ]


def _inequality_means(inequality: _Inequality) -> set[Meaning]:
    return _interval_means((inequality[1],))


def _of_its_numbers(mutation: Mutation) -> Mutation:
    def mutate(inequality: _Inequality, pick: Random) -> Any:
        new = mutation((inequality[1],), pick)
        return (
            (inequality[0], new[0])
            if isinstance(new, tuple) and len(new) == 1
            else new
            if isinstance(new, Said)
            else None
        )

    return mutate


def _turned_inequality(inequality: _Inequality, pick: Random) -> Any:
    """x < 3 as x > 3; 1 < x < 3 as x outside of it."""
    name, (low, high, with_low, with_high) = inequality
    if low == -inf:
        return name, (high, inf, with_high, False)
    if high == inf:
        return name, (-inf, low, False, with_low)
    text = rf"{name} {_LESS[with_low]} {_end(low)} \text{{ or }} {name} {_GREATER[with_high]} {_end(high)}"
    return said(text, ("numbers", _joined(((-inf, low, False, with_low), (high, inf, with_high, False)))))


def _other_relation(inequality: _Inequality, pick: Random) -> Said:
    name, (low, high, *_) = inequality
    value = high if low == -inf else low
    return pick.choice(
        [
            said(f"{name} = {_end(value)}", number(value)),
            said(
                rf"{name} \ne {_end(value)}",
                ("numbers", _joined(((-inf, value, False, False), (value, inf, False, False)))),
            ),
        ]
    )


def _squared_name(inequality: _Inequality, pick: Random) -> Said | None:
    """The square of the name in its place: other numbers, unless the bound is 0 or 1."""
    name, (low, high, with_low, with_high) = inequality
    value, sign = (high, _LESS[with_high]) if low == -inf else (low, _GREATER[with_low])
    if inf not in (-low, high) or value <= 1:
        return None
    return said(f"{name}^2 {sign} {_end(value)}", ("square of", value, sign))


INEQUALITY = Kind(
    "inequality",
    _draw_inequality,
    _read_inequality,
    _write_inequality,
    _inequality_means,
    {
        "strictness": _of_its_numbers(_other_bracket),
        "exponent": _squared_name,
        "sign": _of_its_numbers(_end_changed(opposite)),
        "order": _turned_inequality,
        "part": _of_its_numbers(_part_of_interval),
        "neighbour": _of_its_numbers(_end_changed(neighbour)),
        "relation": _other_relation,
    },
)


# -- matrices --------------------------------------------------------------------------------------------

_Rows = tuple[_Numbers, ...]


def _draw_matrix(pick: Random) -> _Rows:
    rows, columns = pick.choice([(2, 2), (2, 2), (3, 1), (2, 1), (2, 3), (3, 3)])
    return tuple(tuple(Fraction(pick.randint(-9, 15)) for _ in range(columns)) for _ in range(rows))


def _read_matrix(text: str) -> _Rows | None:
    found = re.fullmatch(r"\(?\\begin\{pmatrix\}(.*)\\end\{pmatrix\}\)?", text)
    if not found or text.startswith("("):
        return None
    rows = [_read_numbers(row, "&") for row in found[1].split("\\\\") if row.strip()]
    return None if None in rows else tuple(rows)  # type: ignore[arg-type]


def _matrix(rows: _Rows, around: str = "pmatrix", scale: int = 1, space: str = " ") -> str:
    inside = rf"{space}\\{space}".join(
        f"{space}&{space}".join(fraction(item, scale) for item in row) for row in rows
    )
    return rf"\begin{{{around}}}{space}{inside}{space}\end{{{around}}}"


def _write_matrix(rows: _Rows) -> list[str]:
    return [_matrix(rows), _matrix(rows, space=""), _matrix(rows, "bmatrix"), _matrix(rows, scale=2)]


def _matrix_means(rows: _Rows) -> set[Meaning]:
    return {("matrix", rows)}


def _entry_changed(change: Callable[[Fraction, Random], Fraction]) -> Mutation:
    def mutate(rows: _Rows, pick: Random) -> _Rows:
        at, column = pick.randrange(len(rows)), pick.randrange(len(rows[0]))
        return replaced(rows, at, replaced(rows[at], column, change(rows[at][column], pick)))

    return mutate


def _rows_swapped(rows: _Rows, pick: Random) -> _Rows:
    columns = tuple(zip(*shuffled(tuple(zip(*rows, strict=True)), pick), strict=True))
    return pick.choice([shuffled(rows, pick), columns])


def _part_of_matrix(rows: _Rows, pick: Random) -> Any:
    value = pick.choice(pick.choice(rows))
    return pick.choice([rows[:-1], rows[1:], said(fraction(value), number(value))])


def _transposed(rows: _Rows, pick: Random) -> _Rows:
    return tuple(zip(*rows, strict=True))


def _multiplied(rows: _Rows, pick: Random) -> _Rows:
    factor = pick.choice([-1, 2, 10])
    return tuple(tuple(factor * item for item in row) for row in rows)


MATRIX = Kind(
    "matrix",
    _draw_matrix,
    _read_matrix,
    _write_matrix,
    _matrix_means,
    {
        "transposed": _transposed,
        "exponent": _entry_changed(squared),
        "sign": _entry_changed(opposite),
        "order": _rows_swapped,
        "part": _part_of_matrix,
        "neighbour": _entry_changed(neighbour),
        "factor": _multiplied,
    },
)


KINDS = [TUPLE, LIST, INTERVAL, INEQUALITY, MATRIX]
