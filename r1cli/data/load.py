"""Loading a dataset in a worker, and giving its rows the shape that TRL trains on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets import Dataset, Features, Value

from r1cli.config.groups.data import Data
from r1cli.data.chat_template import no_chat_template
from r1cli.data.chats import COMPLETION, PROMPT, PROMPTS, TEXT, RowError, ShapeError, find_columns
from r1cli.data.column_names import missing
from r1cli.data.local_rows import place_of_row
from r1cli.data.map_rows import map_rows, row_number
from r1cli.data.mix_rows import mix
from r1cli.data.mixture import MIXTURE, HeldOut, Part, held_out_rows, read_mixture, read_test_split
from r1cli.data.prompt_template import PROMPT_TEMPLATE, Pieces, columns_of, fill, read_prompt_template
from r1cli.data.rename_columns import keep, rename
from r1cli.data.shapes import as_chats, is_chat, shape
from r1cli.data.splits import pick_split, read_splits, to_text
from r1cli.errors import R1Error

#: Sets of columns, one of which a command needs.
Needed = Sequence[Sequence[str]]


def load_rows(
    data: Data, split: str, needed: Needed = (), *, lenient: bool = False, only: range | None = None
) -> Dataset:
    """The rows of one split, with ``data.columns`` and ``data.prompt_template`` applied.

    Args:
        data: the config's section.
        split: name of the split; a dataset without splits has only "train". The training split excludes the
            rows that are held out; if there are any, every other name means the held-out rows.
        needed: sets of columns, one of which is made of those that the dataset has. Without it, rows are
            left as they are.
        lenient: a row that has nothing to make them of gets None, and is not an error.
        only: the rows of the dataset that are looked at; of a mixture, they are all made.

    Raises:
        R1Error: there is no such split or column, or a row lacks a value for its prompt.
    """
    finish = _Finish(data, needed, lenient, only)
    trains = split == data.dataset_train_split
    if not trains and read_test_split(data) is None:
        return finish(pick_split(_load_splits(data, finish), split, name_of(data)))
    train, test = _train_and_test(data, finish, wants_test=not trains)
    return train if test is None else test


def load_train_and_test(data: Data, wants_test: bool, needed: Needed = ()) -> tuple[Dataset, Dataset | None]:
    """The rows to train on and, with ``wants_test``, those to test on, maybe held out of the same split.

    Args:
        data: the config's section.
        wants_test: whether there are to be rows to test on.
        needed: as in `load_rows`.

    Raises:
        R1Error: there is no such split or column, a row lacks a value for its prompt, or no rows are left to
            train on.
    """
    return _train_and_test(data, _Finish(data, needed), wants_test)


def finished_part(data: Data, needed: Needed, rows: Dataset, part: Part) -> Dataset:
    """What a mixture gets of one of its datasets.

    Args:
        data: the config's section.
        needed: as in `load_rows`.
        rows: of the dataset, with the columns that it has.
        part: the dataset.

    Raises:
        R1Error: a column is not there, or a row does not have what is needed.
    """
    return _Finish(data, needed).of_part(rows, part)


def name_of(data: Data) -> str:
    """The dataset's name in messages."""
    return MIXTURE if data.dataset_mixture else str(data.dataset_name)


def shape_rows(
    rows: Dataset,
    system_prompt: str | None,
    takes_chats: bool,
    needed: Needed = PROMPTS,
    where: str = "the dataset",
) -> Dataset:
    """The rows in the format that the model takes: chats if it has a chat template, else texts.

    Args:
        rows: as they were loaded.
        system_prompt: opens each chat that does not have one.
        takes_chats: whether the model has a chat template.
        needed: as in `load_rows`.
        where: the dataset's name, for messages.

    Raises:
        R1Error: a row does not have what is needed, or there are chats or a system prompt and no template.
    """
    rows = shape(rows, needed, where)
    if takes_chats:
        return as_chats(rows, system_prompt)
    refuse_system_prompt(system_prompt)
    made = [name for names in needed for name in names if name in rows.column_names]
    if chat := next((name for name in made if is_chat(rows, name)), None):
        raise no_chat_template(chat, where)
    return rows


@dataclass(frozen=True)
class _Finish:
    """What is made of the rows of a dataset: columns renamed, prompts filled, the shape that is needed."""

    data: Data
    needed: Needed = ()
    lenient: bool = False
    only: range | None = None

    def __call__(self, rows: Dataset) -> Dataset:
        """The rows of the whole dataset; those of a mixture are made of its parts."""
        data = self.data
        chosen = rows if self.only is None else rows.select(_within(self.only, len(rows)))
        if data.dataset_mixture:
            return chosen
        try:
            return self._make(chosen, data.columns, data.prompt_template, name_of(data))
        except RowError as error:
            # Rows next to each other are chosen without an index, and numbered from 0.
            before = self.only.start if self.only and chosen._indices is None else 0
            raise _at_its_line(error, error.number + before) from None

    def of_part(self, rows: Dataset, part: Part) -> Dataset:
        """The rows of one dataset of a mixture."""
        template = None if part.names(PROMPT) else self.data.prompt_template
        try:
            kept = keep(rows, part.columns, part.id) if part.columns else rows
            return self._make(kept, part.renamed(self.data.columns), template, part.id)
        except RowError as error:
            raise _at_its_line(error, error.number) from None
        except ShapeError as error:
            found = find_columns(rows.column_names, rows[0] if len(rows) else {}, self.needed)
            where = f"{part.entry}: {part.id}: its columns are {', '.join(rows.column_names)}"
            raise R1Error(error.what, where=where, fix=part.how_to_name(found, self.data.columns)) from None

    def _make(self, rows: Dataset, columns: Mapping[str, str], template: str | None, where: str) -> Dataset:
        rows = rename(rows, columns, where)
        if template is not None:
            rows = _with_prompts(rows, template, where, self.lenient)
        # A CSV reader turns text that looks like a number into one.
        rows = to_text(rows, (PROMPT, COMPLETION, TEXT))
        return shape(rows, self.needed, where, self.lenient) if self.needed else rows


def _at_its_line(error: RowError, number: int) -> RowError:
    return error.at(number, place_of_row(error.where, number))


def _within(chosen: range, rows: int) -> range:
    # `datasets` refuses an empty choice past the last row.
    return range(chosen.start, min(chosen.stop, rows)) if chosen.start < rows else range(0)


def _train_and_test(data: Data, finish: _Finish, wants_test: bool) -> tuple[Dataset, Dataset | None]:
    cut = read_test_split(data)
    splits = _load_splits(data, finish)
    train, test = pick_split(splits, data.dataset_train_split, name_of(data)), None
    if cut:
        train, test = divide(train, cut)
    elif wants_test:
        test = pick_split(splits, data.dataset_test_split, name_of(data))
    return finish(train), finish(test) if wants_test and test is not None else None


def _load_splits(data: Data, finish: _Finish) -> Mapping[str, Dataset]:
    """Every split of the dataset; a mixture has only the training split."""
    if data.dataset_mixture:
        return {data.dataset_train_split: mix(read_mixture(data.dataset_mixture, MIXTURE), finish.of_part)}
    return read_splits(str(data.dataset_name), data.dataset_config, "data.dataset_name")


def divide(rows: Dataset, cut: HeldOut) -> tuple[Dataset, Dataset]:
    """The rows to train on, and the held-out rows."""
    held_out = held_out_rows(cut, len(rows))
    divided = rows.train_test_split(test_size=held_out, seed=cut.seed)
    return divided["train"], divided["test"]


def _with_prompts(rows: Dataset, template: str, where: str, lenient: bool) -> Dataset:
    pieces = read_prompt_template(template, PROMPT_TEMPLATE)
    for name in columns_of(pieces):
        if name not in rows.column_names:
            raise missing(name, rows.column_names, PROMPT_TEMPLATE)
    try:
        features = Features({**rows.features, PROMPT: Value("string")})
        return map_rows(rows, _filled, features, pieces=pieces, lenient=lenient)
    except RowError as error:
        raise error.at(row_number(rows, error.number), where) from None


def _filled(row: dict[str, Any], number: int, pieces: Pieces, lenient: bool) -> dict[str, Any]:
    try:
        return {PROMPT: fill(pieces, row, number)}
    except RowError:
        if not lenient:
            raise
        return {PROMPT: None}


def refuse_system_prompt(system_prompt: str | None) -> None:
    """For a model without a chat template.

    Raises:
        R1Error: there is a system prompt, which such a model cannot take.
    """
    if system_prompt:
        raise R1Error(
            "the model has no chat template, so it cannot take a system prompt",
            where="data.system_prompt",
            fix="remove data.system_prompt, or use a model with a chat template",
        )
