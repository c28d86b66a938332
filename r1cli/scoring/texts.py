"""Completions as text, in every format that TRL passes."""

from collections.abc import Sequence
from typing import Any


def texts(completions: Sequence[Any]) -> list[str]:
    """Plain strings, from strings or from chats ``[{"role": ..., "content": ...}]``.

    Of a chat the first message counts; of its content the text, if it has images as well; a message that only
    calls tools is empty.
    """
    return [
        completion if isinstance(completion, str) else text_of(completion[0]["content"])
        for completion in completions
    ]


def text_of(content: Any) -> str:
    """The text of a message's content."""
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part["type"] == "text")
    return "" if content is None else str(content)
