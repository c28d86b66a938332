"""Rewards for the shape of a completion: thoughts between tags, then the answer between tags."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from r1_rewards import limits
from r1_rewards.completions import LogExtra, with_prefill
from r1cli import texts

_COUNTED = ("<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>")
_STEP = r"Step \d+:|^\d+\.|\n-|\n\*|First,|Second,|Next,|Finally,"


def format_reward(
    completions: Sequence[Any],
    log_extra: LogExtra | None = None,
    prompts: Sequence[Any] | None = None,
    prefill: Sequence[str] | None = None,
    *,
    strict: bool = True,
    tags: Sequence[str] = ("think", "answer"),
    syntax: str = "tags",
    **kwargs: Any,
) -> list[float]:
    """1.0 when the whole completion is thoughts, then an answer, each in its tags; else 0.0.

    The pattern is ``<think>\\n...\\n</think>\\n<answer>\\n...\\n</answer>``. If the prompt ends with the
    first tag, as with chat templates that write ``<think>``, it is judged together with the completion. In
    the table of completions, the column ``format_deviation`` says how a completion deviates from the pattern.

    Args:
        strict: each tag must be on its own line. If false, the line breaks may be missing: the pattern is
            ``^<think>.*?</think>\\s*<answer>.*?</answer>$``, over lines.
        tags: the names of the tags, in their order.
        syntax: "tags", or "json": the completion, or what follows the thoughts in it, is a JSON object with
            the names in ``tags`` as its keys, in any order.

    Source: open-r1, ``format_reward``; DeepSeek-R1 (arXiv:2501.12948), section 2.2.2.
    """
    limits.format_reward(tags=tags, syntax=syntax)
    if syntax == "json":
        found = [_json_deviation(text, tags) for text in texts(completions)]
    else:
        judged = with_prefill(completions, prompts, prefill, tags[0])
        pattern = re.compile(_pattern(tags, strict), re.DOTALL)
        found = [
            "" if pattern.fullmatch(text) else "; ".join(deviations(text, tags, strict)) for text in judged
        ]
    if log_extra:
        log_extra("format_deviation", found)
    return [float(not deviation) for deviation in found]


def _pattern(tags: Sequence[str], strict: bool) -> str:
    inside, between = (r"\n.*?\n", r"\n") if strict else (r".*?", r"\s*")
    return between.join(f"<{tag}>{inside}</{tag}>" for tag in map(re.escape, tags))


def _json_deviation(text: str, keys: Sequence[str]) -> str:
    """Why a completion is not a JSON object with these keys; empty if it is one."""
    try:
        value = json.loads(text.rpartition("</think>")[2])
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    if not isinstance(value, dict):
        return "not a JSON object"
    missing = [f"{key} is missing" for key in keys if key not in value]
    return "; ".join(
        [*missing, *(f"{_short(key)} is not one of the keys" for key in value if key not in keys)]
    )


def tag_count(
    completions: Sequence[Any],
    log_extra: LogExtra | None = None,
    prompts: Sequence[Any] | None = None,
    prefill: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[float]:
    """A quarter for each of the four tags that occurs exactly once, between 0.0 and 1.0.

    They are counted with their line breaks: ``<think>\\n``, ``\\n</think>\\n``, ``\\n<answer>\\n`` and
    ``\\n</answer>``. If the prompt ends with the first tag, it is counted, too. In the table of completions,
    the column ``tag_count_deviation`` names the others.

    Source: open-r1, ``tag_count_reward``.
    """
    judged = with_prefill(completions, prompts, prefill)
    counts = [{tag: text.count(tag) for tag in _COUNTED} for text in judged]
    if log_extra:
        others = [[_occurs(repr(tag), n) for tag, n in each.items() if n != 1] for each in counts]
        log_extra("tag_count_deviation", ["; ".join(each) for each in others])
    return [sum(n == 1 for n in each.values()) / len(_COUNTED) for each in counts]


def deviations(text: str, names: Sequence[str], strict: bool) -> Iterator[str]:
    """The format errors of a completion, from its beginning to its end."""
    tags = [tag for name in names for tag in (f"<{name}>", f"</{name}>")]
    first, last = tags[0], tags[-1]
    found = [tag for tag in tags if tag in text]
    yield from (_occurs(tag, text.count(tag)) for tag in tags if text.count(tag) != 1)
    if first in found and not text.startswith(first):
        yield f"{_short(text.partition(first)[0])} is before {first}"
    for tag, following in pairwise(found):
        if text.index(following) < text.index(tag):
            yield f"{following} is before {tag}"
        elif (tag, following) in pairwise(tags):
            yield from _between(tag, following, text.partition(tag)[2].partition(following)[0], strict)
    if last in found and not text.endswith(last):
        yield f"{_short(text.rpartition(last)[2])} is after {last}"


def _between(tag: str, following: str, inside: str, strict: bool) -> Iterator[str]:
    """The format errors between two consecutive tags."""
    if tag.startswith("</"):
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


def reasoning_steps(
    completions: Sequence[Any], *, pattern: str = _STEP, steps: int = 3, **kwargs: Any
) -> list[float]:
    """The number of step markers, divided by ``steps``; up to 1.0.

    Markers are "Step 1:", a line that begins with "1.", a bullet ("-" or "*") after a line break, and the
    words "First,", "Second,", "Next," and "Finally,".

    Args:
        pattern: the regular expression of a marker; ``^`` and ``$`` match at each line.
        steps: the number of markers that scores 1.0.

    Source: open-r1, ``reasoning_steps_reward``, whose ``^`` matches a number only in the first line; here, as
    its documentation intends, in each line.
    """
    limits.reasoning_steps(pattern=pattern, steps=steps)
    marker = re.compile(pattern, re.MULTILINE)
    return [min(1.0, sum(1 for _ in marker.finditer(text)) / steps) for text in texts(completions)]
