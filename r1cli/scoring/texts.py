"""Completions as text, in every format that TRL passes."""

from collections.abc import Sequence
from typing import Any


def texts(completions: Sequence[Any]) -> list[str]:
    """Plain strings, from strings or from chats ``[{"role": ..., "content": ...}]``.

    Of a chat the model's own messages count, one after the other, and not what its tools gave back; of their
    contents the text, if they have images as well.
    """
    return [
        completion if isinstance(completion, str) else _text_of_chat(completion) for completion in completions
    ]


def _text_of_chat(messages: Sequence[Any]) -> str:
    if len(messages) == 1:
        return text_of(messages[0]["content"])
    own = [text_of(message.get("content")) for message in messages if message.get("role") == "assistant"]
    return "\n".join(text for text in own if text)


def text_of(content: Any) -> str:
    """The text of a message's content."""
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part["type"] == "text")
    return "" if content is None else str(content)
