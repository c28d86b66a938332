"""What counts as the answer in a text, and whether two answers are equal: math-verify, without its time-outs.

Only workers of `r1cli.scoring.pool` call this: any line of it may take for ever.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from r1cli.scoring.units import read_quantity

#: Candidates for an answer: sympy expressions, then the text that was extracted.
Candidates = list[Any]

_MATH_MARKS = ("$", "\\boxed", "\\(", "\\[")
_COMMAND = re.compile(r"\\(?:text|mathrm|operatorname)\s*\{[^}]*\}|\\[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_LETTERS = re.compile(r"[A-Za-z][A-Za-z .,'-]*")
_FUNCTIONS = {"sin", "cos", "tan", "cot", "sec", "csc", "log", "exp", "sqrt", "abs", "min", "max", "pi"}
# Up to two digits of exponent: nobody means to write out more.
_SCIENTIFIC = re.compile(r"(?<![\w.\\])\d+(?:\.\d+)?[eE][+-]?\d{1,2}(?!\w)")
_GAP = re.compile(r"\\[,;:! ]|\{,\}|[ ~\u00a0\u202f]")
_GROUPED = re.compile(rf"(?<![\w.^])\d{{1,3}}(?:(?:{_GAP.pattern})\d{{3}})++(?!\w)")
# Nobody means to write out longer ones, and Python refuses to.
_MIXED = re.compile(r"(?<![\w./}^])(\d{1,9}) +(\d{1,9})/(\d{1,9})(?![\w/]|\.\d)")
_REPEATING = re.compile(r"(?<![\w.])(\d{1,50})\.(\d{0,50})\\(?:overline|bar|dot)\{(\d{1,50})\}")
_TEXT = re.compile(r"\\(?:text|mathrm|textbf)\{([^{}]*)\}")
_DOLLARS = re.compile(r"\\\$\s*(?=\.?\d)")
# What datasets write where there is no answer that could be compared.
_NO_ANSWER = {"proof", "not found", "notfound"}
# So many words, and a text without LaTeX is prose: "The answer is 42."
_PROSE = 3


def read(text: str, mode: str) -> Candidates:
    """Reads a text that is an answer, or a solution that has one, in one of the ``MODES``."""
    return MODES[mode](_written_out(text))


def read_completion(text: str) -> Candidates:
    """Reads a completion without an answer block: only LaTeX that is boxed or said to be the answer counts.

    What is found first decides, read or not: else an answer that was broken off would leave the last formula
    of the reasoning in its place.
    """
    return _parse(_written_out(text), "anchored")


def equal(gold: Candidates, answer: Candidates) -> bool:
    """Whether any candidate of the one equals any of the other."""
    from math_verify import verify as compare

    return bool(compare(gold, answer, timeout_seconds=None))


def same_quantity(gold: str, answer: str, in_block: bool) -> Candidates:
    """The answer's number, where the two texts are equal numbers and have the same unit, or only one has any.

    Empty where they are not, and where neither has a unit.
    """
    one, other = read_quantity(gold), read_quantity(answer, boxed=not in_block)
    if one is None or other is None or not one.may_equal(other):
        return []
    number = _auto(other.number)
    return number if equal(_auto(one.number), number) else []


def words_of(candidates: Candidates) -> str | None:
    """The word or words, as "yes", that candidates come to, written alike; None where they are no words."""
    for candidate in candidates:
        if isinstance(candidate, str):
            text = _TEXT.sub(r"\1", candidate)
            if _is_words(text):
                return _alike(text)
    return None


def _alike(words: str) -> str:
    return words.strip(" .").casefold()


def has_expression(candidates: Candidates) -> bool:
    """Whether more was read than a text that math-verify makes nothing of."""
    return any(not isinstance(candidate, str) for candidate in candidates)


def try_out(gold: Candidates) -> None:
    """Compares a gold with the number 1: one that is too costly for that is too costly for any answer."""
    if not all(isinstance(candidate, str) or getattr(candidate, "is_Number", False) for candidate in gold):
        equal(gold, _parse("1", "plain"))


def _written_out(text: str) -> str:
    """The text with numbers as math-verify reads them.

    It takes the e of 1e-7 for Euler's number, the gap of 10 000 for a product, the 1 of 1 1/2 for all and
    0.\\overline{3} for 0; and \\$15 is 15.
    """
    text = _SCIENTIFIC.sub(lambda found: f"{Decimal(found[0]):f}", _DOLLARS.sub("", text))
    text = _GROUPED.sub(lambda found: _GAP.sub("", found[0]), text)
    return _REPEATING.sub(_repeating, _MIXED.sub(_mixed, text))


def _mixed(found: re.Match[str]) -> str:
    whole, numerator, denominator = map(int, found.groups())
    return f"{whole * denominator + numerator}/{denominator}"


def _repeating(found: re.Match[str]) -> str:
    whole, first, again = found.groups()
    numerator = int(whole + first + again) - int(whole + first)
    return rf"\frac{{{numerator}}}{{{10 ** len(first) * (10 ** len(again) - 1)}}}"


def _is_words(text: str) -> bool:
    """Whether a text is a word or some, as "proof", which would be read as a product of letters."""
    words = _WORD.findall(text)
    return bool(_LETTERS.fullmatch(text.strip())) and any(
        # The one short word that is an answer: "no" is no product of n and o.
        (len(word) >= _PROSE and word not in _FUNCTIONS) or word.casefold() == "no"
        for word in words
    )


def _auto(text: str) -> Candidates:
    if _is_words(text):
        return [] if _alike(text) in _NO_ANSWER else [text.strip()]
    if "####" in text:
        return _solution(text)
    if any(mark in text for mark in _MATH_MARKS):
        return _parse(text, "latex", "plain")
    readers = [_latex, _plain]
    if len(_WORD.findall(_COMMAND.sub(" ", text))) >= _PROSE:
        readers.reverse()
    return _first(reader(text) for reader in readers)


def _latex(text: str) -> Candidates:
    # math-verify finds bare LaTeX (\frac{1}{2}, [0, 1)) only between dollars.
    marked = any(mark in text for mark in _MATH_MARKS)
    return _parse(text if marked else f"${text.strip()}$", "latex")


def _boxed(text: str) -> Candidates:
    start = text.rfind("\\boxed")
    return _parse(text[start:], "latex") if start >= 0 else []


def _plain(text: str) -> Candidates:
    return _parse(text, "latex", "plain")


def _number(text: str) -> Candidates:
    return _parse(text, "plain")


def _solution(text: str) -> Candidates:
    # GSM8K ends its solutions with the answer behind four hashes.
    _, hashes, last = text.rpartition("####")
    return _auto(last) if hashes else _first(reader(text) for reader in (_boxed, _plain))


#: How a gold may be read.
MODES: dict[str, Callable[[str], Candidates]] = {
    "auto": _auto,
    "latex": _latex,
    "number": _number,
    "boxed": _boxed,
    "text": _solution,
    "solution": _solution,
}


def _first(readings: Iterable[Candidates]) -> Candidates:
    """The first reading that has an expression; failing that, the first that has anything."""
    texts: Candidates = []
    for candidates in readings:
        if has_expression(candidates):
            return candidates
        texts = texts or candidates
    return texts


def _parse(text: str, *kinds: str) -> Candidates:
    """math-verify's candidates in a text, by the kinds asked for.

    ``latex``: boxed first. ``anchored``: boxed, or behind words like "the answer is". ``plain``: expressions.
    """
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse

    targets = {
        "latex": LatexExtractionConfig(boxed_match_priority=0),
        "anchored": LatexExtractionConfig(boxed_match_priority=0, try_extract_without_anchor=False),
        "plain": ExprExtractionConfig(),
    }
    candidates: Candidates = parse(
        text,
        extraction_config=[targets[kind] for kind in kinds],
        extraction_mode="first_match" if kinds == ("anchored",) else "any_match",
        parsing_timeout=None,
    )
    return candidates
