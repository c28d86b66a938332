"""Helpers to read prompts and completions in every format that TRL passes."""

from collections.abc import Callable, Sequence
from typing import Any

#: Adds a column to the table of completions; `r1 reward explain` prints it.
LogExtra = Callable[[str, Sequence[Any]], None]


def texts(completions: Sequence[Any]) -> list[str]:
    """Plain strings, from strings or from chats ``[{"role": ..., "content": ...}]``."""
    return [
        completion if isinstance(completion, str) else _text(completion[0]["content"])
        for completion in completions
    ]


def question(prompt: Any) -> str:
    """The user's question: a prompt of plain text, or the last message of the user in a chat."""
    if prompt is None or isinstance(prompt, str):
        return prompt or ""
    questions = [_text(message["content"]) for message in prompt if message["role"] == "user"]
    return questions[-1] if questions else ""


def as_chat(turn: Any, role: str) -> list[dict[str, Any]]:
    """A prompt or completion as text messages; plain text becomes one message of the role."""
    if turn is None or isinstance(turn, str):
        return [{"role": role, "content": turn or ""}]
    return [{**message, "content": _text(message.get("content"))} for message in turn]


def _text(content: Any) -> str:
    """The text of a message: only the text parts if it has images, and empty if it only calls tools."""
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part["type"] == "text")
    return "" if content is None else str(content)


def answer_block(text: str) -> str | None:
    """The content of the last ``<answer>`` block after the thoughts, stripped, or None without one."""
    _, _, text = text.rpartition("</think>")
    end = text.rfind("</answer>")
    start = text.rfind("<answer>", 0, max(end, 0))
    return text[start + len("<answer>") : end].strip() if start >= 0 else None


def thoughts(text: str) -> str:
    """The chain of thought: the content of ``<think>``, closed or not, or else the whole text.

    A template may open the block in the prompt, so a completion may have only the closing tag.
    """
    before = text.partition("</think>")[0]
    return before.partition("<think>")[2] if "<think>" in before else before


def final_answer(text: str) -> str:
    """The last ``<answer>`` block, or else the text after the thoughts; stripped."""
    block = answer_block(text)
    return text.rpartition("</think>")[2].strip() if block is None else block


def lengths(
    completions: Sequence[Any], completion_ids: Sequence[Sequence[int]] | None, unit: str
) -> list[int]:
    """The length of each completion.

    Args:
        completions: chats or strings.
        completion_ids: the tokens of each, for the unit "tokens".
        unit: "characters" or "tokens".

    Raises:
        ValueError: the unit is neither, or it is tokens and ``completion_ids`` is missing.
    """
    if unit == "characters":
        return [len(text) for text in texts(completions)]
    if unit != "tokens":
        raise ValueError(f"unit must be 'characters' or 'tokens', not '{unit}'")
    if completion_ids is None:
        raise ValueError("tokens cannot be counted without completion_ids; set unit to 'characters'")
    return [len(ids) for ids in completion_ids]
