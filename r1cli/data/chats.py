"""Chats, prompts and texts in the shapes that datasets have them in, and in the one that r1 uses.

This is about one row at a time and imports nothing heavy: the check reads a file's rows with it before
anything is loaded, and the loader reads the same rows with it, so that both say the same.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r1cli.errors import R1Error

MESSAGES, PROMPT, COMPLETION, TEXT = "messages", "prompt", "completion", "text"
#: What commands need that sample from prompts.
PROMPTS = ((PROMPT,),)

_CONVERSATIONS, _SYSTEM = "conversations", "system"
_INSTRUCTION, _INPUT, _OUTPUT = "instruction", "input", "output"
#: Columns of chats or texts that TRL would look at, though the rows are trained on in others.
_FORMATS = (MESSAGES, PROMPT, COMPLETION, TEXT, "chosen", "rejected")
#: Names that other tools have for the roles.
_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "observation": "tool",
    "function_response": "tool",
    "function_call": "assistant",
}
_KNOWN_ROLES = frozenset({"system", "user", "assistant", "tool", "developer", "function", *_ROLES})
# How people call the columns that the prompts and the completions are in.
_QUESTIONS = ("problem", "question", "query", "instruction", "input", "prompt")
_ANSWERS = ("answer", "response", "output", "completion", "solution", "generation", "chosen")


@dataclass(frozen=True)
class Shape:
    """How the rows of a dataset become what is trained on or sampled from.

    Args:
        makes: the columns that r1 needs: messages; prompt; prompt and completion; or text.
        reads: the columns that they are made of, one for each.
    """

    makes: tuple[str, ...]
    reads: tuple[str, ...]

    def is_made(self) -> bool:
        """Whether the dataset has the columns under r1's own names."""
        return self.makes == self.reads

    def is_chat(self) -> bool:
        """Whether the columns contain chats, whatever the cells say."""
        return bool({MESSAGES, _CONVERSATIONS} & set(self.reads))

    def source_of(self, name: str) -> str:
        """The column that a made one is read from."""
        return self.reads[self.makes.index(name)]

    def takes_system(self, columns: Collection[str]) -> bool:
        """Whether a column beside the chats has their system prompts."""
        return _SYSTEM in columns and (self.is_chat() or _INSTRUCTION in self.reads)

    def left_out(self, columns: Collection[str]) -> list[str]:
        """The columns that are no longer needed, or that TRL would take for the rows' format."""
        also = {_SYSTEM} if self.takes_system(columns) else set()
        also |= {_INPUT} if _INSTRUCTION in self.reads else set()
        gone = {*_FORMATS, *self.reads, *also} - set(self.makes)
        # Beside prompts, a text is a column like any other.
        kept = {TEXT} if self.makes == (PROMPT,) else set()
        return [column for column in columns if column in gone - kept]


# In the order in which they are preferred.
_SHAPES = (
    Shape((PROMPT, COMPLETION), (PROMPT, COMPLETION)),
    Shape((MESSAGES,), (MESSAGES,)),
    Shape((MESSAGES,), (_CONVERSATIONS,)),
    Shape((TEXT,), (TEXT,)),
    Shape((PROMPT, COMPLETION), (_INSTRUCTION, _OUTPUT)),
    Shape((PROMPT,), (PROMPT,)),
    Shape((PROMPT,), (MESSAGES,)),
    Shape((PROMPT,), (_CONVERSATIONS,)),
    Shape((PROMPT,), (_INSTRUCTION,)),
)


class RowError(R1Error):
    """What is wrong with a row: ``number`` counts from 0; ``is_empty`` if a cell lacks a value."""

    def __init__(self, what: str, number: int, where: str, fix: str, is_empty: bool = False) -> None:
        super().__init__(f"row {number} {what}", where=where, fix=fix)
        self.number = number
        self.cell = what
        self.is_empty = is_empty

    def at(self, number: int, where: str) -> "RowError":
        """The same of the row of another number."""
        return RowError(self.cell, number, where, self.fix, self.is_empty)


class ShapeError(R1Error):
    """A dataset does not have the columns that are needed."""


def find_shape(columns: Collection[str], needed: Sequence[Sequence[str]]) -> Shape | None:
    """The shape of a dataset with these columns, or None when it does not have what is needed.

    Args:
        columns: as they are called after renaming.
        needed: sets of columns, one of which the command needs.
    """
    sets = [set(names) for names in needed]
    return next(
        (shape for shape in _SHAPES if set(shape.makes) in sets and set(shape.reads) <= set(columns)), None
    )


def shaped(shape: Shape, row: Mapping[str, Any], number: int, where: str) -> dict[str, Any]:
    """The columns that a row makes: chats as lists of messages, or texts.

    Args:
        shape: of the dataset.
        row: one row.
        number: of the row, from 0.
        where: the dataset, or the file and line.

    Raises:
        RowError: a cell is empty, or does not contain what its column should.
    """
    try:
        return _shaped(shape, row)
    except _BadCellError as bad:
        fix = bad.fix or "fix the cell, or remove the row"
        raise RowError(str(bad), number, where, fix, isinstance(bad, _EmptyCellError)) from None


def how_to_rename(columns: Sequence[str], row: Mapping[str, Any], needed: Sequence[Sequence[str]]) -> str:
    """What to do about a dataset that lacks what is needed; takes what `find_columns` does."""
    return renaming(find_columns(columns, row, needed))


def renaming(found: Mapping[str, str]) -> str:
    """The advice to give columns their new names: old ones by new, COLUMN where it is not known."""
    options = " ".join(f"--columns.{new} {old}" for new, old in found.items() if new != old)
    return f"rename what is there{', as' if 'COLUMN' in options else ':'} {options}"


def find_columns(
    columns: Sequence[str], row: Mapping[str, Any], needed: Sequence[Sequence[str]]
) -> dict[str, str]:
    """What a dataset has for each column that is needed; COLUMN where its names do not tell.

    Args:
        columns: of the dataset.
        row: one of its rows, empty where none is known.
        needed: as `find_shape` takes it.
    """
    names = {name for names in needed for name in names}
    chat = next((name for name in columns if has_chat(row.get(name))), None)
    if chat and names & {MESSAGES, PROMPT}:
        return {MESSAGES if MESSAGES in names else PROMPT: chat}
    question = _first(_QUESTIONS, columns, row) or "COLUMN"
    answer = _first(_ANSWERS, [name for name in columns if name != question], row) or "COLUMN"
    wanted = [PROMPT, COMPLETION] if COMPLETION in names else [needed[-1][0]]
    found = {PROMPT: question, COMPLETION: answer}
    return {name: name if name in columns else found.get(name, "COLUMN") for name in wanted}


def with_system(chat: Sequence[Mapping[str, Any]], system: str | None) -> list[Any]:
    """A chat that opens with a system prompt: its own, or else this one."""
    opened = not system or (chat and chat[0]["role"] == "system")
    return [*chat] if opened else [{"role": "system", "content": system}, *chat]


def as_turns(value: Any, role: str) -> list[Any]:
    """A chat, or a text as the only message of a role."""
    return [{"role": role, "content": value}] if isinstance(value, str) else value


class _BadCellError(ValueError):
    """What is wrong with a cell, after the number of its row."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.fix = fix


class _EmptyCellError(_BadCellError):
    """A cell has no value."""


def _shaped(shape: Shape, row: Mapping[str, Any]) -> dict[str, Any]:
    system = row.get(_SYSTEM) if shape.takes_system(row) else None
    system = system if isinstance(system, str) and system.strip() else None
    first = shape.reads[0]
    if first == _INSTRUCTION:
        prompt: Any = _instruction(row)
        made: dict[str, Any] = {PROMPT: with_system(as_turns(prompt, "user"), system) if system else prompt}
    elif shape.is_chat():
        chat = with_system(_chat(row.get(first), first), system)
        made = {shape.makes[0]: _question(chat, first) if shape.makes[0] == PROMPT else chat}
    elif first == TEXT:
        made = {TEXT: _text(row.get(TEXT), TEXT)}
    else:
        made = {PROMPT: _text_or_chat(row.get(PROMPT), PROMPT)}
    if len(shape.reads) > 1:
        made[COMPLETION] = _text_or_chat(row.get(shape.reads[1]), shape.reads[1])
    return made


def _instruction(row: Mapping[str, Any]) -> str:
    """Alpaca's instruction, and below it the input that it is about, if there is one."""
    more = row.get(_INPUT)
    parts = [_text(row.get(_INSTRUCTION), _INSTRUCTION)]
    if more is not None and not isinstance(more, str):
        raise _BadCellError(f"has {_kind(more)} in {_INPUT}, where a text is expected")
    return "\n\n".join([*parts, more] if more and more.strip() else parts)


def _text(value: Any, column: str) -> str:
    if value is None or value == [] or (isinstance(value, str) and not value.strip()):
        raise _EmptyCellError(f"has no {column}")
    if not isinstance(value, str):
        others = " and other rows a text" if isinstance(value, int | float) else ", where a text is expected"
        raise _BadCellError(f"has {_kind(value)} in {column}{others}")
    return value


def _text_or_chat(value: Any, column: str) -> Any:
    """A text as it is, unless it is a whole chat that was written as JSON."""
    if isinstance(value, str):
        found = _from_json(value) if value.lstrip()[:1] == "[" else None
        return _chat(found, column) if has_chat(found) else _text(value, column)
    return _chat(value, column) if isinstance(value, list) and value else _text(value, column)


def _chat(value: Any, column: str) -> list[dict[str, Any]]:
    if value is None or value in ([], {}) or (isinstance(value, str) and not value.strip()):
        raise _EmptyCellError(f"has no {column}")
    if isinstance(value, str):
        found = _from_json(value)
        if not isinstance(found, list):
            fix = f"write the chats as lists of messages; a column of plain text is not {column}"
            raise _BadCellError(f"has text in {column} that is not a chat in JSON", fix)
        return _chat(found, column)
    if not isinstance(value, list):
        raise _BadCellError(f"has {_kind(value)} in {column}, where a list of messages is expected")
    return [_turn(turn, column, place) for place, turn in enumerate(value)]


def _turn(turn: Any, column: str, place: int) -> dict[str, Any]:
    """A message with role and content; the empty fields that a table adds to it are left out."""
    where = f"message {place} of {column}"
    if not isinstance(turn, Mapping):
        raise _BadCellError(f"has {_kind(turn)} as {where}, where a role and its content are expected")
    named = turn.get("role")
    role = turn.get("from") if named is None else named
    if not isinstance(role, str) or not role.strip():
        raise _BadCellError(f"has no role in {where}")
    if named is None and role.lower() not in _KNOWN_ROLES:
        raise _BadCellError(f"has the unknown role '{role}' in {where}")
    content = turn.get("content")
    content = turn.get("value") if content is None else content
    more = {
        name: value
        for name, value in turn.items()
        if value is not None and name not in ("role", "from", "content", "value")
    }
    if role.lower() == "function_call" and (call := _function_call(content)):
        return {"role": "assistant", "content": "", "tool_calls": [call]}
    if content is None and not more:
        raise _EmptyCellError(f"has no content in {where}")
    return {"role": _ROLES.get(role.lower(), role), "content": _content(content, where), **more}


def _content(value: Any, where: str) -> Any:
    """The text of a message. A list of parts is one text if all of them are text; images stay parts."""
    if value is None:
        return ""  # of a message that only calls tools
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, list):
        raise _BadCellError(f"has {_kind(value)} as the content of {where}, where a text is expected")
    parts = [{"type": "text", "text": part} if isinstance(part, str) else part for part in value]
    if not all(isinstance(part, Mapping) for part in parts):
        raise _BadCellError(f"has a part that is neither a text nor a mapping in {where}")
    texts = [part.get("text") for part in parts if part.get("type", "text") == "text"]
    if len(texts) == len(parts) and all(isinstance(text, str) for text in texts):
        return "\n".join(str(text) for text in texts)
    return [{name: item for name, item in part.items() if item is not None} for part in parts]


def _function_call(content: Any) -> dict[str, Any] | None:
    """A tool call that ShareGPT's files have as the text of a turn."""
    call = _from_json(content) if isinstance(content, str) else content
    if not isinstance(call, Mapping) or not isinstance(call.get("name"), str):
        return None
    return {"type": "function", "function": {"name": call["name"], "arguments": call.get("arguments", {})}}


def _question(chat: list[dict[str, Any]], column: str) -> list[dict[str, Any]]:
    """A chat up to its last answer: what a model is asked for it."""
    asked = chat[:-1] if chat[-1]["role"] == "assistant" else chat
    if not any(turn["role"] != "system" for turn in asked):
        raise _EmptyCellError(f"has no question in {column}: there is nothing before the answer")
    return asked


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def has_chat(value: Any) -> bool:
    """Whether a cell is a chat: a list of messages, or one that was written as JSON."""
    if isinstance(value, str):
        value = _from_json(value) if value.lstrip()[:1] == "[" else None
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and {"role", "from"} & {*one} for one in value)
    )


def _first(names: Sequence[str], columns: Sequence[str], row: Mapping[str, Any]) -> str | None:
    """The first of some names that is a column, and whose cell is a text where the row is known."""
    return next((name for name in names if name in columns and isinstance(row.get(name, ""), str)), None)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return f"{value}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, Mapping) else "a value"
