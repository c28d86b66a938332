"""The names of columns: what ``data.columns`` and the entries of a mixture keep and rename, for one row.

An old name may lead into a column of mappings: ``reward_model.ground_truth``.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from r1cli.data.chats import RowError
from r1cli.errors import R1Error, did_you_mean, did_you_mean_column


def is_there(name: str, columns: Collection[str]) -> bool:
    """Whether a dataset with these columns can have what a name says: only a row shows what is below one."""
    return name in columns or top(name, columns) in columns


def top(name: str, columns: Collection[str]) -> str:
    """The column that a name is of, or leads into."""
    return name if name in columns else name.partition(".")[0]


def missing(name: str, columns: Collection[str], where: str, dataset: str = "the dataset") -> R1Error:
    """The error for a column that the dataset does not have."""
    fix = did_you_mean_column(name, columns)
    return R1Error(f"{dataset} has no column '{name}'", where=where, fix=fix)


def kept_beside(renamed: Mapping[str, str], needed: Collection[str]) -> dict[str, str]:
    """What is renamed, where a column that is also needed under its own name keeps that as well.

    Args:
        renamed: as ``data.columns``.
        needed: the names of all columns that somebody reads.
    """
    both = [old for old in dict.fromkeys(renamed.values()) if old in needed and old not in renamed]
    return {**renamed, **{old: old for old in both}}


def names_after(
    columns: Collection[str], kept: Mapping[str, str] | None, renamed: Mapping[str, str]
) -> list[str]:
    """The columns of a dataset whose columns are kept and renamed.

    Args:
        columns: of the dataset.
        kept: as `Part.columns`: the only ones, each by the name that it gets.
        renamed: as ``data.columns``.
    """
    found = list(columns) if kept is None else list(kept)
    # What is taken out of a column leaves the column as it is.
    gone = {old for new, old in renamed.items() if old in found and new != old}
    return [*(name for name in found if name not in gone and name not in renamed), *renamed]


def cells_after(
    row: Mapping[str, Any],
    kept: Mapping[str, str] | None,
    renamed: Mapping[str, str],
    number: int,
    where: str,
) -> dict[str, Any]:
    """A row whose columns are kept and renamed, as in `names_after`.

    Raises:
        RowError: the row has nothing where a name leads to.
    """
    found = row if kept is None else {new: cell(row, old, number, where) for new, old in kept.items()}
    names = names_after(found, None, renamed)
    return {
        name: cell(found, renamed[name], number, where) if name in renamed else found.get(name)
        for name in names
    }


def cell(row: Mapping[str, Any], name: str, number: int, where: str) -> Any:
    """What a row has under a name; None where it does not have the column.

    Raises:
        RowError: nothing is there, where the name leads below a column.
    """
    if name in row or "." not in name:
        return row.get(name)
    column, *path = name.split(".")
    value = row.get(column)
    for part in path:
        value = _from_json(value)
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, Mapping) and part in value:
            value = value[part]
        else:
            keys = list(value) if isinstance(value, Mapping) else []
            otherwise = f"it has {', '.join(map(str, keys))}" if keys else "fix the cell, or remove the row"
            fix = did_you_mean(part, keys, otherwise)
            raise RowError(f"has no '{part}' in the column '{column}'", number, where, fix)
    return value


def _from_json(value: Any) -> Any:
    """A mapping or list that is written as JSON, as tables without types have it."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
