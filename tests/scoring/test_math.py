"""Math verdicts."""

import threading

import pytest

from r1cli import verify


@pytest.mark.parametrize(
    ("gold", "answer", "verdict"),
    [
        ("57", "<think>\n50 + 7\n</think>\n<answer>\n57\n</answer>", True),
        ("57", "<answer>\n\\boxed{57}\n</answer>", True),
        ("57", "it is \\boxed{57}", True),
        ("57", "<answer>58</answer>", False),
        ("57", "no answer at all", False),
        ("57", "", False),
        # A number that only stands in the text is no answer: outside a block only LaTeX counts.
        ("57", "perhaps 57", False),
        # The last block counts, and what the thoughts say does not.
        ("57", "<answer>1</answer> no: <answer>57</answer>", True),
        ("57", "<think>\\boxed{57}</think><answer>1</answer>", False),
        # Golds with and without dollars, as published datasets have them.
        ("$57$", "<answer>57</answer>", True),
        ("\\boxed{57}", "<answer>57</answer>", True),
        ("\\frac{1}{2}", "<answer>0.5</answer>", True),
        ("\\frac{1}{2}", "\\boxed{\\frac{2}{4}}", True),
        ("3\\sqrt{5}", "$\\sqrt{45}$", True),
        ("[0, 1)", "$[0,1)$", True),
        ("[0, 1)", "$[0,1]$", False),
        ("$x = 3$", "<answer>3</answer>", True),
        ("-4", "<answer>\n-4\n</answer>", True),
        ("1,000", "<answer>1000</answer>", True),
        # A gold that cannot be read: nobody can say.
        ("", "<answer>57</answer>", None),
    ],
)
def test_verdicts(gold: str, answer: str, verdict: bool | None) -> None:
    assert verify([gold], [answer]) == [verdict]


def test_an_answer_too_costly_to_compare_is_wrong() -> None:
    assert verify(["9"], ["<answer>9^{9^{9^9}}</answer>"]) == [False]


def test_golds_that_a_dataset_holds_as_numbers() -> None:
    assert verify([57, 57, 0.5], ["<answer>57</answer>", "<answer>58</answer>", "\\boxed{\\frac{1}{2}}"]) == [
        True,
        False,
        True,
    ]


def test_golds_and_answers_must_match_in_number() -> None:
    with pytest.raises(ValueError, match="zip"):
        verify(["1"], [])


def test_off_the_main_thread_it_raises_and_never_says_wrong() -> None:
    """math-verify limits its time with a signal, which only the main thread can take."""
    outcome: list[object] = []

    def work() -> None:
        try:
            outcome.append(verify(["123"], ["<answer>123</answer>"]))
        except ValueError as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert isinstance(outcome[0], ValueError)
