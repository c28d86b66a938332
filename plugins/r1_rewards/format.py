"""Rewards for the shape of a completion: thoughts between tags, then the answer between tags."""

import re
from collections.abc import Sequence
from typing import Any

from r1_rewards.completions import texts

_STRICT = re.compile(r"<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>", re.DOTALL)
_LOOSE = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)
_TAGS = ("<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>")
_STEP = re.compile(r"Step \d+:|^\d+\.|\n-|\n\*|First,|Second,|Next,|Finally,", re.MULTILINE)


def format_reward(completions: Sequence[Any], *, strict: bool = True, **kwargs: Any) -> list[float]:
    """1.0 when the whole completion is thoughts, then an answer, in their tags; else 0.0.

    The pattern is ``<think>\\n...\\n</think>\\n<answer>\\n...\\n</answer>``.

    Args:
        strict: each tag stands on a line of its own. When false, the line breaks may be missing.

    Source: open-r1, ``format_reward``; DeepSeek-R1 (arXiv:2501.12948), section 2.2.2.
    """
    pattern = _STRICT if strict else _LOOSE
    return [1.0 if pattern.fullmatch(text) else 0.0 for text in texts(completions)]


def tag_count(completions: Sequence[Any], **kwargs: Any) -> list[float]:
    """A quarter for each of the four tags that occurs exactly once, between 0.0 and 1.0.

    Source: open-r1, ``tag_count_reward``.
    """
    return [sum(text.count(tag) == 1 for tag in _TAGS) / len(_TAGS) for text in texts(completions)]


def reasoning_steps(completions: Sequence[Any], **kwargs: Any) -> list[float]:
    """A third for each mark of a step, up to 1.0.

    Marks are "Step 1:", a line that begins with "1.", a bullet ("-" or "*") behind a line break, and the
    words "First,", "Second,", "Next," and "Finally,".

    Source: open-r1, ``reasoning_steps_reward``, whose ``^`` finds a number in the first line alone; here, as
    its text means it, in each line.
    """
    return [min(1.0, len(_STEP.findall(text)) / 3) for text in texts(completions)]
