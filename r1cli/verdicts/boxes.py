"""Answers in boxes: ``\\boxed{...}``."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from r1cli.answers.kinds import Unread
from r1cli.answers.read import read
from r1cli.answers.tidy import closing_brace
from r1cli.verdicts import phrases
from r1cli.verdicts.denials import DENIES, affirmed, is_mistaken, is_refused, is_taken_back
from r1cli.verdicts.patterns import either
from r1cli.verdicts.prose import CUT_OFF, DENIED, PART, TAKEN_BACK, Answer, corrected, opening_end, said

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*(\{|(?=\S))")
_BARE = re.compile(r"\\[A-Za-z]+|-?[\w.]+")
# What may be between boxes that are one answer together.
_BETWEEN = re.compile(
    r"""
    (?: [\s$,;.:&] | \\[\[\](),;!:\ ] | \\q?quad | \\\\
      | \\text \s* \{ \s* ,? \s* (?:and|or|或|和|及) \s* ,? \s* \}
      | \b(?:and|or|AND|also|maybe|perhaps)\b | 或 | 和 | 及 | 、 | 以及 )*
    (?: \$ | \\\( | \\\[ )? \s* (?: [A-Za-z] (?:_\{?\w+\}?)? \s* = \s* )? (?: \$ | \\\( | \\\[ )?
    """,
    re.VERBOSE,
)
_OR = re.compile(r"\bor\b|或", re.IGNORECASE)
_SEPARATORS = " \n$\\[]()."
_WIDEST = 200
# What belongs to a box though it follows it.
_BEHIND = re.compile(
    r"""
    \s*+ (?: \\[,;:\ ] )*+ \s*+
    (?: \\% | % | \^ \s* \{? \s* \\circ \s* \}? | ° | _ \s* (?: \d+ | \{\d+\} )
      | \\(?:text|mathrm|mbox) \s* \{[^{}]*\} (?: \^ \{? \d \}? )? )
    """,
    re.VERBOSE,
)
# A box that is only a part of the answer: a factor, a bound, the first of several.
_PART_BEFORE = re.compile(
    r"""
    (?: [\d/^] | \d[.,] | (?<![A-Za-z][ ])(?<!\d)\d+[ ]+ | \\[dt]?frac\s*\{[^{}]*\}\s*\{[^{}]*\}\s*
      | (?: \d | (?<!\([a-z])[)}] | (?<![A-Za-z])[A-Za-z] ) \$? [ ]* [-−] [ ]*
      | (?<=[\w)}]) [ ]* \* | \+ [ ]* | (?<![a-z]{3})[<>] [ ]*
      | \\(?:cdot|times|div|pm|sqrt|frac|le|ge|leq|geq|ne|neq|lt|gt|sin|cos|tan|ln|log) \s* \{? \s*
      | \b(?:at[ ]least|at[ ]most|more[ ]than|less[ ]than|greater[ ]than|fewer[ ]than|between|either) \s* )
    [$({]? $
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PART_BEHIND = re.compile(
    rf"""
    \^ (?! \s* \{{? \s* \\circ ) | [a-z] (?![a-z]) | \d | \.\d | ,\d{{3}} | \{{,\}}\d
    | \s* (?: \\(?:cdot|times|div|pi|sqrt|frac|pm|neq?|leq?|geq?|lt|gt|to) (?![A-Za-z]) | [/+] \s* [\d\\a-z(]
        | [-−] \s* \d | \* \s* [\d\\a-z(] | [<>] \s* -?\d )
    | \$? \s* (?:hundred|thousand|million|billion|trillion|dozen) \b
    | \$? \s* (?:{either(phrases.CHANGED)}) | \$? \s* \\? % \s* of \s+ [$\d\\]
    | \$? \s+ (?:or|to) \s+ (?:maybe \s+)? [\d\\$-]
    """,
    re.VERBOSE,
)
# "57 = 58": what follows the box is a part of the answer.
_EQUATION = re.compile(r"\s*\$?\s*=\s*(?P<rest>[^$\n.,;]+?)(?=\s*(?:\$|\\\)|\\\]|[.,;](?:\s|$)|\n|$))")
# "57, but this counts 3 twice": not if it denies another one.
_BUT = re.compile(r"[\s$*\\)\].,;:—-]*\b(?:but|however|unless|whereas)\b(?!\s+not)[^.!?\n]*\d", re.IGNORECASE)
_SIGN = re.compile(r"(?:^|[\s$=(\[:])([-−])$")


class _Box(NamedTuple):
    """A box, and whether its braces are closed."""

    start: int
    inside: str
    end: int
    closed: bool = True


def boxed(text: str, start: int = 0) -> Answer | None:
    """The last box, or the last ones that are side by side.

    Args:
        text: a completion, or a part of one.
        start: where to begin.

    Returns:
        The answer; an empty one, whose rule says why, if it does not count; None if there is no box.
    """
    boxes = [box for box in _boxes(text, start) if box.inside.strip() or not box.closed]
    if not boxes:
        return None
    if not boxes[-1].closed:
        return Answer("", boxes[-1].start, boxes[-1].end, CUT_OFF)
    group = _last_group(text, boxes, start)
    if not group:
        return Answer("", boxes[-1].start, boxes[-1].end, DENIED)
    first, last = group[0], group[-1]
    if is_taken_back(text[last.end :]) or _BUT.match(text, last.end):
        return said(text, last.end) or Answer("", last.start, last.end, TAKEN_BACK)
    if later := corrected(text, last.end):
        return later
    if _PART_BEHIND.match(text, last.end) or _PART_BEFORE.search(
        text, max(start, first.start - 40), first.start
    ):
        return Answer("", first.start, last.end, PART)
    return _with_signs(text, group)


def _with_signs(text: str, group: list[_Box]) -> Answer:
    """What boxes say, with the sign before them, and the percent sign, the unit or the equation behind."""
    first, last = group[0], group[-1]
    behind = _BEHIND.match(text, last.end) if len(group) == 1 else None
    end = behind.end() if behind else last.end
    inside = _together(text, group) + (behind[0] if behind else "")
    if sign := _SIGN.search(text, max(0, first.start - 5), first.start):
        inside = f"{sign[1]}({inside})" if len(group) == 1 else ""
    inside = affirmed(inside[opening_end(inside) :])
    if equation := _EQUATION.match(text, end):
        inside, end = f"{inside} = {equation['rest']}", equation.end("rest")
        inside = "" if isinstance(read(inside), Unread) else inside
    return Answer(inside, first.start, end, "box" if inside else PART)


def has_box(text: str) -> bool:
    """Whether there is a box."""
    return _BOX.search(text) is not None


def _together(text: str, group: list[_Box]) -> str:
    """What boxes that are side by side say together."""
    joints = [" or " if _OR.search(text, one.end, other.start) else ", " for one, other in pairwise(group)]
    return "".join(joint + box.inside.strip() for joint, box in zip(["", *joints], group, strict=True))


def _boxes(text: str, start: int) -> Iterator[_Box]:
    at = start
    while found := _BOX.search(text, at):
        if found[1]:
            close = closing_brace(text, found.end() - 1)
            if close < 0:
                yield _Box(found.start(), text[found.end() :], len(text), closed=False)
                return
            end, at = close, close + 1
        else:
            word = _BARE.match(text, found.end())
            end = at = word.end() if word else found.end() + 1
        yield _Box(found.start(), text[found.end() : end], at)


def _last_group(text: str, boxes: list[_Box], start: int) -> list[_Box]:
    """The last boxes that are not denied, as far as they stand side by side."""
    group: list[_Box] = []
    for box in reversed(boxes):
        before = text[max(start, box.start - 100) : box.start]
        if DENIES.search(before[-40:]) or is_mistaken(before) or is_refused(text[box.end : box.end + 60]):
            continue
        if group and not _are_joined(text, box.end, group[-1].start):
            break
        group.append(box)
    return group[::-1]


def _are_joined(text: str, start: int, end: int) -> bool:
    """Whether a text between two boxes joins them: more than space, and nothing but marks and "and"."""
    return (
        end - start <= _WIDEST
        and (start == end or bool(text[start:end].strip(_SEPARATORS)))
        and _BETWEEN.fullmatch(text, start, end) is not None
    )
