"""Reference answers and answers, on which r1's verdicts and those of lighteval's metrics are compared."""

from pathlib import Path

import pytest

from r1cli import verify
from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.lighteval import judge
from r1cli.evaluate.problem import Problem
from r1cli.sampling.store import Sample
from tests.conftest import drawn

DOCS = Path(__file__).parents[2] / "docs" / "evaluation.md"

#: Gold, answer, and what is said of them by r1's ``accuracy``, by lighteval's metric of aime24, aime25 and
#: math_500, and by that of gsm8k. None: the benchmark has no such reference answers.
CASES: list[tuple[str, str, int, int | None, int | None]] = [
    ("204", r"The answer is $\boxed{204}$.", 1, 1, 1),
    ("204", r"The answer is $\boxed{205}$.", 0, 0, 0),
    ("033", r"$\boxed{33}$", 1, 1, 1),
    ("33", r"$\boxed{033}$", 1, 1, 1),
    ("204", r"$\boxed{205}$ is wrong, it is $\boxed{204}$.", 1, 1, 1),
    ("204", r"Either \boxed{204} or \boxed{205}.", 0, 0, 0),
    ("204", r"The answer is $204$.", 1, 1, 1),
    ("204", r"$\boxed{x = 204}$", 1, 1, 1),
    ("204", r"$\boxed{204.0}$", 1, 1, 1),
    ("204", r"$\boxed{204\text{ km}}$", 1, 1, 1),
    ("1,000", r"$\boxed{1000}$", 1, 1, 1),
    ("1000", r"$\boxed{1{,}000}$", 1, 1, 1),
    ("18", r"$\boxed{\$18}$", 1, 1, 1),
    ("4", r"$\boxed{9^{9^{9^9}}}$", 0, 0, 0),
    ("204", "I do not know.", 0, 0, 0),
    ("204", "", 0, 0, 0),
    # Numbers outside of LaTeX.
    ("204", "The answer is 204.", 1, 1, 1),
    ("204", "ANSWER: 204", 1, 1, 1),
    ("204", "204", 1, 1, 1),
    ("204", "So 204 it is, or 205.", 0, 0, 0),
    # Thoughts, and thoughts that were cut off.
    ("204", "<think>\nSo it is 204, and then", 0, 1, 1),
    ("204", "<think>\nSo it is $\\boxed{204}$, and then", 0, 1, 1),
    ("204", "<think>\n$\\boxed{204}$\n</think>\nIt is $\\boxed{205}$.", 0, 0, 0),
    ("204", "<think>\n$\\boxed{204}$\n</think>\n<answer>205</answer>", 0, 0, 0),
    # Answer blocks.
    ("204", "<answer>204</answer>", 1, 0, 0),
    ("204", "<answer>\n204\n</answer>", 1, 1, 1),
    ("204", "<answer>$204$</answer>", 1, 1, 1),
    ("204", "<answer>204</answer> Check: $1 + 1 = 2$.", 1, 0, 0),
    # Golds with and without dollars.
    (r"50\%", r"$\boxed{50\%}$", 1, 0, None),
    (r"50\%", r"$\boxed{0.5}$", 1, 0, None),
    ("0.5", r"$\boxed{50\%}$", 1, 1, 1),
    (r"$\frac{1}{2}$", r"$\boxed{0.5}$", 1, 1, None),
    (r"\frac{1}{2}", r"$\boxed{0.5}$", 1, 1, None),
    (r"$\frac{1}{3}$", r"$\boxed{0.33}$", 0, 0, None),
    (r"$\pi$", r"$\boxed{3.14159}$", 0, 0, None),
    (r"$3\sqrt{5}$", r"$\boxed{\sqrt{45}}$", 1, 1, None),
    (r"3\sqrt{5}", r"$\boxed{3\sqrt{5}}$", 1, 0, None),
    (r"3\sqrt{5}", r"$\boxed{3}$", 0, 1, None),
    ("$[0, 1)$", r"$\boxed{[0,1)}$", 1, 1, None),
    ("[0, 1)", r"$\boxed{[0,1)}$", 1, 0, None),
    ("[0, 1)", r"$\boxed{1}$", 0, 1, None),
    ("x^2 + 1", r"$\boxed{1 + x^2}$", 1, 0, None),
    ("x^2 + 1", r"$\boxed{1}$", 0, 1, None),
    ("$x^2 + 2x + 1$", r"$\boxed{(x+1)^2}$", 1, 1, None),
    (r"$\{1, 2, 3\}$", r"$\boxed{3, 1, 2}$", 1, 1, None),
    (r"$\{1, 2, 3\}$", r"$\boxed{1, 2}$", 0, 0, None),
    ("$x > 2$", r"$\boxed{(2, \infty)}$", 1, 1, None),
    (r"$\text{(C)}$", r"$\boxed{C}$", 1, 1, None),
    (r"\text{Monday}", r"$\boxed{\text{Tuesday}}$", 0, 0, None),
    # Whole solutions.
    (r"We get $\frac{4}{2}$, so it is $\boxed{\frac{4}{2}}$. Check: $3$.", r"$\boxed{2}$", 1, 1, None),
    (r"We get $\frac{4}{2}$, so it is $\boxed{\frac{4}{2}}$. Check: $3$.", r"$\boxed{3}$", 0, 0, None),
    ("3+4 = <<3+4=7>>7\n#### 7", r"$\boxed{7}$", 1, None, 1),
    ("3+4 = <<3+4=7>>7\n#### 7", "#### 7", 1, None, 1),
    ("It costs $18.\n#### 18", "The answer is $18.00.", 1, None, 1),
    ("2+3 = <<2+3=5>>5\n#### -5", "<answer>-5</answer>", 1, None, 0),
    ("2+3 = <<2+3=5>>5\n#### 1,005", "So she has 1,005 of 2,000.", 0, None, 0),
]


def test_what_accuracy_says_of_the_shared_cases() -> None:
    golds, completions, expected, _, _ = zip(*CASES, strict=True)
    found = verify(golds, completions)
    assert [CASES[n] for n in range(len(CASES)) if found[n] is not bool(expected[n])] == []


def test_what_it_said_before_it_says_with_open_r1s_rule() -> None:
    """What is said outside of boxes, and what is boxed in thoughts that were cut off."""
    changed = {
        "The answer is 204.": False,
        "ANSWER: 204": False,
        "204": False,
        "<think>\nSo it is $\\boxed{204}$, and then": True,
        "#### 7": False,
        "The answer is $18.00.": False,
    }
    golds, completions, expected, _, _ = zip(*CASES, strict=True)
    strict = [changed.get(text, bool(value)) for text, value in zip(completions, expected, strict=True)]
    assert verify(golds, completions, answer="strict") == strict


def test_the_docs_list_the_cases_on_which_accuracy_and_lighteval_differ() -> None:
    def shown(text: str) -> str:
        return f"`{text}`".replace("\n", "↵")

    rows = [
        [shown(gold), shown(answer), *("n/a" if value is None else str(value) for value in values)]
        for gold, answer, *values in CASES
        if set(values) - {None} != {values[0]}
    ]
    text = DOCS.read_text(encoding="utf-8")
    table = text[text.index("| gold | answer |") :].partition("\n\n")[0]
    cells = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert cells == rows
    assert f"differ on {len(rows)} of {len(CASES)} cases" in " ".join(text.split())


@pytest.mark.parametrize(("name", "column"), drawn([("aime24", 3), ("gsm8k", 4)]))
def test_what_lighteval_says_of_the_shared_cases(lighteval: str, name: str, column: int) -> None:
    (benchmark,) = find_benchmarks([name])
    cases = [case for case in CASES if case[column] is not None]
    problems = [as_problem(str(number), case[0]) for number, case in enumerate(cases)]
    samples = [Sample("", str(number), 0, case[1], "stop", 1) for number, case in enumerate(cases)]
    said = judge(benchmark, problems, samples)
    found = [one.metrics[said.metric] for one in said.judgements]
    assert [case for case, value in zip(cases, found, strict=True) if value != case[column]] == []


def as_problem(id_: str, gold: str) -> Problem:
    """What a problem needs to be judged, as lighteval's export writes it."""
    fields = {"query": "", "choices": [gold], "gold_index": 0}
    others = dict.fromkeys(("instruction", "specific", "original_query"))
    return Problem(id_, [], {"solution": gold, "lighteval": fields | others})
