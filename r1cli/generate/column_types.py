"""The types of columns that a pipeline adds, found from their values."""

from collections.abc import Sequence
from typing import Any

import pyarrow


def type_of(values: Sequence[Any]) -> pyarrow.DataType | None:
    """The type of a column's values; None if they have no common one."""
    try:
        return pyarrow.array(values).type
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
        return None


def common_type(one: pyarrow.DataType | None, other: pyarrow.DataType | None) -> pyarrow.DataType | None:
    """The type that holds the values of two; None if there is none."""
    if one is None or other is None:
        return None
    schemas = [pyarrow.schema([("value", kind)]) for kind in (one, other)]
    try:
        return pyarrow.unify_schemas(schemas, promote_options="permissive").field("value").type
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
        return None
