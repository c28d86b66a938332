"""A table as lines that fit a terminal: columns that tell nothing go first, and names are whole."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from r1cli.cli.wrapping import cell_len, wrap

_GAP = "  "
#: Columns that a text is broken into at the least; with less space, each row becomes a block of lines.
_LEAST = 24
#: Words from which on a cell is a text that may stand below its row.
_PROSE = 4
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Line:
    """A line of a table; a heading is shown as one."""

    text: str
    heading: bool = False


def lay_out(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> Iterator[Line]:
    """The lines of a table.

    What does not fit the width loses the columns that are empty, and those that say the same in every row,
    which are named once below. Then texts are broken between words, or are below their rows, whichever is
    shorter; and rows that have no room even so become blocks of lines. Cells without blanks are never broken.

    Args:
        headings: of the columns; the first column has the names of the rows.
        rows: the cells of each row.
        width: columns of the terminal; None for as many as are needed.
    """
    table = _Table(tuple(headings), [tuple(row) for row in rows])
    if width is None or table.width <= width:
        yield from table.lines(table.natural)
        return
    table, same = table.telling()
    ways = [way for way in (table.broken(width), table.below(width)) if way]
    yield from min(ways, key=len) if ways else table.with_blocks(width)
    if same:
        yield from map(Line, wrap(f"in every row: {', '.join(same)}", width, _GAP))


def without_columns(
    headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None, goes_first: Sequence[str]
) -> tuple[tuple[str, ...], Sequence[Sequence[str]]]:
    """A table without the columns that give way until its rows fit a line each.

    Args:
        headings: of the columns.
        rows: the cells of each row.
        width: columns of the terminal; None for as many as are needed.
        goes_first: the headings of the columns that give way, in this order.
    """
    table = _Table(tuple(headings), [tuple(row) for row in rows])
    for heading in goes_first if width is not None else ():
        telling = table.telling()[0]
        if heading in telling.headings and telling.width > (width or 0):
            table = table.without(table.headings.index(heading))
    return table.headings, table.rows


@dataclass(frozen=True)
class _Table:
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]

    @property
    def columns(self) -> list[tuple[str, ...]]:
        """The cells of each column, without its heading."""
        return [tuple(row[place] for row in self.rows) for place in range(len(self.headings))]

    @property
    def natural(self) -> list[int]:
        """The widths of the columns when nothing is broken."""
        return [
            max(map(_cells, (heading, *column)))
            for heading, column in zip(self.headings, self.columns, strict=True)
        ]

    @property
    def width(self) -> int:
        return _total(self.natural)

    def telling(self) -> "tuple[_Table, list[str]]":
        """The table without columns that tell nothing, and what those have said in every row."""
        several = len(self.rows) > 1
        alike = {
            at for at, cells in enumerate(self.columns) if len({*cells}) == 1 and (several or not cells[0])
        }
        kept = [at for at in range(len(self.headings)) if at not in alike] or [0]
        dropped = [at for at in sorted(alike) if at not in kept and self.rows[0][at]]
        same = [f"{self.headings[at]} {self.rows[0][at]}".strip() for at in dropped]
        return _Table(
            tuple(self.headings[at] for at in kept), [tuple(row[at] for at in kept) for row in self.rows]
        ), same

    def broken(self, width: int) -> list[Line]:
        """The lines with texts broken between words; none if that does not fit."""
        widths = self.fitting(width)
        return [] if widths is None else list(self.lines(widths))

    def below(self, width: int) -> list[Line]:
        """The lines with the longest text of each row below it; none if there is no text, or no room."""
        widths, columns = self.natural, self.columns
        texts = [at for at, cells in enumerate(columns) if at and 2 * sum(map(_is_prose, cells)) > len(cells)]
        longest = max(texts, key=lambda at: widths[at], default=None)
        if longest is None or len(widths) < 3:
            return []
        others = self.without(longest)
        narrow = others.fitting(width)
        if narrow is None:
            return []
        lines = [Line(line, heading=True) for line in _cells_in_line(others.headings, narrow)]
        for row, text in zip(others.rows, columns[longest], strict=True):
            lines += map(Line, _cells_in_line(row, narrow))
            lines += (Line(2 * _GAP + one) for one in wrap(text, width - 2 * len(_GAP)) if one)
        return lines

    def with_blocks(self, width: int) -> Iterator[Line]:
        """The lines with a block for each row that has no room; for all of them if most do not fit."""
        wide = self.wide(width)
        if 2 * len(wide) > len(self.rows):
            yield from self.blocks(width)
            return
        rest = _Table(self.headings, [row for at, row in enumerate(self.rows) if at not in wide])
        widths = rest.fitting(width) or rest.natural
        yield from _Table(self.headings, []).lines(widths)
        for at, row in enumerate(self.rows):
            one = _Table(self.headings, [row])
            yield from one.blocks(width) if at in wide else one.rows_alone(widths)

    def wide(self, width: int) -> set[int]:
        """The rows without which the others fit, the widest ones; all of them if that does not help."""
        least = [_Table(self.headings, [row]).least for row in self.rows]
        rest = sorted(range(len(least)), key=lambda at: sum(least[at]))
        while (
            rest and _total([max(column) for column in zip(*(least[at] for at in rest), strict=True)]) > width
        ):
            rest.pop()
        return {*range(len(least))} - {*rest}

    def without(self, column: int) -> "_Table":
        """The table without a column."""
        kept = [at for at in range(len(self.headings)) if at != column]
        return _Table(
            tuple(self.headings[at] for at in kept), [tuple(row[at] for at in kept) for row in self.rows]
        )

    @property
    def least(self) -> list[int]:
        """The widths of the columns that are needed, with texts broken."""
        return [
            max(_longest_word((heading, *cells)), min(natural, _LEAST)) if at else natural
            for at, (natural, heading, cells) in enumerate(
                zip(self.natural, self.headings, self.columns, strict=True)
            )
        ]

    def fitting(self, width: int) -> list[int] | None:
        """Widths of the columns with which the table fits; None if there are none."""
        widths, least = self.natural, self.least
        if _total(least) > width:
            return None
        while (excess := _total(widths) - width) > 0:
            # The widest gives way, down to the next one.
            widest = max(range(len(widths)), key=lambda at: (widths[at] > least[at], widths[at]))
            others = [one for at, one in enumerate(widths) if at != widest and one < widths[widest]]
            step = max(1, widths[widest] - max(others, default=0))
            widths[widest] = max(least[widest], widths[widest] - min(step, excess))
        return widths

    def lines(self, widths: Sequence[int]) -> Iterator[Line]:
        """All rows below the headings."""
        yield from (Line(line, heading=True) for line in _cells_in_line(self.headings, widths))
        yield from self.rows_alone(widths)

    def rows_alone(self, widths: Sequence[int]) -> Iterator[Line]:
        yield from (Line(line) for row in self.rows for line in _cells_in_line(row, widths))

    def blocks(self, width: int) -> Iterator[Line]:
        labels = max(map(_cells, self.headings[1:]), default=0)
        for row in self.rows:
            yield Line(row[0], heading=True)
            for heading, cell in zip(self.headings[1:], row[1:], strict=True):
                if not cell:
                    continue
                # The one column beside the names needs no label.
                start = _GAP if len(row) == 2 else f"{_GAP}{heading:<{labels}}{_GAP}"
                first, *more = wrap(cell, max(width - cell_len(start), 1))
                yield Line(start + first)
                yield from (Line(" " * cell_len(start) + line) for line in more)


def _cells_in_line(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """The lines of a row whose cells are broken at their widths."""
    parts = [wrap(cell, one) for cell, one in zip(row, widths, strict=True)]
    for cells in zip_longest(*parts, fillvalue=""):
        padded = (cell + " " * (one - cell_len(cell)) for cell, one in zip(cells, widths, strict=True))
        yield _GAP.join(padded).rstrip()


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _is_prose(text: str) -> bool:
    """Whether a cell explains itself without its heading: figures, however many, do not, nor does a path."""
    return len([word for word in text.split() if _WORD.search(word)]) >= _PROSE


def _cells(text: str) -> int:
    """The columns that a text takes, or its longest line."""
    return max(map(cell_len, text.split("\n")))


def _longest_word(texts: Sequence[str]) -> int:
    return max((cell_len(line.lstrip()) for text in texts for line in wrap(text, 1)), default=0)
