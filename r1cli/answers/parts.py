"""The parts of an answer: what commas, "and" and other signs separate, outside of all brackets."""

import re
from collections.abc import Callable, Iterator

from r1cli.answers.scanner import NotReadable
from r1cli.answers.tidy import closing_brace

_OPENING, _CLOSING = "([{", ")]}"
_OPENING_COMMANDS = frozenset(["\\{", "\\langle", "\\lfloor", "\\lceil", "\\begin"])
_CLOSING_COMMANDS = frozenset(["\\}", "\\rangle", "\\rfloor", "\\rceil", "\\end"])
_BRACKET_OR_COMMAND = re.compile(r"[\\()\[\]{}]")
# No brackets are in more of them.
_DEEPEST = 60
_BRACKET = re.compile(r"\\[{}]|[()\[\]{}]")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.|$)", re.DOTALL)
_NO_PLACES = _OPENING_COMMANDS | _CLOSING_COMMANDS | frozenset(_CLOSING)
_TEXTS = ("\\text", "\\mathrm", "\\textbf")
#: "and" and "or" in several languages.
AND_OR = re.compile(
    r"""
    \s*+
    (?: \\(?:text|mathrm) \s* \{ \s* ,? \s* (and|or|et|und|oder|ou|y|o|или|и|或者|或|和|及|与|以及|且) \s* \}
      | (?<![A-Za-z\\]) (and|or) (?![A-Za-z])
      | (或者|或|和|及|以及|且)
      | & )
    \s*
    """,
    re.VERBOSE,
)
_JOINT = re.compile(f"{AND_OR.pattern}|[,;]", re.VERBOSE)
_COMMA, _SEMICOLON = re.compile(","), re.compile(";")
_OR = ("or", "或", "或者", "oder", "ou", "o", "или")


def outside(text: str) -> Iterator[int]:
    """The places in a text that are in no brackets; an interval may open and close with different ones.

    Raises:
        NotReadable: the brackets do not match.
    """
    depth, at = 0, 0
    while at < len(text):
        if depth:
            found = _BRACKET_OR_COMMAND.search(text, at)
            if not found or depth > _DEEPEST:
                raise NotReadable
            at = found.start()
        sign = text[at]
        command = _COMMAND.match(text, at)
        word = command[0] if command else sign
        if depth == 0 and word not in _NO_PLACES:
            yield at
        if sign in _OPENING or word in _OPENING_COMMANDS:
            depth += 1
        elif sign in _CLOSING or word in _CLOSING_COMMANDS:
            depth -= 1
        if depth < 0 and sign in _CLOSING:
            raise NotReadable
        at += len(word)
        if depth == 0 and word in _TEXTS and (brace := text.find("{", at)) >= 0:
            at = max(at, closing_brace(text, brace) + 1)
    if depth:
        raise NotReadable


def split(text: str, find: Callable[[str, int], re.Match[str] | None]) -> list[tuple[str, str]]:
    """The parts of a text between separators outside of brackets.

    Args:
        text: the text.
        find: the separator at a place in it, if there is one.

    Returns:
        Each part with the separator before it, which is empty for the first.

    Raises:
        NotReadable: the brackets do not match.
    """
    parts, start, separator = [], 0, ""
    for at in outside(text):
        found = find(text, at) if at >= start else None
        if found:
            parts.append((separator, text[start:at]))
            start, separator = found.end(), found[0]
    return [*parts, (separator, text[start:])]


def several(text: str) -> list[tuple[str, str]]:
    """The parts between commas, semicolons and words like "and", none of them empty.

    Returns:
        Each part with the word before it: "or", "and", or "" for a comma or semicolon.

    Raises:
        NotReadable: the brackets do not match.
    """
    parts: list[tuple[str, str]] = []
    first = ""
    for separator, part in split(text, _JOINT.match):
        first = first or separator
        if part.strip():
            parts.append((_word_of(first), part.strip()))
            first = ""
    return parts


def _word_of(joint: str) -> str:
    found = AND_OR.fullmatch(joint)
    if not found:
        return ""
    return "or" if next(filter(None, found.groups()), "") in _OR else "and"


def items(text: str) -> list[str]:
    """What is in brackets: between semicolons if there are any, otherwise between commas.

    Raises:
        NotReadable: the brackets do not match.
    """
    parts = split(text, _SEMICOLON.match)
    return [part.strip() for _, part in (parts if len(parts) > 1 else split(text, _COMMA.match))]


def partner(text: str) -> int:
    """The place of the bracket that closes the first one; a round and a square one may belong together."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket[0][-1] in _OPENING else -1
        if depth == 0:
            return bracket.start()
    return -1
