"""The answer in a completion that is nothing but a JSON object: ``{"answer": 57}``."""

import json
import re

from r1cli.verdicts import phrases
from r1cli.verdicts.prose import Answer

_OBJECT = re.compile(r"\s*(?:```(?:json)?\s*)?(\{.*\})\s*(?:```\s*)?", re.DOTALL | re.IGNORECASE)
# As models write LaTeX in JSON: \frac with one backslash.
_SINGLE_BACKSLASH = re.compile(r'(?<!\\)((?:\\\\)*)\\(?![\\"/])')
_FINAL = re.compile(r"(?:final|correct)[_\s-]*", re.IGNORECASE)


def json_answer(text: str, start: int) -> Answer | None:
    """The answer of an object that is all of the text after a place; None if there is none."""
    if not text[start : start + 20].lstrip().startswith(("{", "```")):
        return None
    found = _OBJECT.fullmatch(text, start)
    if not found:
        return None
    try:
        # Numbers as they are written.
        content = json.loads(
            _SINGLE_BACKSLASH.sub(r"\1\\\\", found[1]), parse_float=str, parse_int=str, strict=False
        )
    except (ValueError, RecursionError):
        return None
    for key, value in content.items():
        if _FINAL.sub("", key).casefold() in phrases.ANSWER and isinstance(value, str) and value.strip():
            return Answer(value.strip(), *found.span(1), "said")
    return None
