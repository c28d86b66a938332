"""Parsing in two stages gives what parsing in one gives: the same expressions, and the same errors."""

import json
import random
import subprocess
import sys

import pytest

from tests.conftest import SEED

PARSE = """
import json, logging, sys
import sympy
from latex2sympy2_extended.latex2sympy2 import latex2sympy
logging.disable(logging.CRITICAL)
if sys.argv[1] == "two":
    from r1cli.scoring.latex_parser import parse_in_two_stages
    parse_in_two_stages()
found = []
for text in json.load(sys.stdin):
    try:
        found.append(repr(latex2sympy(text, is_real=True, convert_degrees=False, normalization_config=None)))
    except Exception as error:
        found.append(type(error).__name__)
print(json.dumps(found))
"""
TERMS = (
    r"\frac{1}{2}", "x", "2", "3.5", r"\sqrt{2}", r"\pi", r"\sin x", r"\log_2 8", "(1,2)", "[0,1)",
    r"\{1,2\}", r"\infty", "x_{1}", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "5!", "|x|", r"\binom{5}{2}",
    "e^{x}", "-7",
    "1,234", r"\text{cm}", r"\left(2\right)", r"\int_0^1 x dx", r"\sum_{i=1}^{n} i", r"50\%", r"90^\circ",
    "\\",
)  # fmt: skip
SIGNS = ("+", "-", r"\cdot ", "/", " ", "", "=", "<", r"\leq ", r"\cup ", ",", "^", r"\in ", r"\pm ", "_")


@pytest.mark.parametrize("count", [100, pytest.param(600, marks=pytest.mark.soak)])
def test_two_stages_change_nothing(count: int) -> None:
    dice = random.Random(SEED)
    texts = []
    for _ in range(count):
        text = dice.choice(TERMS)
        for _ in range(dice.randint(0, 3)):
            text += dice.choice(SIGNS) + dice.choice(TERMS)
        texts.append(rf"\frac{{{text}}}{{3}}" if dice.random() < 0.2 else text)
    one, two = (parsed(texts, stages) for stages in ("one", "two"))
    different = [case for case in zip(texts, one, two, strict=True) if case[1] != case[2]]
    assert different == []
    # Some of both.
    errors = sum(found.isidentifier() and found.endswith("Exception") for found in one)
    assert count / 12 < errors < count * 11 / 12


def parsed(texts: list[str], stages: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PARSE, stages],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found
