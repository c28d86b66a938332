"""The letter of a choice, with what it stands for: (C) 42, \\textbf{(C)} 42, B. Paris; or several letters."""

import re

from r1cli.answers.tidy import tidy
from r1cli.answers.words import ungrouped

# "(B) Paris", and not "(B) and (C)".
_CHOICE = re.compile(
    r"\(?([A-Z])(?:\s*\)|\.|:)(?:\s++(?!.*(?:\b[A-Z]\b|\([A-Z]\)|\b(?:and|or|not|wrong|incorrect|false)\b))|$)"
    r"|(?:[Oo]ption|[Cc]hoice)\s+\(?([A-Z])\)?$"
)
_BETWEEN = re.compile(r"\\(?:text|textbf|mathrm)\b|[\s,、，;；(){}$.]|\band\b|和")
_IN_ORDER = re.compile("(?=[A-H]{3})A?B?C?D?E?F?G?H?")
_LONGEST = 60
# Before it are commands and marks only.
_MAY_BE = re.compile(r"[\s\\a-z{$*(]*[A-Z]|\s*(?:Option|Choice)")


def read_choice(text: str) -> tuple[str, str] | None:
    """The letter, and the text after it; None if a text does not begin with a choice."""
    if not _MAY_BE.match(text):
        return None
    plain = ungrouped(tidy(text))
    found = _CHOICE.match(plain)
    return (found[1] or found[2], plain[found.end() :]) if found else None


def read_choices(text: str) -> str:
    """Three letters or more in the order of the alphabet: of "ACD" and "A、C和D"; or an empty text.

    AB may be a segment, or a product.
    """
    letters = _BETWEEN.sub("", text) if len(text) <= _LONGEST else ""
    return letters if _IN_ORDER.fullmatch(letters) else ""
