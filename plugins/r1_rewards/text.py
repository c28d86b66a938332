"""Rewards for the wording of a completion."""

import logging
from collections.abc import Sequence
from typing import Any

from r1_rewards import limits
from r1cli import texts


def repetition_penalty(
    completions: Sequence[Any],
    *,
    ngram_size: int = 3,
    max_penalty: float = -1.0,
    language: str = "en",
    **kwargs: Any,
) -> list[float]:
    """(1 - distinct n-grams / all n-grams) * max_penalty, between max_penalty and 0.0.

    0.0 if a completion has fewer words than one n-gram.

    Args:
        ngram_size: words in an n-gram.
        max_penalty: the value for endless repetition, 0 or below.
        language: "en" splits words at white space, in lower case; "zh" takes jieba's segments.

    Source: open-r1, ``get_repetition_penalty_reward``; Demystifying Long CoT (arXiv:2502.03373), appendix
    C.2.
    """
    limits.repetition_penalty(ngram_size=ngram_size, max_penalty=max_penalty, language=language)
    return [_repeated(_words(text, language), ngram_size) * max_penalty + 0.0 for text in texts(completions)]


def _repeated(words: list[str], size: int) -> float:
    """The share of n-grams that occurred before."""
    ngrams = list(zip(*(words[start:] for start in range(size)), strict=False))
    return 1 - len(set(ngrams)) / len(ngrams) if ngrams else 0.0


def _words(text: str, language: str) -> list[str]:
    if language == "en":
        return text.lower().split()
    try:
        import jieba
    except ImportError as error:
        raise ImportError("Chinese words need jieba: pip install 'r1cli[languages]'") from error
    # It reports on standard error how long its dictionary took to load.
    jieba.setLogLevel(logging.WARNING)
    return list(jieba.cut(text))
