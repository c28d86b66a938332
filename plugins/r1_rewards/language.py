"""A reward for thinking in the language of the question."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from r1_rewards.completions import LogExtra, question, texts, thoughts

# Code, formulas, LaTeX commands and tags are of no language.
_NO_LANGUAGE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|\\\(.*?\\\)|\\\[.*?\\\]"
    r"|\\begin\{(\w+\*?)\}.*?\\end\{\1\}|\\boxed\{[^{}]*\}|\\[A-Za-z]+|</?\w+>",
    re.DOTALL,
)
_JAPANESE = frozenset({"HIRAGANA", "KATAKANA"})


def language_consistency(
    completions: Sequence[Any],
    prompts: Sequence[Any],
    log_extra: LogExtra | None = None,
    *,
    detector: str = "script",
    **kwargs: Any,
) -> list[float | None]:
    """The share of the chain of thought that is in the prompt's language, between 0.0 and 1.0.

    The chain of thought is what stands in ``<think>``, or else the whole completion. Code and LaTeX do not
    count. None where the prompt or the chain of thought has no letters. In the table of completions, the
    column ``language_consistency_scripts`` counts the letters of each script in the chain of thought.

    Args:
        detector: "script" counts letters in the Unicode script of the prompt (Latin, Han, Kana, Hangul,
            Cyrillic, Arabic, ...), where Han and Kana together are Japanese; single Latin and Greek letters
            are variables and do not count. "word" counts words by lingua's detection of mixed languages,
            which tells English from French, and takes a gigabyte of memory.

    Source: DeepSeek-R1 (arXiv:2501.12948), section 2.3.2.
    """
    if detector not in _SHARES:
        raise ValueError(f"detector is 'script' or 'word', not '{detector}'")
    share, plain = _SHARES[detector], [_plain(thoughts(text)) for text in texts(completions)]
    if log_extra:
        counts = [_count(thought).most_common() for thought in plain]
        column = [", ".join(f"{script} {letters}" for script, letters in each) for each in counts]
        log_extra("language_consistency_scripts", column)
    return [share(_plain(question(prompt)), thought) for prompt, thought in zip(prompts, plain, strict=True)]


def _plain(text: str) -> str:
    # NFKC makes full-width and mathematical letters the plain ones that they look like.
    return unicodedata.normalize("NFKC", _NO_LANGUAGE.sub(" ", text))


def _share_of_letters(asked: str, thought: str) -> float | None:
    wanted, found = _count(asked), _count(thought)
    if not wanted or not found:
        return None
    language = {wanted.most_common(1)[0][0]}
    if _JAPANESE & wanted.keys() and language <= {"CJK", *_JAPANESE}:
        language = {"CJK", *_JAPANESE}
    return sum(found[script] for script in language) / found.total()


def _count(text: str) -> Counter[str]:
    """Letters by script."""
    count: Counter[str] = Counter()
    for script, letters in _scripts(text):
        count[script] += letters
    return count


def _scripts(text: str) -> Iterator[tuple[str, int]]:
    """The script and length of each run of letters, without variables."""
    for script, run in groupby(text, _script):
        letters = sum(1 for _ in run)
        if script and not (letters == 1 and script in ("LATIN", "GREEK")):
            yield script, letters


@lru_cache(maxsize=65_536)
def _script(character: str) -> str:
    """A letter's script, which begins its Unicode name (CJK for Han), or "" for what is no letter."""
    if not character.isalpha():
        return ""
    script = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
    # The marks that stand for Han characters, as that of a repeated one.
    return "CJK" if script == "IDEOGRAPHIC" else script


def _share_of_words(asked: str, thought: str) -> float | None:
    language = _lingua().detect_language_of(asked)
    parts = _lingua().detect_multiple_languages_of(thought)
    words = sum(part.word_count for part in parts)
    if language is None or not words:
        return None
    return float(sum(part.word_count for part in parts if part.language == language) / words)


@cache
def _lingua() -> Any:
    try:
        from lingua import LanguageDetectorBuilder
    except ImportError as error:
        raise ImportError("words need a language detector: pip install 'r1cli[languages]'") from error
    return LanguageDetectorBuilder.from_all_languages().build()


_SHARES = {"script": _share_of_letters, "word": _share_of_words}
