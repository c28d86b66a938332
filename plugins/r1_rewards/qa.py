"""Rewards that compare a text answer with the gold."""

import re
import string
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from r1_rewards import limits
from r1_rewards.completions import LogExtra, final_answer
from r1cli import answer_of, texts

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)

# "C", "(C)", "**C**", "C. text", "C) text", "C: text", perhaps with \text{...} around it.
_LETTER = re.compile(r"[\s*(]*(?:\\text\w*\{[\s(]*)?([A-Za-z])(?:[\s*)}.]*|[.):].*)", re.DOTALL)
# A letter and its reason, as in "C because ...".
_FIRST = re.compile(r"[\s*(]*([A-Z])(?![\w'])")


def exact_match(
    completions: Sequence[Any],
    solution: Sequence[Any],
    log_extra: LogExtra | None = None,
    *,
    normalize: bool = True,
    **kwargs: Any,
) -> list[float | None]:
    """1.0 when the answer is the gold, word for word, else 0.0.

    The answer is the last ``<answer>`` block, or else the text after the thoughts; or the part of it that
    `r1cli.answer_of` finds, if that scores more. A gold may be a list of right answers. None if there is no
    gold. In the table of completions, the column ``exact_match_answer`` has the answers.

    Args:
        normalize: ignore case, punctuation, articles (a, an, the) and redundant white space. If false, only
            surrounding white space is stripped.

    Source: SQuAD (arXiv:1606.05250), section 6.1, exact match.
    """

    def same(gold: str, answer: str) -> float:
        # A gold that is only an article or a punctuation mark would be empty.
        shape = _normalized if normalize and _normalized(gold) else str.strip
        return float(shape(gold) == shape(answer))

    return _best("exact_match", completions, solution, same, log_extra)


def _normalized(text: str) -> str:
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def rouge_l(
    completions: Sequence[Any],
    solution: Sequence[Any],
    log_extra: LogExtra | None = None,
    *,
    beta: float = 1.0,
    **kwargs: Any,
) -> list[float | None]:
    """F = (1 + beta^2) R P / (R + beta^2 P), between 0.0 and 1.0.

    R and P are the length of the longest common subsequence of words, relative to the gold's words and to the
    answer's. Words are runs of letters and digits, in lower case. Answer and gold are the same as for
    exact_match; the column is ``rouge_l_answer``.

    Args:
        beta: above 1.0 recall has more weight, below 1.0 precision.

    Source: ROUGE (Lin 2004, aclanthology.org/W04-1013), section 3, equations 2 to 4.
    """
    limits.rouge_l(beta=beta)

    def score(gold: str, answer: str) -> float:
        expected, found = (re.findall(r"\w+", text.lower()) for text in (gold, answer))
        common = _common(expected, found)
        if not common:
            return 0.0
        recall, precision = common / len(expected), common / len(found)
        return (1 + beta**2) * recall * precision / (recall + beta**2 * precision)

    return _best("rouge_l", completions, solution, score, log_extra)


def _common(left: list[str], right: list[str]) -> int:
    """The length of the longest common subsequence, by Hyyrö's bit-parallel algorithm."""
    places: dict[str, int] = defaultdict(int)
    for place, word in enumerate(left):
        places[word] |= 1 << place
    whole = (1 << len(left)) - 1
    row = whole
    for word in right:
        matches = row & places.get(word, 0)
        row = ((row + matches) | (row - matches)) & whole
    return len(left) - row.bit_count()


def _best(
    name: str,
    completions: Sequence[Any],
    solution: Sequence[Any],
    score: Callable[[str, str], float],
    log_extra: LogExtra | None,
) -> list[float | None]:
    """The best score of each completion, over the readings of its answer and over its reference answers."""
    answers: list[str] = []
    values: list[float | None] = []
    for text, gold in zip(texts(completions), solution, strict=True):
        golds = gold if isinstance(gold, list | tuple) else [] if gold is None else [gold]
        readings = _readings(text)
        scored = [max((score(str(each), answer) for each in golds), default=None) for answer in readings]
        best = max(range(len(readings)), key=lambda index: scored[index] or 0.0)
        answers.append(readings[best])
        values.append(scored[best])
    if log_extra:
        log_extra(f"{name}_answer", answers)
    return values


def _readings(text: str) -> list[str]:
    """The whole answer, which may be free text, and the part of it that the finder takes for the answer."""
    found = answer_of(text)
    return [final_answer(text), *([found.text] if found else [])]


def multiple_choice(
    completions: Sequence[Any], solution: Sequence[Any], log_extra: LogExtra | None = None, **kwargs: Any
) -> list[float | None]:
    r"""1.0 when the chosen letter is the gold's, else 0.0.

    The letter is that of the answer that `r1cli.answer_of` finds, as in "C", "(C)" or "C) the third one". A
    gold is a letter such as C or (C); None for any other gold. In the table of completions, the column
    ``multiple_choice_answer`` has the letters.

    Source: GPQA (arXiv:2311.12022), whose answers are the letters A to D; here any letter is valid.
    """
    letters = [_chosen(text) for text in texts(completions)]
    if log_extra:
        log_extra("multiple_choice_answer", [letter or "none found" for letter in letters])
    return [
        None if (expected := _letter(str(gold))) is None else float(letter == expected)
        for letter, gold in zip(letters, solution, strict=True)
    ]


def _chosen(text: str) -> str | None:
    found = answer_of(text)
    if found is None:
        return None
    first = _FIRST.match(found.text) if found.rule == "said" else None
    return _letter(found.text) or (first[1] if first else None)


def _letter(text: str) -> str | None:
    """The upper-case letter that a text consists of, or begins with like a list item."""
    found = _LETTER.fullmatch(text)
    return found[1].upper() if found else None
