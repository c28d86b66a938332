"""Rules that drop completions of no use, by their text alone."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping

from r1cli.sampling.store import Sample
from r1cli.verdicts.thoughts import find_thoughts

# Repetitive: more than this share of a text's word n-grams of this length are repetitions.
_WORDS, _REPEATED = 8, 0.3
# Mixed languages: at least this share of the letters is of another script than most.
_FOREIGN = 0.05
# Unreadable: more than this share of the characters is neither text nor blank.
_BROKEN = 0.01
# A line without an end or of this length is not meant for people.
_LONGEST_WORD = 400

_WORD = re.compile(r"\S+")
# Mathematics uses Greek letters in every language.
_NEUTRAL = {"GREEK", "MATHEMATICAL", "DOUBLE-STRUCK", "SCRIPT", "SUPERSCRIPT", "SUBSCRIPT", "MODIFIER"}


def is_unfinished(sample: Sample) -> bool:
    """It was cut off at the length limit, or ends within its thoughts."""
    return sample.finish_reason == "length" or find_thoughts(sample.completion) is None


def is_mixed_language(sample: Sample) -> bool:
    """Its letters are of several scripts, as Latin and Chinese."""
    scripts = Counter(
        script for letter in sample.completion if letter.isalpha() and (script := _script(letter))
    )
    total = scripts.total()
    return bool(total) and total - scripts.most_common(1)[0][1] > _FOREIGN * total


def is_repetitive(sample: Sample) -> bool:
    """It says the same words again and again."""
    words = _WORD.findall(sample.completion)
    grams = [tuple(words[at : at + _WORDS]) for at in range(len(words) - _WORDS + 1)]
    return bool(grams) and 1 - len(set(grams)) / len(grams) > _REPEATED


def is_unreadable(sample: Sample) -> bool:
    """It is empty, or has control characters, halves of characters or endless words."""
    text = sample.completion
    if not text.strip():
        return True
    broken = sum(map(_is_broken, text))
    return broken > _BROKEN * len(text) or any(len(word) > _LONGEST_WORD for word in _WORD.findall(text))


def _is_broken(letter: str) -> bool:
    return letter == "\ufffd" or (letter not in "\n\t\r" and unicodedata.category(letter)[0] == "C")


#: The rules by the names that users type; each says whether a completion is dropped.
RULES: Mapping[str, Callable[[Sample], bool]] = {
    "unfinished": is_unfinished,
    "mixed_language": is_mixed_language,
    "repetitive": is_repetitive,
    "unreadable": is_unreadable,
}


def _script(letter: str) -> str:
    """The script of a letter by its Unicode name; those of Japanese and Chinese are one. Empty if neutral."""
    script = unicodedata.name(letter, "").partition(" ")[0]
    if script in ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HALFWIDTH", "FULLWIDTH"):
        return "CJK"
    return "" if script in _NEUTRAL else script
