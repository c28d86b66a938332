"""What the pairs of bug reports show, for any unit, base, magnitude, letter and spelling."""

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from r1cli import answer_of, verify
from r1cli.answers.read import read
from r1cli.verdicts.algebra import same
from r1cli.verdicts.judge import judge, judge_quickly, read_gold
from r1cli.verdicts.terms import Rules
from tests.verdicts.test_pairs import rows

UNITS = {
    "km": ("length", Fraction(1000)), "m": ("length", Fraction(1)), "cm": ("length", Fraction(1, 100)),
    "feet": ("length", Fraction(3048, 10_000)), "kg": ("mass", Fraction(1000)),
    "grams": ("mass", Fraction(1)),
    "hours": ("time", Fraction(3600)), "minutes": ("time", Fraction(60)), "seconds": ("time", Fraction(1)),
    "dollars": ("dollars", Fraction(1)), "cents": ("dollars", Fraction(1, 100)),
    "euros": ("euros", Fraction(1)),
    "m/s": ("speed", Fraction(1)), "km/h": ("speed", Fraction(5, 18)), "liters": ("volume", Fraction(1)),
    "cm^2": ("area", Fraction(1, 10_000)), "m^2": ("area", Fraction(1)), "degrees": ("angle", Fraction(1)),
    "newtons": ("force", Fraction(1)), "volts": ("voltage", Fraction(1)),
}  # fmt: skip
MAGNITUDES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
#: The first verdict waits for a worker to start.
patient = settings(deadline=None)
numbers = st.integers(1, 10**6)
units = st.sampled_from(sorted(UNITS))


def verdicts(gold: str, *answers: str) -> list[bool | None]:
    """The verdict on each answer, which is the same in a box and in a block."""
    boxed = verify([gold] * len(answers), [f"So it is \\boxed{{{answer}}}." for answer in answers])
    block = verify([gold] * len(answers), [f"<answer>{answer}</answer>" for answer in answers])
    assert boxed == block
    return boxed


@patient
@given(numbers, units, units)
def test_a_unit_is_converted_or_another_one_and_never_dropped(number: int, unit: str, other: str) -> None:
    (kind, size), (other_kind, other_size) = UNITS[unit], UNITS[other]
    gold = f"{number} \\text{{ {unit}}}"
    assert verdicts(gold, f"{number} \\text{{ {unit}}}", str(number), f"{number + 1} \\text{{ {unit}}}") == [
        True, True, False,
    ]  # fmt: skip
    assert verdicts(gold, f"{number} \\text{{ {other}}}") == [kind == other_kind and size == other_size]
    if kind == other_kind:
        converted = number * size / other_size
        assert verdicts(
            gold, f"\\frac{{{converted.numerator}}}{{{converted.denominator}}} \\text{{ {other}}}"
        ) == [True]


@patient
@given(st.integers(2, 16), st.integers(2, 16), st.integers(1, 10**6))
def test_a_base_is_part_of_a_number(base: int, other: int, number: int) -> None:
    assume(base != other)
    digits = _digits(number, base)
    gold = f"{digits}_{{{base}}}"
    assert verdicts(gold, f"{digits}_{{{base}}}", f"{digits}_{{{other}}}", f"{digits}0_{{{base}}}") == [
        True, False, False,
    ]  # fmt: skip


def _digits(number: int, base: int) -> str:
    letters = "0123456789ABCDEF"
    return (_digits(number // base, base) if number >= base else "") + letters[number % base]


@patient
@given(st.integers(1, 9_999), st.sampled_from(sorted(MAGNITUDES)), st.sampled_from(sorted(MAGNITUDES)))
def test_a_magnitude_multiplies(number: int, word: str, other: str) -> None:
    value = number * 10 ** MAGNITUDES[word]
    answers = [f"{number} \\text{{ {word}}}", f"{number} {word}", str(value), f"{value:,}", f"{number}"]
    assert verdicts(str(value), *answers) == [True, True, True, True, False]
    assert verdicts(f"{number} {word}", f"{number} {other}") == [word == other]


@patient
@given(st.integers(1, 9_999), st.integers(-60, 60), st.integers(-60, 60))
def test_powers_of_ten_in_all_spellings(digits: int, power: int, other: int) -> None:
    gold = f"{digits} \\times 10^{{{power}}}"
    forms = ["{0}e{1}", "{0}E{1}", "{0} \\cdot 10^{{{1}}}", "{0}*10^{1}", "{0} x 10^{1}", "{0}*10**{1}"]
    same_ = [form.format(digits, power) for form in forms]
    assert verdicts(gold, *same_) == [True] * len(forms)
    assert verdicts(gold, *(form.format(digits, other) for form in forms)) == [power == other] * len(forms)
    assert verdicts(gold, f"{digits + 1}e{power}") == [False]


@patient
@given(
    st.integers(-50, 50),
    st.integers(-50, 50).filter(bool),
    st.sampled_from(["i", "\\mathrm{i}", "\\text{i}"]),
)
def test_the_imaginary_unit(real: int, imaginary: int, letter: str) -> None:
    gold = f"{real}{imaginary:+}i"
    answers = [
        f"{real}{imaginary:+}{letter}",
        f"{imaginary}{letter}{real:+}",
        f"{real} {imaginary:+} \\, {letter}",
    ]
    assert verdicts(gold, *answers) == [True] * 3
    assert verdicts(gold, f"{real}{-imaginary:+}{letter}", str(real)) == [False, False]


@patient
@given(st.fractions(-100, 100, max_denominator=60), st.fractions(-100, 100, max_denominator=60))
def test_fractions_are_exact(value: Fraction, other: Fraction) -> None:
    gold = f"\\frac{{{value.numerator}}}{{{value.denominator}}}"
    answer = f"{other.numerator}/{other.denominator}"
    assert verdicts(gold, answer) == [value == other]
    assert verdicts(gold, f"{value.numerator * 3}/{value.denominator * 3}") == [True]


@patient
@given(st.integers(0, 99), st.integers(1, 30), st.integers(2, 31))
def test_mixed_fractions_and_percents(whole: int, top: int, bottom: int) -> None:
    assume(top < bottom)
    value = whole + Fraction(top, bottom)
    mixed = f"{whole}\\frac{{{top}}}{{{bottom}}}" if whole else f"\\frac{{{top}}}{{{bottom}}}"
    plain = f"{whole} {top}/{bottom}" if whole else f"{top}/{bottom}"
    gold = f"\\frac{{{value.numerator}}}{{{value.denominator}}}"
    assert verdicts(gold, mixed, plain) == [True, True]
    share = value / 100
    assert verdicts(f"{share.numerator}/{share.denominator}", f"{mixed}\\%", f"{plain}%") == [True, True]


@patient
@given(st.lists(st.integers(-99, 99), min_size=2, max_size=6, unique=True), st.randoms())
def test_sets_have_no_order_and_tuples_do(items: list[int], draw: object) -> None:
    other = items[::-1]
    gold, turned = (", ".join(map(str, each)) for each in (items, other))
    assert verdicts(f"\\{{{gold}\\}}", f"\\{{{turned}\\}}", turned) == [True, True]
    assert verdicts(f"({gold})", f"({gold})", f"({turned})") == [True, False]
    assert verdicts(gold, ", ".join(map(str, items[:-1])), f"{gold}, 100") == [False, False]


@patient
@given(
    st.integers(-99, 99), st.integers(1, 50), st.sampled_from(["<", "\\le"]), st.sampled_from(["<", "\\le"])
)
def test_an_inequality_is_the_interval_of_its_solutions(low: int, width: int, left: str, right: str) -> None:
    high = low + width
    gold = f"{low} {left} x {right} {high}"
    interval = f"{'[' if left != '<' else '('}{low}, {high}{']' if right != '<' else ')'}"
    other = f"{'(' if left != '<' else '['}{low}, {high}{']' if right != '<' else ')'}"
    assert verdicts(gold, interval, f"x \\in {interval}", other) == [True, True, False]
    assert verdicts(gold, f"\\{{x \\mid {gold}\\}}", f"{low} {left} x {right} {high + 1}") == [True, False]


@patient
@given(
    st.sampled_from(
        ["The answer is {}.", "Answer: {}", "#### {}", "**{}**", "答案是{}。", "Therefore, $x = {}$."]
    ),
    numbers,
    numbers,
)
def test_what_is_said_to_be_the_answer(phrase: str, number: int, other: int) -> None:
    completion = f"<think>\nperhaps {other}\n</think>\n{phrase.format(number)}"
    assert verify([str(number), str(other)], [completion] * 2) == [True, number == other]


@patient
@given(numbers)
def test_what_is_denied_or_taken_back_is_no_answer(number: int) -> None:
    completions = [
        f"The answer is not {number}.",
        f"\\boxed{{{number}}} is wrong.",
        f"The answer is {number}. Wait, that is wrong.",
        f"<think>\nThe answer is {number}.",
        f"Is the answer {number}?",
        f"So \\boxed{{{number}",
    ]
    assert verify([str(number)] * len(completions), completions) == [False] * len(completions)


signs = st.text("\\{}()[]^_$0123456789.,;:=<>+-*/|! abexyi%°π√½²①你是", max_size=40)
words = st.sampled_from(
    [
        "\\text{",
        "\\frac",
        "\\sqrt",
        "\\begin{cases}",
        "\\boxed{",
        " and ",
        "<answer>",
        "</think>",
        "the answer is ",
    ]
)
texts = st.lists(signs | words, max_size=6).map("".join)


@settings(max_examples=300, deadline=None)
@given(texts, texts)
def test_no_text_is_an_error(gold: str, answer: str) -> None:
    node = read(answer)
    assert node == read(answer)
    found = answer_of(answer)
    # Boxes are put together with what is between and after them.
    assert found is None or "\\boxed" in answer or found.text.strip() in answer
    quick = judge_quickly(gold, "auto", answer, Rules())
    assert quick is None or quick.reason


def test_what_is_decided_quickly_is_what_a_worker_says() -> None:
    differ = []
    for row in rows():
        answer = answer_of(row["completion"])
        quick = judge_quickly(row["gold"], "auto", answer and answer.text, Rules())
        if quick is not None and answer is not None and "costly" not in quick.reason:
            slow = judge(read_gold(row["gold"], "auto"), answer.text, Rules(), same)
            differ += [] if slow == quick else [(row, quick, slow)]
    assert differ == []


@patient
@given(st.fractions(-9, 9, max_denominator=9), st.fractions(-9, 9, max_denominator=9), st.integers(1, 4))
def test_values_to_eighty_digits_agree_with_fractions(one: Fraction, other: Fraction, power: int) -> None:
    left = f"({one.numerator}/{one.denominator})^{power} + {other.numerator}/{other.denominator}"
    right = f"{other.numerator}/{other.denominator} - ({-one.numerator}/{one.denominator})^{power}"
    exact = one**power + other == other - (-one) ** power
    assert same(read(left), read(right)) == exact
    assert verdicts(left, right) == [exact]


def test_a_hint_is_no_answer() -> None:
    wrong = ["We have 42 apples and", "perhaps 42", "It is not clear whether it is 42 or 43."]
    assert verify(["42"] * len(wrong), wrong) == [False] * len(wrong)


@patient
@given(signs)
def test_every_gold_that_can_be_read_equals_itself(gold: str) -> None:
    judged = judge_quickly(gold, "auto", gold, Rules())
    assert judged is None or judged.reason in ("equal", "gold not parsed", "gold too costly")
