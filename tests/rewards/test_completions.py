"""Messages with images have texts, too."""

from typing import Any

from r1_rewards.completions import as_chat, question, texts


def test_of_messages_with_images_the_text_is_read() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "image", "image": object(), "text": None},
        {"type": "text", "text": "How many"},
        {"type": "text", "text": "are red?"},
    ]
    prompt: list[dict[str, Any]] = [
        {"role": "system", "content": "Count."},
        {"role": "user", "content": parts},
        {"role": "assistant", "tool_calls": []},
    ]
    assert question(prompt) == "How many\nare red?"
    assert [turn["content"] for turn in as_chat(prompt, "user")] == ["Count.", "How many\nare red?", ""]
    assert texts([[{"role": "assistant", "content": parts[1:2]}]]) == ["How many"]
