"""Words in an answer: all of it, or the name of what is counted."""

import re

from r1cli.answers.kinds import Collection, Node, Words
from r1cli.answers.parts import AND_OR
from r1cli.answers.scanner import NotReadable
from r1cli.answers.symbols import is_word
from r1cli.answers.units import EMPTY_NOUNS, singular

_GROUP = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\s*\{([^{}]*)\}")
_EMPHASIS = re.compile(r"\\(?:text|mathrm|textbf|mathbf|emph)\s*\{([^{}]*)\}")
_SPACES = re.compile(r"\s+")
_FORMULA_SIGNS = re.compile(r"[\d\\=<>^_{}+*/|%¤]")
_LETTERS = re.compile(r"[^\W\d_]+")
_NOUN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_SEPARATORS = re.compile("[,;]")
_BETWEEN_NOUNS = re.compile(r"[\s().,\-]+")
_MOST_WORDS, _MOST_NOUNS = 40, 8
# Words as short as variables.
_SHORT = frozenset(["no", "ja", "si", "on", "up", "am", "pm", "oui", "yes", "non"])
# A noun that these end says more than a name.
_UNFINISHED = frozenset(["and", "or", "but", "of", "the", "a", "an", "to", "in", "with", "for", "plus"])
# What one of these is in says something of the value.
_STATEMENT = frozenset((
    "is", "are", "was", "were", "be", "isn't", "not", "no", "if", "when", "because", "since", "so",
    "then", "than", "wrong", "false", "incorrect", "over", "under", "less", "fewer", "minus", "plus",
    "times", "negative", "below", "above", "point", "off", "loss", "debt", "most", "least", "well",
    "else", "squared", "cubed", "factorial", "zero", "one", "two", "three", "four", "five", "six",
    "seven", "eight", "nine", "ten", "hundred", "halves", "thirds", "quarter", "quarters", "fourths",
    "fifths", "sixths", "sevenths", "eighths", "ninths", "tenths", "hundredths", "thousandths",
    "millionths", "billionths", "tens", "dozens", "hundreds", "gross", "score", "scores", "negated",
    "inverse", "that", "which", "who", "whose",
))  # fmt: skip
# In scripts that do not part words: what denies.
_DENIAL = re.compile("不|没|非|ではない|じゃない|ありません|아니|未|错")


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
    parts = _SEPARATORS.split(said)
    if len(parts) > 1 and all(len(part.split()) <= 3 for part in parts):
        return Collection(tuple(Words(part.strip().removeprefix("and ")) for part in parts if part.strip()))
    return Words(said)


def noun(text: str) -> tuple[str, ...]:
    """The words that name what is counted, without those that say nothing; what they are about comes first.

    Raises:
        NotReadable: they say something else.
    """
    words = _NOUN.findall(text)
    if not words or len(words) > _MOST_NOUNS or _BETWEEN_NOUNS.sub("", _NOUN.sub("", text)):
        raise NotReadable
    lowered = [word.casefold() for word in words]
    has_variable = any(len(word) == 1 and word.isascii() and word not in "aA" for word in words)
    if (
        has_variable
        or _DENIAL.search(text)
        or _STATEMENT & set(lowered)
        or lowered[-1] in _UNFINISHED
        or lowered[0] == "or"
    ):
        raise NotReadable
    # Of slices of pizza, and of red balls, the slices and the balls.
    about = lowered[: lowered.index("of")] if "of" in lowered[1:] else lowered
    names = [singular(word) for word in lowered if word not in EMPTY_NOUNS]
    heads = [singular(word) for word in about if word not in EMPTY_NOUNS]
    return tuple(dict.fromkeys([*heads[-1:], *names]))
