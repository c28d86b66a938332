"""The text in a cell of a dataset, whatever its type."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pyarrow

from r1cli.data.json_cells import is_json

#: The parts of a message or of a content that have its text.
_TEXTS = ("content", "value", "text")


def text_of(cell: Any) -> str:
    """All text of a cell: of a chat that of its messages, of a list that of its items."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Mapping):
        parts = [cell[name] for name in _TEXTS if cell.get(name) is not None]
        return "\n".join(filter(None, map(text_of, parts or cell.values())))
    if isinstance(cell, list | tuple):
        return "\n".join(filter(None, map(text_of, cell)))
    return "" if cell is None or isinstance(cell, bool | bytes) else str(cell)


def has_text(kind: pyarrow.DataType) -> bool:
    """Whether cells of a type contain text."""
    types = pyarrow.types
    if isinstance(kind, pyarrow.BaseExtensionType):  # JSON: of several types, one of which may be text
        return has_text(kind.storage_type)
    if types.is_list(kind) or types.is_large_list(kind):
        return has_text(kind.value_type)
    if types.is_struct(kind):
        return any(has_text(kind.field(number).type) for number in range(kind.num_fields))
    return bool(types.is_string(kind) or types.is_large_string(kind))


def texts_of(column: pyarrow.ChunkedArray) -> list[str]:
    """The texts of a column."""
    cells = column.to_pylist()
    is_text = pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type)
    if is_text and not column.null_count:
        return cells  # type: ignore[no-any-return]
    if is_json(column.type):
        cells = [_decoded(cell, column.type) for cell in cells]
    return [text_of(cell) for cell in cells]


def _decoded(cell: Any, kind: pyarrow.DataType) -> Any:
    """A cell without the JSON in which `datasets` keeps values of several types."""
    if isinstance(kind, pyarrow.BaseExtensionType) and isinstance(cell, str):
        with suppress(ValueError):
            return json.loads(cell)
    if isinstance(cell, list) and (pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind)):
        return [_decoded(one, kind.value_type) for one in cell]
    if isinstance(cell, dict) and pyarrow.types.is_struct(kind):
        return {name: _decoded(one, kind.field(name).type) for name, one in cell.items()}
    return cell
