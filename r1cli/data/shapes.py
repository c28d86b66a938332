"""Whole datasets in the shape that r1 uses, in a worker: see `chats` for one row."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow
import pyarrow.compute
from datasets import Dataset, Features, Json, List, Value

from r1cli.data.chats import (
    COMPLETION,
    MESSAGES,
    PROMPT,
    RowError,
    Shape,
    ShapeError,
    as_turns,
    find_shape,
    has_chat,
    how_to_rename,
    shaped,
    with_system,
)
from r1cli.data.map_rows import map_rows, row_number
from r1cli.data.splits import to_text

_TEXT = Value("string")
# Of messages that have nothing but a role and a text. Others keep their own fields as JSON: in a table, each
# message would get the fields of all.
_PLAIN_CHAT = List({"role": _TEXT, "content": _TEXT})
_ANY_CHAT = List(Json())
_ROLE_OF = {PROMPT: "user", COMPLETION: "assistant"}


def shape(rows: Dataset, needed: Sequence[Sequence[str]], where: str, lenient: bool = False) -> Dataset:
    """The rows with the columns that a command needs, made of those that the dataset has.

    Args:
        rows: as they were loaded, with their columns renamed.
        needed: sets of columns, one of which the command needs.
        where: the dataset's name, for messages.
        lenient: a cell without a value becomes None, and columns that others are made of stay.

    Raises:
        ShapeError: the dataset does not have what is needed.
        RowError: a row does not.
    """
    found = find_shape(rows.column_names, needed)
    if found is None:
        names = ", or ".join(" and ".join(one) for one in needed)
        place = f"{where}: its columns are {', '.join(rows.column_names)}"
        fix = how_to_rename(rows.column_names, rows[0] if len(rows) else {}, needed)
        raise ShapeError(f"the dataset does not have the columns {names}", where=place, fix=fix)
    rows = to_text(rows, found.reads)
    left_out = [] if lenient else found.left_out(rows.column_names)
    as_it_is = found.is_made() and not found.takes_system(rows.column_names)
    # A text in a column of chats is one only if it is JSON.
    as_it_is = as_it_is and not (found.is_chat() and rows.features[found.reads[0]] == _TEXT)
    if as_it_is and all(_is_clean(rows, name) for name in found.reads):
        return rows.remove_columns(left_out)
    features = {name: feature for name, feature in rows.features.items() if name not in left_out}
    made = {name: _feature(rows, found, name) for name in found.makes}
    chats = [name for name, feature in made.items() if feature != _TEXT]
    try:
        features = Features({**features, **made})
        return map_rows(rows, _made, features, left_out, shape=found, chats=chats, lenient=lenient)
    except RowError as error:
        raise error.at(row_number(rows, error.number), where) from None


def is_chat(rows: Dataset, name: str) -> bool:
    """Whether a column contains chats."""
    return bool(rows.features[name] != _TEXT)


def as_chats(rows: Dataset, system_prompt: str | None) -> Dataset:
    """The rows with their prompts and completions as chats; those without a system prompt get this one.

    Rows of plain ``text`` cannot take a system prompt, and stay unchanged.
    """
    names = [name for name in (PROMPT, COMPLETION, MESSAGES) if name in rows.column_names]
    texts = [name for name in names if not is_chat(rows, name)]
    opened = names[0] if system_prompt and names else None
    if not texts and opened is None:
        return rows
    made = {name: _PLAIN_CHAT if name in texts else rows.features[name] for name in names}
    features = Features({**rows.features, **made})
    return map_rows(rows, _chat_row, features, texts=texts, opened=opened, system_prompt=system_prompt)


def _chat_row(
    row: dict[str, Any], number: int, texts: Sequence[str], opened: str | None, system_prompt: str | None
) -> dict[str, Any]:
    made = _turned(row, number, texts)
    if opened is not None:
        made[opened] = with_system(made.get(opened, row[opened]), system_prompt)
    return made


def alike_chats(parts: Sequence[Dataset]) -> list[Dataset]:
    """The datasets, with chats of the same type in all of them."""
    names = [
        name
        for name in (PROMPT, COMPLETION, MESSAGES)
        if len({str(part.features.get(name)) for part in parts}) > 1
        and any(isinstance(part.features.get(name), List) for part in parts)
    ]
    kinds = {name: _common_chat([part.features[name] for part in parts]) for name in names}
    return [_with_chats(part, kinds) for part in parts]


def _common_chat(kinds: Sequence[Any]) -> Any:
    """The type of chats for several datasets: JSON, which few readers know, only where it must be."""
    return _PLAIN_CHAT if all(kind in (_TEXT, _PLAIN_CHAT) for kind in kinds) else _ANY_CHAT


def _with_chats(part: Dataset, kinds: Mapping[str, Any]) -> Dataset:
    # The order of the fields of a message counts in a table, and not in a comparison of types.
    changed = {name: kind for name, kind in kinds.items() if str(part.features[name]) != str(kind)}
    if not changed:
        return part
    return map_rows(part, _turned, Features({**part.features, **changed}), names=list(changed))


def _turned(row: dict[str, Any], number: int, names: Sequence[str]) -> dict[str, Any]:
    return {name: as_turns(row[name], _ROLE_OF.get(name, "user")) for name in names}


def _made(
    row: dict[str, Any], number: int, shape: Shape, chats: Sequence[str], lenient: bool
) -> dict[str, Any]:
    try:
        made = shaped(shape, row, number, "")
    except RowError:
        if not lenient:
            raise
        return dict.fromkeys(shape.makes)
    return {
        name: as_turns(value, _ROLE_OF.get(name, "user")) if name in chats else value
        for name, value in made.items()
    }


def _feature(rows: Dataset, found: Shape, name: str) -> Any:
    """The type of a column that is made: text only if no row makes a chat of it."""
    read = found.source_of(name)
    own = rows.features[read]
    if own == _TEXT:
        is_text = not found.is_chat() and not found.takes_system(rows.column_names)
        return _TEXT if is_text and not _has_json_chats(rows, read) else _ANY_CHAT
    plain = own in (_PLAIN_CHAT, List({"from": _TEXT, "value": _TEXT}))
    return _PLAIN_CHAT if plain and not _has_role(rows, read, "function_call") else _ANY_CHAT


def _is_clean(rows: Dataset, name: str) -> bool:
    """Whether every cell is a text or a chat just as r1 has it; many cells are checked at a time."""
    feature = rows.features[name]
    if feature not in (_TEXT, _PLAIN_CHAT) or rows.data.table.column(name).null_count:
        return False
    if feature == _TEXT:
        return not any(map(_has_empty_text, _pieces(rows, name))) and not _has_json_chats(rows, name)
    return all(map(_are_plain_chats, _pieces(rows, name)))


def _pieces(rows: Dataset, name: str) -> Iterator[Any]:
    """The cells of a column, some at a time: what is computed of them does not fit into memory for all."""
    return (piece for piece in rows.data.table.column(name).chunks if len(piece))


def _has_empty_text(texts: Any) -> bool:
    trimmed = pyarrow.compute.utf8_trim_whitespace(texts)
    return bool(pyarrow.compute.any(pyarrow.compute.equal(trimmed, "")).as_py())


def _are_plain_chats(chats: Any) -> bool:
    if pyarrow.compute.min(pyarrow.compute.list_value_length(chats)).as_py() < 1:
        return False
    turns = pyarrow.compute.list_flatten(chats)
    fields = [pyarrow.compute.struct_field(turns, field) for field in ("role", "content")]
    known = pyarrow.array(["system", "user", "assistant", "tool", "developer"])
    return not any(field.null_count for field in fields) and bool(
        pyarrow.compute.all(pyarrow.compute.is_in(fields[0], value_set=known)).as_py()
    )


def _has_role(rows: Dataset, name: str, role: str) -> bool:
    for chats in _pieces(rows, name):
        turns = pyarrow.compute.list_flatten(chats)
        if "from" not in {field.name for field in turns.type}:
            return False
        of_it = pyarrow.compute.equal(pyarrow.compute.struct_field(turns, "from"), role)
        if pyarrow.compute.any(of_it).as_py():
            return True
    return False


def _has_json_chats(rows: Dataset, name: str) -> bool:
    """Whether a text of a column is a chat that was written as JSON."""
    for texts in _pieces(rows, name):
        trimmed = pyarrow.compute.utf8_ltrim_whitespace(texts)
        opened = texts.filter(pyarrow.compute.fill_null(pyarrow.compute.starts_with(trimmed, "["), False))
        if any(has_chat(text.as_py()) for text in opened):
            return True
    return False
