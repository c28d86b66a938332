"""``data.prompt_template``: builds prompts from the columns of a dataset without prompts."""

from collections.abc import Mapping
from string import Formatter
from typing import Any

from r1cli.data.chats import RowError
from r1cli.errors import R1Error

PROMPT_TEMPLATE = "data.prompt_template"

#: The pieces of a template: text, and the column whose value follows it, or None.
Pieces = list[tuple[str, str | None]]


def read_prompt_template(template: str, where: str) -> Pieces:
    """The pieces of a template such as ``Make {target} of {nums}.``

    A field is only the name of a column, so that a template cannot access attributes or items; a literal
    brace is doubled.

    Raises:
        R1Error: the braces do not match, a field is more than a name, or there is no field.
    """
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        fix = "write a column as {question}, and double a literal brace: {{ or }}"
        raise R1Error(f"the prompt template cannot be read: {error}", where=where, fix=fix) from None
    for _, name, form, conversion in parsed:
        if name is not None and (form or conversion or not name.isidentifier()):
            written = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            fix = "write {NAME} with the name of a column; --columns.NAME COLUMN renames one"
            raise R1Error(f"the prompt template's field {{{written}}} is not a name", where=where, fix=fix)
    pieces = [(text, name) for text, name, _, _ in parsed]
    if not columns_of(pieces):
        fix = "write the name of a column in braces, as {question}"
        raise R1Error("the prompt template names no column: all prompts would be equal", where=where, fix=fix)
    return pieces


def columns_of(pieces: Pieces) -> list[str]:
    """The columns that a template names."""
    return [name for _, name in pieces if name is not None]


def fill(pieces: Pieces, row: Mapping[str, Any], number: int) -> str:
    """The prompt of one row: values are formatted as in Python, ``[3, 4]`` for a list of numbers.

    Raises:
        RowError: a value is missing, or is neither text, a number nor a list of them.
    """
    for name in columns_of(pieces):
        if not _is_plain(row.get(name)):
            what = f"has neither text nor a number in the column '{name}', so it has no prompt"
            raise RowError(what, number, PROMPT_TEMPLATE, "name other columns, or remove such rows")
    return "".join(text if name is None else f"{text}{row[name]}" for text, name in pieces)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) or (isinstance(value, list) and all(map(_is_plain, value)))
