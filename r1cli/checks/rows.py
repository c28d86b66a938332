"""The rows of datasets on this machine, as far as they can be read before anything is loaded."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from r1cli.config.groups.data import Data
from r1cli.data.chats import PROMPT, RowError, Shape, find_shape, shaped
from r1cli.data.column_names import cells_after, names_after
from r1cli.data.local_rows import PEEKED, SMALL, NumberedRow, count_rows, read_rows, size_of
from r1cli.data.mixture import MIXTURE, Part, drawn_rows, read_mixture
from r1cli.data.prompt_template import PROMPT_TEMPLATE, Pieces, fill, read_prompt_template
from r1cli.data.source import Source, find_source, no_rows, other_columns, other_layout, training_files
from r1cli.errors import R1Error

# Kinds of mistakes in rows that are shown.
_KINDS = 5


@dataclass(frozen=True)
class Used:
    """A dataset, and what a config does with its columns.

    Args:
        source: the dataset.
        part: what is used of it.
        columns: its own; None where they cannot be known without downloading.
        renamed: by ``data.columns``.
        templated: whether ``data.prompt_template`` makes the prompts.
    """

    source: Source
    part: Part
    columns: Sequence[str] | None
    renamed: Mapping[str, str]
    templated: bool

    @property
    def names(self) -> list[str] | None:
        """The columns as the config calls them."""
        return None if self.columns is None else names_after(self.columns, self.part.columns, self.renamed)

    def shape(self, needed: Sequence[Sequence[str]]) -> Shape | None:
        """The shape of the rows; None where it is not known, or not one that is needed."""
        made = [PROMPT] if self.templated else []
        return None if self.names is None else find_shape([*self.names, *made], needed)

    def columns_after(self, needed: Sequence[Sequence[str]]) -> set[str] | None:
        """The columns of the rows that are trained on; None where they are not known."""
        shape = self.shape(needed)
        if self.names is None or shape is None:
            return None
        return {*self.names, *shape.makes} - {*shape.left_out(self.names)}


def first_rows(used: Used) -> Iterator[Mapping[str, Any]]:
    """The first rows of a dataset, if they can be read here."""
    for file in training_files(used.source)[:1]:
        for number, (_, row) in enumerate(islice(read_rows(file) or (), PEEKED)):
            try:
                yield cells_after(row, used.part.columns, used.renamed, number, "")
            except RowError:
                continue


def check_rows(used: Used, shape: Shape, template: str | None, lenient: bool = False) -> str:
    """Reads the rows of a dataset, all of a small one and the first of a large one.

    Args:
        used: the dataset.
        shape: of its rows.
        template: ``data.prompt_template``.
        lenient: an empty cell is not a mistake.

    Returns:
        The first column with a chat in it; empty if there are only texts, or no row can be read here.

    Raises:
        R1Error: there are none, they cannot be read, or some do not have what is needed.
    """
    files = training_files(used.source)
    whole = size_of(files) <= SMALL
    is_folder = whole and used.source.kind == "folder"
    if is_folder and (different := other_layout(used.source) or other_columns(used.source)):
        raise different
    pieces = (
        read_prompt_template(template, PROMPT_TEMPLATE) if template and not used.part.names(PROMPT) else None
    )
    reader, wrong = _Reader(used, shape, pieces), list[RowError]()
    for file in files:
        rows = read_rows(file)
        if rows is None:
            return ""
        for number, row in enumerate(rows if whole else islice(rows, PEEKED)):
            try:
                reader.read(file, number, row)
            except RowError as error:
                if not (lenient and error.is_empty):
                    wrong.append(error)
    if wrong:
        raise R1Error.together(list(_by_kind(wrong)))
    if files and not reader.rows and not lenient:
        raise no_rows(used.source.name)
    return reader.chat


def _by_kind(errors: Sequence[RowError]) -> Iterator[R1Error]:
    """The first row of each kind of mistake, and how many more have it."""
    for kind, count in islice(Counter(error.cell for error in errors).items(), _KINDS):
        first = next(error for error in errors if error.cell == kind)
        more = f", and {count - 1:,} more {'row' if count == 2 else 'rows'}" if count > 1 else ""
        yield R1Error(f"{first.what}{more}", where=first.where, fix=first.fix)


def rows_to_divide(data: Data, promised: Collection[str] = ()) -> int | None:
    """How many rows a config's data have, before some are held out; None where that is not quickly known.

    Args:
        data: the config's section.
        promised: datasets that an earlier stage will have made.

    Raises:
        R1Error: there is no such dataset, or the mixture has mistakes.
    """
    mixture = read_mixture(data.dataset_mixture, MIXTURE) if data.dataset_mixture else None
    names = [part.id for part in mixture.parts] if mixture else [data.dataset_name or ""]
    whole = Part(data.dataset_name or "", config=data.dataset_config, split=data.dataset_train_split)
    of_train = all(
        part.split == "train" and not part.config for part in (mixture.parts if mixture else [whole])
    )
    if "" in names or not of_train or not {*names}.isdisjoint(promised):
        return None
    counts = [known_rows(find_source(name, "")) for name in names]
    known = [count for count in counts if count]
    if len(known) < len(counts):
        return None
    return sum(drawn_rows(mixture, known)) if mixture else known[0]


def known_rows(source: Source) -> int | None:
    """How many rows a dataset has to train on; None where that cannot be known quickly."""
    if source.kind == "reasoning_gym":
        size = source.options.get("size")
        return size if isinstance(size, int) else None
    counts = [count_rows(file) for file in training_files(source)]
    return sum(count for count in counts if count is not None) if counts and None not in counts else None


class _Reader:
    """Reads rows as the loader will; ``chat`` is the first column in which it met a chat."""

    def __init__(self, used: Used, shape: Shape, pieces: Pieces | None) -> None:
        self.used, self.shape, self.pieces = used, shape, pieces
        self.rows = 0
        self.chat = ""
        self._numbers: dict[str, bool] = {}

    def read(self, file: Path, number: int, numbered: NumberedRow) -> None:
        """Reads one row.

        Raises:
            RowError: it cannot be trained on.
        """
        line, row = numbered
        where = str(file) if line is None else f"{file}:{line}"
        try:
            cells = cells_after(row, self.used.part.columns, self.used.renamed, number, where)
            if self.pieces is not None:
                cells[PROMPT] = fill(self.pieces, cells, number)
            for name in self.shape.reads:
                cells[name] = self._as_text(name, cells.get(name), number, where)
            made = shaped(self.shape, cells, number, where)
        except RowError as error:
            raise error.at(number, where) from None
        self.rows += 1
        self.chat = self.chat or next((name for name, cell in made.items() if isinstance(cell, list)), "")

    def _as_text(self, name: str, value: Any, number: int, where: str) -> Any:
        """A number as text, as in a column of nothing but numbers."""
        if value is None or isinstance(value, list | dict):
            return value
        is_number = not isinstance(value, str)
        if self._numbers.setdefault(name, is_number) and not is_number:
            raise RowError(
                f"has a text in {name} and other rows a number",
                number,
                where,
                "fix the cell, or remove the row",
            )
        return str(value) if self._numbers[name] else value
