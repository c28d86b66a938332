"""Math verdicts."""

import asyncio
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from r1cli import explain, verify
from r1cli.scoring.pool import pool_size
from r1cli.scoring.verifier import take_counts
from tests.scoring.test_pool import workers_of


@pytest.mark.parametrize(
    ("gold", "answer", "verdict"),
    [
        ("57", "<think>\n50 + 7\n</think>\n<answer>\n57\n</answer>", True),
        ("57", "<answer>\n\\boxed{57}\n</answer>", True),
        ("57", "it is \\boxed{57}", True),
        ("57", "<answer>58</answer>", False),
        ("57", "no answer at all", False),
        ("57", "", False),
        # A number that is only mentioned in the text is not an answer: outside a block only LaTeX counts.
        ("57", "perhaps 57", False),
        # The last block counts, and what the thoughts say does not.
        ("57", "<answer>1</answer> no: <answer>57</answer>", True),
        ("57", "<think>\\boxed{57}</think><answer>1</answer>", False),
        # Golds with and without dollars, as published datasets have them.
        ("$57$", "<answer>57</answer>", True),
        ("\\boxed{57}", "<answer>57</answer>", True),
        ("\\frac{1}{2}", "<answer>0.5</answer>", True),
        ("\\frac{1}{2}", "\\boxed{\\frac{2}{4}}", True),
        ("3\\sqrt{5}", "\\boxed{\\sqrt{45}}", True),
        ("[0, 1)", "the answer is $[0,1)$", True),
        ("[0, 1)", "the answer is $[0,1]$", False),
        ("$x = 3$", "<answer>3</answer>", True),
        ("-4", "<answer>\n-4\n</answer>", True),
        ("1,000", "<answer>1000</answer>", True),
        ("$18", "<answer>18</answer>", True),
        ("50\\%", "<answer>50%</answer>", True),
        ("\\text{no solution}", "<answer>\\text{no solution}</answer>", True),
        # Whole solutions.
        ("First $1+1=2$, so the answer is $\\boxed{\\frac{1}{2}}$. Check: $3$.", "\\boxed{0.5}", True),
        ("She sold 48/2 = <<48/2=24>>24 clips.\n#### 72", "<answer>72</answer>", True),
        ("She sold 48/2 = <<48/2=24>>24 clips.\n#### 72", "<answer>24</answer>", False),
        ("The answer is 42.", "<answer>42</answer>", True),
        ("42", "<answer>The answer is 42.</answer>", True),
        # Gaps, repeating decimals and mixed fractions.
        ("10 000", "\\boxed{10\\,000}", True),
        ("1\\,000", "<answer>1 000</answer>", True),
        ("10000", "<answer>0</answer>", False),
        ("1 000", "\\boxed{1}", False),
        ("0.1\\overline{6}", "\\boxed{\\frac{1}{6}}", True),
        ("1 1/2", "\\boxed{1.5}", True),
        ("1 1/2", "\\boxed{1}", False),
        ("3/2", "<answer>She needs 1 1/2 cups of sugar</answer>", True),
        ("1/2", "<answer>She needs 1 1/2 cups of sugar</answer>", False),
        ("(1{,}000, 2{,}000)", "\\boxed{(1{,}000,2{,}000)}", True),
        ("3200", "\\boxed{2^5 100}", True),
        ("1", f"<answer>0.\\overline{{{'3' * 4_400}}}</answer>", False),
        # What is not an answer: a formula of the reasoning, before or instead of one that was broken off.
        ("1", "<think>\nSuppose $n=1$. Then", False),
        ("5", "We have $5$. So \\boxed{???}", False),
        ("5", "We have $5$. So \\boxed{\\frac{", False),
        ("4", "<think>I write <answer>my answer</answer></think> So \\boxed{4}", True),
        # Words.
        ("yes", "\\boxed{\\text{Yes}}", True),
        ("no", "<answer>No</answer>", True),
        ("no", "<answer>yes</answer>", False),
        ("\\text{Tuesday}", "<answer>Tuesday</answer>", True),
        ("yes", "\\boxed{7}", False),
        ("yes", "I say yes, and give no answer", False),
        # A gold that cannot be read: nobody can say.
        ("", "<answer>57</answer>", None),
    ],
)
def test_verdicts(gold: str, answer: str, verdict: bool | None) -> None:
    assert verify([gold], [answer]) == [verdict]
    assert verify([gold], [answer], answer="strict") == [verdict]


def test_an_answer_too_costly_to_compare_is_wrong() -> None:
    take_counts()
    assert verify(["90071"] * 2, ["<answer>9^{9^{9^9}}</answer>", "<answer>90071</answer>"]) == [False, True]
    assert take_counts() == {"verified": 2, "unverifiable": 1}


def test_a_gold_too_costly_to_compare_says_nothing_of_any_answer() -> None:
    answers = ["<answer>9</answer>", "<answer>$9^{9^{9^9}}$</answer>", "none"]
    assert verify(["$9^{9^{9^9}}$"] * 3, answers) == [None] * 3


@pytest.mark.parametrize(
    ("gold", "mode", "answer", "verdict"),
    [
        ("7 or \\boxed{8}", "number", "<answer>7</answer>", True),
        ("no box here: $7$", "boxed", "<answer>7</answer>", None),
        ("$7$ or \\boxed{8}, not $9$", "boxed", "<answer>8</answer>", True),
        ("\\frac{3}{4}", "latex", "<answer>0.75</answer>", True),
        ("The answer is 42.", "latex", "<answer>42</answer>", None),
        ("3 apples and then 4 more", "text", "<answer>4</answer>", True),
    ],
)
def test_a_mode_fixes_how_a_gold_is_read(gold: str, mode: str, answer: str, verdict: bool | None) -> None:
    assert verify([gold], [answer], mode=mode) == [verdict]


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(ValueError, match="'words'"):
        verify(["1"], ["1"], mode="words")


def test_golds_that_a_dataset_holds_as_numbers() -> None:
    golds = [57, 57, 0.5, 1e-05, float("nan"), None, ["57"], [1, 2], {"ground_truth": "57"}]
    answers = ["57", "58", "\\frac{1}{2}", "0.00001", "1", "1", "57", "[1, 2]", "57"]
    verdicts = verify(golds, [f"<answer>{answer}</answer>" for answer in answers])
    assert verdicts == [True, False, True, True, None, None, True, None, None]


def test_golds_and_answers_must_match_in_number() -> None:
    with pytest.raises(ValueError, match="1 reference answers and 0 completions"):
        verify(["1"], [])
    with pytest.raises(TypeError, match="are lists, and '57' is a text"):
        verify("57", "12")
    with pytest.raises(TypeError, match="is a text"):
        verify(["57"], "12")


@pytest.mark.parametrize(
    ("gold", "answer", "reason", "extracted"),
    [
        ("$\\frac{1}{2}$", "<answer>0.5</answer>", "equal", "1/2"),
        ("57", "\\boxed{58}", "different", "58"),
        ("57", "perhaps 57", "answer not parsed", None),
        ("", "\\boxed{58}", "gold not parsed", None),
        ("57", "\\boxed{9^{9^{9^9}}}", "answer too costly", None),
    ],
)
def test_explanations(gold: str, answer: str, reason: str, extracted: str | None) -> None:
    verdict = explain(gold, answer)
    assert verdict.reason == reason
    assert extracted in verdict.answer if extracted else verdict.answer == ()
    assert [verdict.correct] == verify([gold], [answer])


def test_every_pair_is_verified_once_however_many_ask() -> None:
    golds = [f"\\frac{{{n}}}{{7}}" for n in range(40)]
    answers = [f"<think>{n}</think><answer>{n % 30}/7</answer>" for n in range(40)]
    take_counts()
    with ThreadPoolExecutor(4) as threads:
        # The thoughts differ; what counts is the block.
        calls = [
            threads.submit(verify, golds * 2, answers + [f"again {a}" for a in answers]) for _ in range(4)
        ]
        results = [call.result() for call in calls]
    assert take_counts() == {"verified": 40, "unverifiable": 0}
    assert results == [([True] * 30 + [False] * 10) * 2] * 4


def test_threads_and_asyncio_give_the_verdicts_of_the_main_thread() -> None:
    def ask(start: int) -> list[bool | None]:
        return verify([f"{start}{n}" for n in range(9)], [f"\\boxed{{{start}{n % 5}}}" for n in range(9)])

    async def ask_there() -> list[bool | None]:
        return ask(101)

    expected = [True] * 5 + [False] * 4
    outcomes: list[list[bool | None]] = []
    thread = threading.Thread(target=lambda: outcomes.append(ask(102)))
    thread.start()
    thread.join()
    assert [ask(100), asyncio.run(ask_there()), *outcomes] == [expected] * 3


def _nested(depth: int) -> str:
    return "\\frac{1}{1+" * depth + "1" + "}" * depth


HOSTILE = [
    "9^{9^{9^9}}",
    "10000!!!!",
    "100000000!",
    "10^{10^{10}}",
    _nested(300),
    _nested(40),
    "\\sum_{i=1}^{10^{12}} i^{i}",
    "\\sum_{i=1}^{1000000} \\frac{1}{i}",
    "\\prod_{k=1}^{10^{9}} k",
    "9" * 3_000,
    "9" * 100_000,
    "\\sqrt{" * 60 + "2" + "}" * 60,
    "\\sqrt{2+" * 300 + "2" + "}" * 300,
    "\\int_0^1 \\sin(x^x) e^{x^3} dx",
    "\\int \\frac{\\sin(x^3)\\log(x)}{\\sqrt{1+x^7}} dx",
    "\\binom{10^{9}}{5*10^8}",
    "(1+x+y+z)^{500}-(x+y)^{300}",
    "\\frac{9^{99999999}}{7^{99999999}}",
    "\\sin(10^{10^8})",
    "(((((9!)!)!)!)!)",
]


def _memory(worker: int) -> int:
    """What a process holds, in bytes; nothing once it has gone."""
    with suppress(OSError, IndexError):
        status = Path(f"/proc/{worker}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024
    return 0


def _with_hostile(size: int, hostile: int) -> None:
    """The verdicts on a batch, from a thread, are those without its hostile answers."""
    golds = [f"\\frac{{{n}}}{{{size + 1}}}" for n in range(size)]
    plain = [f"<answer>\\boxed{{\\frac{{{n - n % 3 % 2}}}{{{size + 1}}}}}</answer>" for n in range(size)]
    spiked = list(plain)
    for number in range(hostile):
        # Each a little different, so that none is known from another.
        spiked[number * (size // hostile)] = f"<answer>${number} + {HOSTILE[number % len(HOSTILE)]}$</answer>"
    most = 0
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(verify, golds, spiked)
        while not asked.done():
            most = max([most, *map(_memory, workers_of(os.getpid()))])
            time.sleep(0.2)
        disturbed = asked.result()
    # 2 GiB beyond what a worker begins with.
    assert 0 < most < 2.5 * 2**30
    assert len(workers_of(os.getpid())) <= pool_size()
    expected = verify(golds, plain)
    assert {True, False} == set(expected)
    for number in range(hostile):
        expected[number * (size // hostile)] = False
    assert disturbed == expected


@pytest.mark.slow
def test_hostile_answers_cost_nobody_else_a_verdict() -> None:
    _with_hostile(200, 20)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_hostile_answers() -> None:
    _with_hostile(1_000, 200)


@pytest.mark.parametrize(
    ("gold", "answer", "verdict"),
    [
        ("1e-7", "0.0000001", True),
        ("1.5e3", "1500", True),
        ("2500", "2.5e3", True),
        ("proof", "proof", None),
        ("proof", "42", None),
        ("Paris", "pairs", False),
        ("xy", "yx", True),
    ],
)
def test_what_looks_like_a_product_of_letters(gold: str, answer: str, verdict: bool | None) -> None:
    assert verify([gold], [f"<answer>{answer}</answer>"]) == [verdict]


@pytest.mark.parametrize(
    ("gold", "answers"),
    [
        ("72 km/h", ["72", "72 km/h", "72 \\text{ km/h}", "72~\\mathrm{km/h}", "72 kilometers per hour"]),
        ("5 \\text{ cm}^2", ["5", "5 cm^2", "5 cm²", "5 square centimeters", "5 \\text{ cm}^{2}"]),
        ("5 cm^2", ["5", "5 \\text{ cm}^2", "\\frac{10}{2} \\text{ cm}^2"]),
        ("9.8 m/s^2", ["9.8", "9.8\\ \\text{m/s}^2", "9.8 meters per second squared"]),
        ("12 dollars", ["12", "\\$12", "12 \\text{ dollars}", "12 USD", "12.00"]),
        ("\\$1,500", ["1500", "\\$1500", "1,500 dollars"]),
        ("3.5 kg", ["3.5", "3.5 kilograms", "\\frac{7}{2} \\text{ kg}"]),
        ("25^\\circ C", ["25", "25°C", "25 \\text{ degrees Celsius}"]),
        ("90^\\circ", ["90", "90°", "90 \\text{ degrees}"]),
        ("15\\%", ["15", "15%", "15 \\%", "0.15"]),
        ("12\\pi cm^2", ["12\\pi", "12\\pi \\text{ cm}^2"]),
        ("so she drove at 70 + 2 = 72\n#### 72 km/h", ["72", "72 \\text{ km/h}"]),
        ("72", ["72 km/h", "72 \\text{ km/h}"]),
        ("5 N", ["5 \\text{ N}"]),
    ],
)
def test_a_number_with_a_unit_is_the_number(gold: str, answers: list[str]) -> None:
    given = [form % answer for answer in answers for form in ("<answer>%s</answer>", "so \\boxed{%s}.")]
    assert dict(zip(given, verify([gold] * len(given), given), strict=True)) == dict.fromkeys(given, True)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        # Another number, and another unit where both are known.
        ("72 km/h", "73"),
        ("72 km/h", "72 mph"),
        ("5 m/s", "5 \\text{ km/h}"),
        ("5 cm^2", "5 cm"),
        # Nothing but one number and one unit is a quantity.
        ("3 apples and 4 pears", "3"),
        ("2 h 30 min", "2"),
        ("x = 5, y = 3", "5"),
        ("1.5 million", "1.5"),
        ("\\boxed{5 cm^2} or \\boxed{6 cm^2}", "5"),
        ("5 + 2 m^2", "7"),
        ("72 km/h", "5 km/h or 72 km/h"),
        # What may be variables.
        ("2 pi r", "2"),
        ("5/m", "5"),
        ("5 \\cdot m^2", "5"),
        ("\\frac{5 m}{s}", "5"),
        ("5m/s", "5"),
        ("5 N", "5"),
        ("5 s^{2}", "5"),
    ],
)
def test_what_is_not_one_number_with_a_unit(gold: str, answer: str) -> None:
    forms = [f"<answer>{answer}</answer>", f"so \\boxed{{{answer}}}.", f"it is {answer}"]
    assert verify([gold] * 3, forms) == [False] * 3


def test_a_completion_s_quantity_is_what_it_ends_with() -> None:
    completions = ["72 km/h", "\\boxed{60} at first, then 72 km/h", "72"]
    assert verify(["72 km/h"] * 3, completions) == [True, False, True]
    assert verify(["72 km/h"] * 3, completions, answer="strict") == [False] * 3
