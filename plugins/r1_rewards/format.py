"""Rewards for the shape of a completion: thoughts between tags, then the answer between tags."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from r1_rewards.completions import LogExtra, texts

_STRICT = re.compile(r"<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>", re.DOTALL)
_LOOSE = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)
_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_COUNTED = ("<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>")
_STEP = re.compile(r"Step \d+:|^\d+\.|\n-|\n\*|First,|Second,|Next,|Finally,", re.MULTILINE)


def format_reward(
    completions: Sequence[Any], log_extra: LogExtra | None = None, *, strict: bool = True, **kwargs: Any
) -> list[float]:
    """1.0 when the whole completion is thoughts, then an answer, each in its tags; else 0.0.

    The pattern is ``<think>\\n...\\n</think>\\n<answer>\\n...\\n</answer>``. In the table of completions, the
    column ``format_deviation`` says how a completion deviates from it.

    Args:
        strict: each tag must be on its own line. If false, the line breaks may be missing.

    Source: open-r1, ``format_reward``; DeepSeek-R1 (arXiv:2501.12948), section 2.2.2.
    """
    pattern = _STRICT if strict else _LOOSE
    plain = texts(completions)
    matches = [pattern.fullmatch(text) is not None for text in plain]
    if log_extra:
        judged = zip(plain, matches, strict=True)
        deviations = ["" if match else "; ".join(_deviations(text, strict)) for text, match in judged]
        log_extra("format_deviation", deviations)
    return [float(match) for match in matches]


def tag_count(completions: Sequence[Any], log_extra: LogExtra | None = None, **kwargs: Any) -> list[float]:
    """A quarter for each of the four tags that occurs exactly once, between 0.0 and 1.0.

    They are counted with their line breaks: ``<think>\\n``, ``\\n</think>\\n``, ``\\n<answer>\\n`` and
    ``\\n</answer>``. In the table of completions, the column ``tag_count_deviation`` names the others.

    Source: open-r1, ``tag_count_reward``.
    """
    counts = [{tag: text.count(tag) for tag in _COUNTED} for text in texts(completions)]
    if log_extra:
        others = [[_occurs(repr(tag), n) for tag, n in each.items() if n != 1] for each in counts]
        log_extra("tag_count_deviation", ["; ".join(each) for each in others])
    return [sum(n == 1 for n in each.values()) / len(_COUNTED) for each in counts]


def _deviations(text: str, strict: bool) -> Iterator[str]:
    """The format errors of a completion, from its beginning to its end."""
    found = [tag for tag in _TAGS if tag in text]
    yield from (_occurs(tag, text.count(tag)) for tag in _TAGS if text.count(tag) != 1)
    if "<think>" in found and not text.startswith("<think>"):
        yield f"{_short(text.partition('<think>')[0])} is before <think>"
    for tag, following in pairwise(found):
        if text.index(following) < text.index(tag):
            yield f"{following} is before {tag}"
        elif (tag, following) in pairwise(_TAGS):
            yield from _between(tag, following, text.partition(tag)[2].partition(following)[0], strict)
    if "</answer>" in found and not text.endswith("</answer>"):
        yield f"{_short(text.rpartition('</answer>')[2])} is after </answer>"


def _between(tag: str, following: str, inside: str, strict: bool) -> Iterator[str]:
    """The format errors between two consecutive tags."""
    if tag == "</think>":
        if inside.strip() or (strict and inside not in ("", "\n")):
            yield f"{_short(inside)} is between {tag} and {following}"
        elif strict and not inside:
            yield f"no line break between {tag} and {following}"
    elif strict:
        if not inside.startswith("\n"):
            yield f"no line break after {tag}"
        if not inside.endswith("\n"):
            yield f"no line break before {following}"
        if inside == "\n":
            yield f"no line between {tag} and {following}"


def _occurs(tag: str, times: int) -> str:
    return f"{tag} occurs {times} times" if times else f"{tag} is missing"


def _short(text: str, length: int = 30) -> str:
    return repr(text if len(text) <= length else f"{text[:length]}...")


def reasoning_steps(completions: Sequence[Any], **kwargs: Any) -> list[float]:
    """A third for each step marker, up to 1.0.

    Markers are "Step 1:", a line that begins with "1.", a bullet ("-" or "*") after a line break, and the
    words "First,", "Second,", "Next," and "Finally,".

    Source: open-r1, ``reasoning_steps_reward``, whose ``^`` matches a number only in the first line; here, as
    its documentation intends, in each line.
    """
    return [min(1.0, len(_STEP.findall(text)) / 3) for text in texts(completions)]
