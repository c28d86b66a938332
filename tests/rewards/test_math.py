"""The accuracy reward."""

from r1_rewards.math import accuracy


def test_right_wrong_and_unreadable_golds() -> None:
    completions = [[{"role": "assistant", "content": f"<answer>\n{n}\n</answer>"}] for n in (1, 2, 3)]
    assert accuracy(completions, solution=["1", "1", ""]) == [1.0, 0.0, None]
