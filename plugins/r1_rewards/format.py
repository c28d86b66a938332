"""Rewards for the shape of a completion: thoughts between tags, then the answer between tags."""

import re
from collections.abc import Sequence
from typing import Any

from r1_rewards.completions import texts

_STRICT = re.compile(r"<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>", re.DOTALL)
_TAGS = ("<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>")


def format_reward(completions: Sequence[Any], **kwargs: Any) -> list[float]:
    """1.0 when the whole completion is thoughts, then an answer, each tag on a line of its own; else 0.0.

    The pattern is ``<think>\\n...\\n</think>\\n<answer>\\n...\\n</answer>``.
    """
    return [1.0 if _STRICT.fullmatch(text) else 0.0 for text in texts(completions)]


def tag_count(completions: Sequence[Any], **kwargs: Any) -> list[float]:
    """A quarter for each of the four tags that occurs exactly once, between 0.0 and 1.0."""
    return [sum(text.count(tag) == 1 for tag in _TAGS) / len(_TAGS) for text in texts(completions)]
