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
        R1Error: the braces do not match, fields are more than names, or there is no field.
    """
    pieces, errors = check_prompt_template(template, where)
    if errors:
        raise R1Error.together(errors)
    return pieces


def check_prompt_template(template: str, where: str) -> tuple[Pieces, list[R1Error]]:
    """The pieces of a template that can be read, and every mistake in it; see `read_prompt_template`."""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        fix = "write a column as {question}, and double a literal brace: {{ or }}"
        return [], [R1Error(f"the prompt template cannot be read: {error}", where=where, fix=fix)]
    pieces: Pieces = []
    wrong: dict[str, R1Error] = {}
    for text, name, form, conversion in parsed:
        if name is None or (name.isidentifier() and not form and not conversion):
            pieces.append((text, name))
            continue
        written = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        fix = "write {NAME} with the name of a column; --columns.NAME COLUMN renames one"
        what = f"the prompt template's field {{{written}}} is not a name"
        wrong[written] = R1Error(what, where=where, fix=fix)
    if not columns_of(pieces) and not wrong:
        fix = "write the name of a column in braces, as {question}"
        what = "the prompt template names no column: all prompts would be equal"
        return [], [R1Error(what, where=where, fix=fix)]
    return pieces, [*wrong.values()]


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
            raise RowError(what, number, PROMPT_TEMPLATE, "name other columns, or remove such rows", True)
    return "".join(text if name is None else f"{text}{row[name]}" for text, name in pieces)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) or (isinstance(value, list) and all(map(_is_plain, value)))
