"""The rewards about mathematics, with values worked out by hand from their formulas."""

import math
from typing import Any

import pytest
from PIL import Image
from r1_rewards import math as module
from r1_rewards.length import length
from r1_rewards.math import accuracy, cosine

from r1cli import Verdict, VerifierLost


def boxed(answer: int, size: int) -> str:
    """A completion of this many characters."""
    return f"\\boxed{{{answer}}}".rjust(size, ".")


def chats(completions: list[str]) -> list[list[dict[str, str]]]:
    return [[{"role": "assistant", "content": text}] for text in completions]


def test_right_wrong_and_unreadable_golds() -> None:
    completions = [f"<answer>\n{n}\n</answer>" for n in (1, 2, 3, 4)]
    golds = ["1", "1", "", None]
    assert accuracy(completions, golds) == [1.0, 0.0, None, None]
    assert accuracy(chats(completions), golds) == [1.0, 0.0, None, None]
    assert accuracy(completions, golds, unparsable_gold=0.5) == [1.0, 0.0, 0.5, 0.5]
    assert accuracy([], []) == []


def test_the_mode_fixes_how_a_gold_is_read() -> None:
    gold = "First 3 + 4 = 7, so the answer is \\boxed{7}."
    assert accuracy(["\\boxed{7}", "\\boxed{3}"], [gold, gold], mode="boxed") == [1.0, 0.0]
    # A gold without a box is unreadable then.
    assert accuracy(["\\boxed{7}"], ["7"], mode="boxed") == [None]


def test_cosine_by_length() -> None:
    # max_len 80. Length 20: cos(pi/4) = 0.70711; 40: cos(pi/2) = 0; 80: cos(pi) = -1.
    # Correct, 0.5 to 1.0: 0.5 + 0.5 * 1.70711 / 2 = 0.92678; 0.75; 0.5.
    # Wrong, -0.5 to -1.0: -0.5 - 0.5 * 1.70711 / 2 = -0.92678; -0.75; -0.5.
    completions = [boxed(answer, size) for answer in (1, 2) for size in (20, 40, 80)]
    expected = [0.92678, 0.75, 0.5, -0.92678, -0.75, -0.5]
    for given in (completions, chats(completions)):
        assert cosine(given, ["1"] * 6, max_len=80) == pytest.approx(expected, abs=1e-5)


def test_cosine_stops_at_its_end_and_counts_tokens_when_told() -> None:
    # 160 characters of 80: the value of the end, and not that of an empty completion.
    assert cosine([boxed(1, 160), boxed(2, 160)], ["1", "1"], max_len=80) == pytest.approx([0.5, -0.5])
    # 1 token of 4: cos(pi/4); correct from 0 to 2: 0 + 2 * (1 + 0.70711) / 2 = 1.70711.
    found = cosine(
        [boxed(1, 30)], ["1"], [[7]],
        max_len=4, unit="tokens", min_value_correct=0.0, max_value_correct=2.0,
    )  # fmt: skip
    assert found == pytest.approx([1 + math.sqrt(0.5)])
    assert cosine([boxed(1, 30)], [""]) == [None]
    assert cosine([], []) == []
    with pytest.raises(ValueError, match="completion_ids"):
        cosine(["a"], ["1"], unit="tokens")


def test_length_compares_the_completions_of_one_prompt() -> None:
    # Prompt a: 20, 40 and 100 characters. lambda = 0.5 - (len - 20) / 80: 0.5, 0.25, -0.5.
    # Prompt b: 30 and 50 characters. lambda = 0.5 - (len - 30) / 20: 0.5, -0.5.
    completions = [boxed(1, 20), boxed(2, 40), boxed(1, 100), boxed(2, 30), boxed(2, 50)]
    prompts: list[object] = ["a", "a", "a", "b", "b"]
    # The second and the fourth are wrong: min(0, 0.25) and min(0, 0.5).
    expected = [0.5, 0.0, -0.5, 0.0, -0.5]
    assert length(completions, ["1"] * 5, prompts) == pytest.approx(expected)
    chat_prompts = [[{"role": "user", "content": prompt}] for prompt in prompts]
    assert length(chats(completions), ["1"] * 5, chat_prompts) == pytest.approx(expected)


def test_length_tells_prompts_by_the_content_of_their_images() -> None:
    """As TRL hands them over: each row with its own object."""

    def prompt(color: str, size: tuple[int, int] = (2, 4)) -> list[dict[str, Any]]:
        image = {"type": "image", "image": Image.new("RGB", size, color)}
        return [{"role": "user", "content": [image, {"type": "text", "text": "How many?"}]}]

    completions = [boxed(1, size) for size in (20, 40, 30, 50, 60)]
    prompts = [prompt("red"), prompt("red"), prompt("blue"), prompt("blue"), prompt("red", (4, 2))]
    # Red: 20 and 40; blue: 30 and 50; turned red: alone.
    assert length(completions, ["1"] * 5, prompts) == [0.5, -0.5, 0.5, -0.5, 0.0]


def test_length_over_the_whole_batch() -> None:
    # 20 to 100 characters: 0.5 - (len - 20) / 80 for 20, 60 and 100: 0.5, 0.0, -0.5.
    completions = [boxed(1, 20), boxed(1, 60), boxed(1, 100)]
    assert length(completions, ["1"] * 3, ["a", "b", "c"], scope="batch") == pytest.approx([0.5, 0.0, -0.5])
    # Each alone in its group: all are equally long.
    assert length(completions, ["1"] * 3, ["a", "b", "c"]) == [0.0, 0.0, 0.0]


def test_what_could_not_be_verified_is_an_error_in_its_row_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = VerifierLost("two in a row")

    def explain_all(*args: object, **kwargs: object) -> list[object]:
        return [Verdict(True, "equal", ("1",), ("1",)), lost, Verdict(None, "gold not parsed", (), ())]

    monkeypatch.setattr(module, "explain_all", explain_all)
    completions, golds = [boxed(1, 20)] * 3, ["1"] * 3
    assert accuracy(completions, golds) == [1.0, lost, None]
    assert cosine(completions, golds)[1:] == [lost, None]
    assert length(completions, golds, ["a"] * 3) == [0.0, lost, None]


def test_a_length_whose_gold_is_unreadable_takes_no_part() -> None:
    # 20 and 40 count: 0.5 and -0.5. The 500 between them would have made them 0.5 and 0.4583.
    completions = [boxed(1, 20), boxed(1, 500), boxed(1, 40)]
    assert length(completions, ["1", "", "1"], ["a"] * 3) == pytest.approx([0.5, None, -0.5])
    assert length([boxed(1, 20)], [""], ["a"]) == [None]
    # 1, 2 and 3 tokens: 0.5 - (n - 1) / 2.
    ids = [[1], [1, 2], [1, 2, 3]]
    same = [boxed(1, 20)] * 3
    assert length(same, ["1"] * 3, ["a"] * 3, ids, unit="tokens") == pytest.approx([0.5, 0.0, -0.5])
    assert length([], [], []) == []
    with pytest.raises(ValueError, match="scope"):
        length(["a"], ["1"])


def test_accuracy_logs_the_answers_that_it_found() -> None:
    logged: dict[str, list[object]] = {}
    completions = ["\\boxed{0.50}", "The answer is $\\frac{1}{2}$.", "no answer at all", "\\boxed{1 +}"]
    accuracy(completions, ["1/2"] * 4, logged.__setitem__)
    assert logged == {"answer": ["1/2", "1/2", None, None]}
