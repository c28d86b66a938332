"""Readings of an answer that only its gold makes likely: 70k of 70000, "3 to 2" of a ratio, 1,5 of 1.5.

A list of 1 and 5 is hardly the answer where the gold has the same digits with a point.
"""

import re
from collections.abc import Iterator

from r1cli.answers.kinds import Node, Number, Quantity, Ratio, Unread
from r1cli.answers.read import read
from r1cli.answers.tidy import tidy
from r1cli.answers.words import ungrouped

_SIZES = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9}
_SHORTENED = re.compile(r"(?P<number>[¤€£¥]?-?\d+(?:\.\d+)?) ?(?P<size>[kKMB])")
_TO = re.compile(r"(\S+) to (\S+)")
# With a space, or with three digits after it, the comma is another one.
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d{1,2}|\d{4,})(?![\d.,])")
_BRACKETS = re.compile(r"[(\[]|\\\{")


def other_readings(gold: Node, answer: str, choice: tuple[str, str] | None) -> Iterator[Node]:
    """What an answer may say, too, given what the gold says.

    Args:
        gold: as it was read.
        answer: the text.
        choice: the letter that it begins with, and what follows it.
    """
    for text in _other_texts(gold, answer, choice):
        node = read(text)
        if not isinstance(node, Unread):
            yield node


def _other_texts(gold: Node, answer: str, choice: tuple[str, str] | None) -> Iterator[str]:
    if choice and choice[1]:
        yield choice[1]
    if isinstance(gold, Ratio) and (pair := _TO.fullmatch(ungrouped(tidy(answer)))):
        yield f"{pair[1]}:{pair[2]}"
    number = gold.value if isinstance(gold, Quantity) else gold
    if not isinstance(number, Number):
        return
    is_short = answer.rstrip(" .$}*")[-1:] in _SIZES
    if is_short and (short := _SHORTENED.fullmatch(ungrouped(tidy(answer)))):
        yield f"{short['number']} \\times {_SIZES[short['size']]}"
    is_decimal = number.step and answer.count(",") == 1 and not _BRACKETS.search(answer)
    if is_decimal and (comma := _DECIMAL_COMMA.search(answer)):
        yield f"{answer[: comma.start()]}{comma[1]}.{comma[2]}{answer[comma.end() :]}"
