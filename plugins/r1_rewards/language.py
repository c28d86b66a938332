"""A reward for thinking, or answering, in the language of the question."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from r1_rewards import limits
from r1_rewards.completions import LogExtra, final_answer, question, thoughts
from r1cli import texts

# Code, formulas, LaTeX commands and tags do not belong to a language.
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
    part: str = "thoughts",
    **kwargs: Any,
) -> list[float | None]:
    """The share of the chain of thought, or of the answer, that is in the prompt's language, 0.0 to 1.0.

    The chain of thought is the content of ``<think>``, or else the whole completion. Code and LaTeX do not
    count. None if the prompt or that part of the completion has no letters. In the table of completions, the
    column ``language_consistency_scripts`` counts the letters of each script in it.

    Args:
        part: "thoughts", or "answer": the last ``<answer>`` block, or else the text after the thoughts.
        detector: "script" counts letters in the Unicode script of the prompt (Latin, Han, Kana, Hangul,
            Cyrillic, Arabic, ...), where Han and Kana together are Japanese; single Latin and Greek letters
            are variables and do not count. "word" counts words with lingua's detection of mixed languages,
            which distinguishes English from French, and needs a gigabyte of memory.

    Source: DeepSeek-R1 (arXiv:2501.12948), section 2.3.2.
    """
    limits.language_consistency(detector=detector, part=part)
    share, chosen = _SHARES[detector], thoughts if part == "thoughts" else final_answer
    plain = [_plain(chosen(text)) for text in texts(completions)]
    if log_extra:
        counts = [_count(judged).most_common() for judged in plain]
        column = [", ".join(f"{script} {letters}" for script, letters in each) for each in counts]
        log_extra("language_consistency_scripts", column)
    return [share(_plain(question(prompt)), judged) for prompt, judged in zip(prompts, plain, strict=True)]


def _plain(text: str) -> str:
    # NFKC turns full-width and mathematical letters into plain ones.
    return unicodedata.normalize("NFKC", _NO_LANGUAGE.sub(" ", text))


def _share_of_letters(prompt: str, text: str) -> float | None:
    expected, found = _count(prompt), _count(text)
    if not expected or not found:
        return None
    language = {expected.most_common(1)[0][0]}
    if _JAPANESE & expected.keys() and language <= {"CJK", *_JAPANESE}:
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
    """A letter's script, the first word of its Unicode name (CJK for Han), or "" for other characters."""
    if not character.isalpha():
        return ""
    script = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
    # Marks that replace Han characters, such as the iteration mark.
    return "CJK" if script == "IDEOGRAPHIC" else script


def _share_of_words(prompt: str, text: str) -> float | None:
    language = _lingua().detect_language_of(prompt)
    parts = _lingua().detect_multiple_languages_of(text)
    words = sum(part.word_count for part in parts)
    if language is None or not words:
        return None
    return float(sum(part.word_count for part in parts if part.language == language) / words)


@cache
def _lingua() -> Any:
    try:
        from lingua import LanguageDetectorBuilder
    except ImportError as error:
        raise ImportError(
            "counting words needs a language detector: pip install 'r1cli[languages]'"
        ) from error
    return LanguageDetectorBuilder.from_all_languages().build()


_SHARES = {"script": _share_of_letters, "word": _share_of_words}
