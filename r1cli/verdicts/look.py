"""Golds that are read in a way that deserves a look."""

import re

from r1cli.answers.kinds import Brackets, Name, Number, Product, Quantity, Ratio, Words
from r1cli.answers.tidy import tidy
from r1cli.verdicts.judge import Gold

_DOUBTFUL = tuple(
    (re.compile(pattern, re.IGNORECASE), why)
    for pattern, why in (
        (r"^[^\d,]*\d+,(?!\d{3}(?!\d))\d+[^\d,]*$", "two numbers, or a decimal comma"),
        (r"\^\s*(?:\{[^{}]*\}|\w+)\s*\^", "powers of powers, whose order may be another"),
        (r"^\s*(?:nan|null|none|n/a|inf)\s*$", "a missing value"),
        (
            r"\b(?:see|refer to)\b|\b(?:figure|diagram|exercise|proof)\b|^\s*(?:omitted|skipped)",
            "refers to a text",
        ),
        (r",\s*(?:\.\.\.|\u2026|\\[lc]?dots)|\band so (?:on|forth)\b|\betc\b", "a list without an end"),
        (r"^\s*\d+(?:\.\d+)?\s*[-\u2013]\s*\d+(?:\.\d+)?\s*$", "a range, or a difference"),
    )
)


def is_text(gold: Gold) -> bool:
    """Whether only its wording can be compared."""
    return isinstance(gold.node, Words)


def why_look(gold: Gold, text: str) -> str:
    """Why a person should look at how a gold was read; empty where there is no reason.

    Args:
        gold: as it was read.
        text: the whole of it.
    """
    node = gold.node
    if gold.with_unit is not None and not gold.with_unit.sure:
        return "its letters may be a unit, or variables"
    if isinstance(node, Product) and _letters(node) > 2:
        return "a product of letters, or a word"
    if isinstance(node, Ratio) and len(node.parts) == 2 and _may_be_time(node):
        return "a ratio, or a time of day"
    if isinstance(node, Quantity) and (len(node.noun) > 1 or (node.noun and node.percent)):
        return "words are beside a number"
    if why := next((why for pattern, why in _DOUBTFUL if pattern.search(gold.text)), ""):
        return why
    if isinstance(node, Brackets) and re.search(r"(?<!\d)\d{1,3},\d{3}(?!\d)", gold.text):
        return "a tuple, or a number with a comma"
    if tidy(gold.text) != tidy(text) and "\\boxed" not in text and "####" not in text:
        return "taken from a sentence"
    return ""


def _letters(node: Product) -> int:
    return sum(isinstance(factor, Name) and len(factor.name) == 1 for factor in node.factors)


def _may_be_time(ratio: Ratio) -> bool:
    hour, minute = ratio.parts
    if not (isinstance(hour, Number) and isinstance(minute, Number)):
        return False
    return hour.value <= 24 and 10 <= minute.value < 60
