"""The rewards for a completion's shape, with values worked out by hand."""

import pytest
from r1_rewards.format import format_reward, tag_count

RIGHT = "<think>\nfour\n</think>\n<answer>\n4\n</answer>"


@pytest.mark.parametrize(
    ("text", "format_score", "tag_score"),
    [
        (RIGHT, 1.0, 1.0),
        (f"{RIGHT}\n", 0.0, 1.0),
        (f"so: {RIGHT}", 0.0, 1.0),
        ("<think>\nfour\n</think>\n<answer>\n4", 0.0, 0.75),
        ("<think>four</think><answer>4</answer>", 0.0, 0.0),
        ("<think>\na\nb\n</think>\n<answer>\nc\n\nd\n</answer>", 1.0, 1.0),
        (f"{RIGHT}{RIGHT}", 1.0, 0.0),
        ("", 0.0, 0.0),
        ("four", 0.0, 0.0),
    ],
)
def test_format_and_tag_count(text: str, format_score: float, tag_score: float) -> None:
    assert format_reward([text]) == [format_score]
    assert tag_count([text]) == [tag_score]


def test_chats_and_strings_score_alike() -> None:
    chat = [{"role": "assistant", "content": RIGHT}]
    assert format_reward([chat, RIGHT]) == [1.0, 1.0]
    assert format_reward([]) == []
