"""Keeping and renaming the columns of a dataset, in a worker: see `column_names` for one row."""

from collections.abc import Mapping
from typing import Any

import pyarrow
from datasets import Dataset, Features

from r1cli.data.chats import RowError
from r1cli.data.column_names import cell, is_there, missing
from r1cli.data.map_rows import map_rows, row_number
from r1cli.errors import R1Error

#: What a new column's name ends in until the columns that it replaces are gone.
_NEW = " (new)"


def keep(rows: Dataset, kept: Mapping[str, str], where: str) -> Dataset:
    """The rows with some of their columns only, under the names that they get.

    Raises:
        R1Error: a column is not there.
    """
    for old in kept.values():
        if not is_there(old, rows.column_names):
            raise missing(old, rows.column_names, where)
    return rename(rows, kept, where).select_columns(list(kept))


def rename(rows: Dataset, columns: Mapping[str, str], where: str) -> Dataset:
    """The rows with ``data.columns`` applied: a renamed column replaces one that has the name already.

    Args:
        rows: of the dataset.
        columns: the old name of each new one.
        where: the dataset's name, for messages about a row.

    Raises:
        R1Error: a column is not there, or a row has nothing where a name leads to.
    """
    for new, old in columns.items():
        if not is_there(old, rows.column_names):
            raise missing(old, rows.column_names, f"data.columns.{new}")
    moved, copied = dict[str, str](), dict[str, str]()
    stay = {old for new, old in columns.items() if new == old}
    for new, old in columns.items():
        if new == old:
            continue
        is_free = old in rows.column_names and old not in stay and old not in moved
        (moved if is_free else copied)[old if is_free else f"{new}{_NEW}"] = new if is_free else old
    rows = _with_copies(rows, copied, where)
    names = moved | {name: name.removesuffix(_NEW) for name in copied}
    replaced = {new for new in names.values() if new in rows.column_names} - {*moved}
    return rows.remove_columns([*replaced]).rename_columns(names)


def _with_copies(rows: Dataset, copied: Mapping[str, str], where: str) -> Dataset:
    """The rows with more columns: what is in others, or below them."""
    for new, old in copied.items():
        feature = _feature_at(rows.features, old)
        features = None if feature is None else Features({**rows.features, new: feature})
        try:
            rows = map_rows(rows, _copy, features, new=new, old=old)
        except RowError as error:
            raise error.at(row_number(rows, error.number), where) from None
        except pyarrow.ArrowException as error:
            what = f"the values of '{old}' have different types: {error}"
            raise R1Error(what, where=where, fix="give them one type") from error
    return rows


def _copy(row: dict[str, Any], number: int, new: str, old: str) -> dict[str, Any]:
    return {new: cell(row, old, number, "")}


def _feature_at(features: Features, name: str) -> Any:
    """The type of a column, or of what is below one; None where only the values show it."""
    if name in features:
        return features[name]
    found: Any = features
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
