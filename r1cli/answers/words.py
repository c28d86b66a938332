"""Words in an answer, where they are all of it."""

import re

from r1cli.answers.kinds import Collection, Node, Words
from r1cli.answers.parts import AND_OR
from r1cli.answers.scanner import NotReadable
from r1cli.answers.symbols import is_word

_GROUP = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\s*\{([^{}]*)\}")
_EMPHASIS = re.compile(r"\\(?:text|mathrm|textbf|mathbf|emph)\s*\{([^{}]*)\}")
_SPACES = re.compile(r"\s+")
_FORMULA_SIGNS = re.compile(r"[\d\\=<>^_{}+*/|%¤]")
_LETTERS = re.compile(r"[^\W\d_]+")
_SEPARATORS = re.compile("[,;]")
_MOST_WORDS = 40
# One wording for "there is no solution", with what it says of them: real, integer.
_NO_SOLUTION = re.compile(
    r"""
    (?: (?: there | it | (?:the[ ]|this[ ])? (?:equation|inequality|system|problem) )
        [ ] (?:is|are|has|have|exists?) [ ] )?
    no [ ] (?P<which> (?: (?:real|integer|positive|rational|such) [ ] )* )
    (?:solution|root) s? (?:[ ]exists?)?
    | 无 (?P<real>实数?)? [解根]
    """,
    re.VERBOSE,
)
NO_SOLUTION = "no solution"
# Words as short as variables.
_SHORT = frozenset(["no", "ja", "si", "on", "up", "am", "pm", "oui", "yes", "non"])


def ungrouped(text: str) -> str:
    """A text without the commands for upright letters, and with single spaces."""
    return _SPACES.sub(" ", _GROUP.sub(r" \1 ", text)).strip(" .,")


def unspaced_groups(text: str) -> str:
    """A text without the commands for upright letters: ``321_{\\text{four}}`` keeps its letters together."""
    return _GROUP.sub(r"\1", text).strip()


def plain(text: str) -> str:
    """Words without LaTeX's marks, capitals and a full stop."""
    text = _EMPHASIS.sub(r"\1", text)
    return _SPACES.sub(" ", text.replace("\\ ", " ")).strip(" .!?,;:'\"").casefold()


def _none(found: re.Match[str]) -> str:
    """No solution, no real solution: the same for a root, and in Chinese."""
    which = (found["which"] or "").replace("such ", "") + "real " * bool(found["real"])
    return NO_SOLUTION.replace("no ", f"no {which}")


def read_words(text: str) -> Node | None:
    """A text that consists of words, in any script; with commas between few words, several answers.

    Raises:
        NotReadable: they are too many for an answer.
    """
    said = plain(text)
    if not said or _FORMULA_SIGNS.search(said):
        return None
    if said.startswith("(") and said.endswith(")"):
        said = said.strip("()").strip()
    if len(said.split()) > _MOST_WORDS:
        raise NotReadable
    runs = _LETTERS.findall(said)
    words = [run for run in runs if is_word(run) or not run.isascii()]
    if not words and not (len(runs) == 1 and runs[0] in _SHORT):
        return None
    # Between variables, "and" is not a word of the answer.
    says_more = any(is_word(run) and run != "and" for run in runs)
    if len(words) < len(runs) and not says_more and AND_OR.search(text):
        return None
    if none := _NO_SOLUTION.fullmatch(said):
        return Words(_none(none))
    parts = _SEPARATORS.split(said)
    if len(parts) > 1 and all(len(part.split()) <= 3 for part in parts):
        return Collection(tuple(Words(part.strip().removeprefix("and ")) for part in parts if part.strip()))
    return Words(said)
