"""The letter of a choice, with what it stands for: (C) 42, \\textbf{(C)} 42, B. Paris, option C."""

import re

from r1cli.answers.tidy import tidy
from r1cli.answers.words import ungrouped

# "(B) Paris", and not "(B) and (C)".
_CHOICE = re.compile(
    r"\(?([A-Z])(?:\s*\)|\.|:)(?:\s++(?!.*(?:\b[A-Z]\b|\([A-Z]\)|\b(?:and|or|not|wrong|incorrect|false)\b))|$)"
    r"|(?:[Oo]ption|[Cc]hoice)\s+\(?([A-Z])\)?$"
)
# Before it stand commands and marks only.
_MAY_BE = re.compile(r"[\s\\a-z{$*(]*[A-Z]|\s*(?:Option|Choice)")


def read_choice(text: str) -> tuple[str, str] | None:
    """The letter, and the text behind it; None if a text does not begin with a choice."""
    if not _MAY_BE.match(text):
        return None
    plain = ungrouped(tidy(text))
    found = _CHOICE.match(plain)
    return (found[1] or found[2], plain[found.end() :]) if found else None
