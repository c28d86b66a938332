"""Answers in words, with values worked out by hand."""

import pytest
from r1_rewards.qa import exact_match, multiple_choice, rouge_l


@pytest.mark.parametrize(
    ("text", "gold", "score"),
    [
        ("<think>Rome?</think><answer>The Eiffel Tower.</answer>", "eiffel tower", 1.0),
        ("<think>Rome?</think>\nParis", "paris", 1.0),
        ("<answer>Paris, France</answer>", "Paris", 0.0),
        ("<answer>Zürich</answer>", "zürich", 1.0),
        ("<answer>7</answer>", 7, 1.0),
        ("<answer>Holland</answer>", ["Netherlands", "Holland"], 1.0),
        ("<answer>Holland</answer>", None, None),
        ("", "Paris", 0.0),
        ("I looked it up. The answer is Paris.", "Paris", 1.0),
        ("I think that it is \\boxed{42}.", "42", 1.0),
        # Free text that the finder would cut.
        ("<answer>There are 73 residents.</answer>", "there are 73 residents", 1.0),
        ("<answer>There are 73 residents.</answer>", "73 residents", 1.0),
        (
            "<answer>Because it rains,\nthe street is wet.</answer>",
            "Because it rains, the street is wet",
            1.0,
        ),
        ("The answer to this was never known", "The answer to this was never known", 1.0),
    ],
)
def test_exact_match(text: str, gold: object, score: float | None) -> None:
    assert exact_match([text], [gold]) == [score]
    assert exact_match([[{"role": "assistant", "content": text}]], [gold]) == [score]


def test_exact_match_to_the_letter() -> None:
    completions = ["<answer> Paris </answer>", "<answer>paris</answer>"]
    assert exact_match(completions, ["Paris"] * 2, normalize=False) == [1.0, 0.0]
    assert exact_match([], []) == []


def test_rouge_l() -> None:
    # Lin's example, section 3.1: "police killed the gunman" against "police kill the gunman": 3 of 4 words in
    # order, R = P = F = 3/4; "the gunman kill police": 2 of 4 in order, F = 1/2.
    gold = "Police killed the gunman."
    completions = ["police kill the gunman", "the gunman kill police", "nobody", ""]
    assert rouge_l(completions, [gold] * 4) == [0.75, 0.5, 0.0, 0.0]
    # R = 2/4, P = 2/2. F1 = 2 * 0.5 / 1.5 = 2/3; beta 2: 5 * 0.5 / (0.5 + 4) = 5/9.
    chat = [{"role": "assistant", "content": "<answer>the gunman</answer>"}]
    assert rouge_l([chat], [gold]) == pytest.approx([2 / 3])
    assert rouge_l([chat], [gold], beta=2.0) == pytest.approx([5 / 9])
    # The gold that suits best; none; no words on either side.
    assert rouge_l(["a b", "a b", ""], [["c", "a b"], None, ""]) == [1.0, None, 0.0]
    assert rouge_l([], []) == []


def test_of_the_whole_answer_and_what_the_finder_finds_the_better_counts_and_is_noted() -> None:
    noted: dict[str, list[str]] = {}
    texts = ["Well, well. The answer is the gunman", "the gunman was killed by the police\n7"]
    golds = ["the gunman", "the gunman was killed by police"]
    # R = 6/6 and P = 6/8 of the second: F = 2 * 0.75 / 1.75.
    assert rouge_l(texts, golds, noted.__setitem__) == pytest.approx([1.0, 6 / 7])
    assert noted["rouge_l_answer"] == ["the gunman", texts[1]]


def test_rouge_l_of_words_that_repeat() -> None:
    # a b a c against a a b c: the longest common subsequence is a b c or a a c, 3 of 4.
    assert rouge_l(["a a b c"], ["a b a c"]) == [0.75]


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("<answer>C</answer>", "C"),
        ("<answer>\n(c)\n</answer>", "C"),
        ("<answer>C) the mitochondrion</answer>", "C"),
        ("<answer>**C**</answer>", "C"),
        ("<answer>\\boxed{\\text{C}}</answer>", "C"),
        ("<answer>The answer is (C).</answer>", "C"),
        ("<answer>A</answer> no: <answer>C</answer>", "C"),
        ("so \\boxed{A}, no, \\boxed{C}", "C"),
        ("The correct answer is C.", "C"),
        ("Answer: C", "C"),
        ("The answer is A. No: the answer is **(C)**", "C"),
        ("<answer>A cat</answer> \\boxed{C}", None),
        ("the answer is clear", None),
        ("C", "C"),
        ("", None),
        # As the finder reads them, and the patterns that were here before did not.
        ("Let me see.\n\n**(C)**", "C"),
        ("So the final choice is option (C).", "C"),
        ("<answer>I choose A. No, the answer is C</answer>", "C"),
        ("<think>the answer is A</think> 答案是 C", "C"),
        ("The answer is C because A is too small.", "C"),
        # What is said of the other choices takes nothing back.
        ("Final answer: C\n\nExplanation: A is wrong.", "C"),
    ],
)
def test_multiple_choice(text: str, letter: str | None) -> None:
    for gold in ("A", "C", "(C)"):
        assert multiple_choice([text], [gold]) == [float(gold.strip("()") == letter)]
    assert multiple_choice([[{"role": "assistant", "content": text}]], ["C"]) == [float(letter == "C")]


def test_golds_that_are_no_letter() -> None:
    assert multiple_choice(["<answer>C</answer>"] * 3, [None, "mitochondrion", 3]) == [None, None, None]
    assert multiple_choice([], []) == []
