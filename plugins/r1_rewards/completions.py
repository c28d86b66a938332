"""Helpers to read prompts and completions in every format that TRL passes."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from r1_rewards import limits
from r1cli import answer_of, texts

#: Adds a column to the table of completions; `r1 reward explain` prints it.
LogExtra = Callable[[str, Sequence[Any]], None]


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
    return texts([[{"content": content}]])[0]


def thoughts(text: str) -> str:
    """The chain of thought: the content of ``<think>``, closed or not, or else the whole text.

    A template may open the block in the prompt, so a completion may have only the closing tag.
    """
    before = text.partition("</think>")[0]
    return before.partition("<think>")[2] if "<think>" in before else before


def final_answer(text: str) -> str:
    """The last ``<answer>`` block, or else the text after the thoughts; stripped."""
    block = answer_of(text, answer="block")
    return (text.rpartition("</think>")[2] if block is None else block.text).strip()


def with_prefill(
    completions: Sequence[Any],
    prompts: Sequence[Any] | None,
    prefill: Sequence[str] | None,
    tag: str = "think",
) -> list[str]:
    """Completions as text, each with the first block in front of it that its prompt has already opened.

    A completion that opens the block itself stays as it is.

    Args:
        completions: chats or strings.
        prompts: chats or strings, if they are known.
        prefill: what the chat template writes after each prompt, if that is known.
        tag: the name of the block.
    """
    plain = texts(completions)
    if prefill is None:
        prefill = [""] * len(plain) if prompts is None else [_continued(prompt) for prompt in prompts]
    opened = re.compile(rf"<{re.escape(tag)}>\s*(?:</{re.escape(tag)}>\s*)?\Z")
    found = [opened.search(written) for written in prefill]
    return [
        match[0] + text if match and not text.lstrip().startswith(f"<{tag}>") else text
        for match, text in zip(found, plain, strict=True)
    ]


def _continued(prompt: Any) -> str:
    """The text that a completion continues: a plain prompt, or a chat's last message of the assistant."""
    if prompt is None or isinstance(prompt, str):
        return prompt or ""
    return _text(prompt[-1]["content"]) if prompt and prompt[-1]["role"] == "assistant" else ""


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
    limits.lengths(unit=unit)
    if unit == "characters":
        return [len(text) for text in texts(completions)]
    if completion_ids is None:
        raise ValueError("tokens cannot be counted without completion_ids; set unit to 'characters'")
    return [len(ids) for ids in completion_ids]
