"""What every reward reads from prompts and completions, whichever way TRL hands them over."""

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
    """What the user asked: a prompt of plain text, or the last message of the user in a chat."""
    if prompt is None or isinstance(prompt, str):
        return prompt or ""
    asked = [_text(message["content"]) for message in prompt if message["role"] == "user"]
    return asked[-1] if asked else ""


def as_chat(turn: Any, role: str) -> list[dict[str, Any]]:
    """A prompt or completion as messages of text; plain text becomes one message of the role."""
    if turn is None or isinstance(turn, str):
        return [{"role": role, "content": turn or ""}]
    return [{**message, "content": _text(message.get("content"))} for message in turn]


def _text(content: Any) -> str:
    """The text of a message: its text parts if it has images too, and none if it only calls tools."""
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part["type"] == "text")
    return "" if content is None else str(content)


def answer_block(text: str) -> str | None:
    """What stands in the last ``<answer>`` block behind the thoughts, stripped, or None without one."""
    _, _, text = text.rpartition("</think>")
    end = text.rfind("</answer>")
    start = text.rfind("<answer>", 0, max(end, 0))
    return text[start + len("<answer>") : end].strip() if start >= 0 else None


def thoughts(text: str) -> str:
    """The chain of thought: what stands in ``<think>``, closed or not, or else the whole text.

    A template may open the block in the prompt, so a completion may have its end alone.
    """
    before = text.partition("</think>")[0]
    return before.partition("<think>")[2] if "<think>" in before else before


def final_answer(text: str) -> str:
    """The last ``<answer>`` block, or else what follows the thoughts; stripped."""
    block = answer_block(text)
    return text.rpartition("</think>")[2].strip() if block is None else block


def lengths(
    completions: Sequence[Any], completion_ids: Sequence[Sequence[int]] | None, unit: str
) -> list[int]:
    """How long each completion is.

    Args:
        completions: chats or strings.
        completion_ids: the tokens of each, for the unit "tokens".
        unit: "characters" or "tokens".

    Raises:
        ValueError: the unit is neither, or tokens are wanted and there are none.
    """
    if unit == "characters":
        return [len(text) for text in texts(completions)]
    if unit != "tokens":
        raise ValueError(f"unit is 'characters' or 'tokens', not '{unit}'")
    if completion_ids is None:
        raise ValueError("tokens cannot be counted without completion_ids; set unit to 'characters'")
    return [len(ids) for ids in completion_ids]
