"""Finds the answer in a text, and compares two answers: math-verify without its time-outs.

Only workers of `r1cli.scoring.pool` call this: any line of it may run forever.
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
# Up to two digits of exponent: larger numbers are not written out.
_SCIENTIFIC = re.compile(r"(?<![\w.\\])\d+(?:\.\d+)?[eE][+-]?\d{1,2}(?!\w)")
_GAP = re.compile(r"\\[,;:! ]|\{,\}|[ ~\u00a0\u202f]")
_GROUPED = re.compile(rf"(?<![\w.^])\d{{1,3}}(?:(?:{_GAP.pattern})\d{{3}})++(?!\w)")
# Longer ones do not occur in practice, and Python refuses to write them out.
_MIXED = re.compile(r"(?<![\w./}^])(\d{1,9}) +(\d{1,9})/(\d{1,9})(?![\w/]|\.\d)")
_REPEATING = re.compile(r"(?<![\w.])(\d{1,50})\.(\d{0,50})\\(?:overline|bar|dot)\{(\d{1,50})\}")
_TEXT = re.compile(r"\\(?:text|mathrm|textbf)\{([^{}]*)\}")
_DOLLARS = re.compile(r"\\\$\s*(?=\.?\d)")
# What datasets contain in place of an answer that could be compared.
_NO_ANSWER = {"proof", "not found", "notfound"}
# From this many words on, a text without LaTeX is prose: "The answer is 42."
_PROSE = 3


def read(text: str, mode: str) -> Candidates:
    """Reads an answer, or a solution with an answer, in one of the ``MODES``."""
    return MODES[mode](_written_out(text))


def read_completion(text: str) -> Candidates:
    """Reads a completion without an answer block: only LaTeX that is boxed or named as the answer counts.

    The first match decides, even if it cannot be parsed: otherwise the last formula of the reasoning would
    replace an answer that was cut off.
    """
    return _parse(_written_out(text), "anchored")


def equal(gold: Candidates, answer: Candidates) -> bool:
    """Whether any candidate of one side equals any of the other."""
    from math_verify import verify as compare

    return bool(compare(gold, answer, timeout_seconds=None))


def same_quantity(gold: str, answer: str, in_block: bool) -> Candidates:
    """The answer's number, if the texts are equal numbers and have the same unit, or only one has a unit.

    Empty otherwise, and if neither has a unit.
    """
    one, other = read_quantity(gold), read_quantity(answer, boxed=not in_block)
    if one is None or other is None or not one.may_equal(other):
        return []
    number = _auto(other.number)
    return number if equal(_auto(one.number), number) else []


def words_of(candidates: Candidates) -> str | None:
    """The normalised words, such as "yes", if the candidates consist of words; otherwise None."""
    for candidate in candidates:
        if isinstance(candidate, str):
            text = _TEXT.sub(r"\1", candidate)
            if _is_words(text):
                return _alike(text)
    return None


def _alike(words: str) -> str:
    return words.strip(" .").casefold()


def has_expression(candidates: Candidates) -> bool:
    """Whether there is more than a text that math-verify could not parse."""
    return any(not isinstance(candidate, str) for candidate in candidates)


def try_out(gold: Candidates) -> None:
    """Compares a gold with the number 1: if that is too costly, it is too costly for any answer."""
    if not all(isinstance(candidate, str) or getattr(candidate, "is_Number", False) for candidate in gold):
        equal(gold, _parse("1", "plain"))


def _written_out(text: str) -> str:
    """The text, with numbers rewritten so that math-verify reads them correctly.

    It reads the e of 1e-7 as Euler's number, 10 000 as a product, 1 1/2 as 1 and 0.\\overline{3} as 0; and
    \\$15 should be 15.
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
    """Whether a text consists of words, such as "proof", which would be read as a product of letters."""
    words = _WORD.findall(text)
    return bool(_LETTERS.fullmatch(text.strip())) and any(
        # The only short word that is an answer: "no" is not a product of n and o.
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
    # math-verify finds bare LaTeX (\frac{1}{2}, [0, 1)) only between dollar signs.
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
    # GSM8K ends its solutions with the answer after ####.
    _, hashes, last = text.rpartition("####")
    return _auto(last) if hashes else _first(reader(text) for reader in (_boxed, _plain))


#: The ways to read a gold.
MODES: dict[str, Callable[[str], Candidates]] = {
    "auto": _auto,
    "latex": _latex,
    "number": _number,
    "boxed": _boxed,
    "text": _solution,
    "solution": _solution,
}


def _first(readings: Iterable[Candidates]) -> Candidates:
    """The first reading with an expression, or else the first with any candidate."""
    texts: Candidates = []
    for candidates in readings:
        if has_expression(candidates):
            return candidates
        texts = texts or candidates
    return texts


def _parse(text: str, *kinds: str) -> Candidates:
    """math-verify's candidates in a text, by kind.

    ``latex``: boxed first. ``anchored``: boxed, or after words like "the answer is". ``plain``: expressions.
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
