"""What was read, as people write it: `r1 reward explain` prints it, and answers are counted by it."""

import pytest

from r1cli.verdicts.judge import read_gold
from r1cli.verdicts.show import show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\frac{1}{2}", "1/2"),
        (r"\frac{2x}{3}", "(2*x)/3"),
        (r"\frac{x}{yz}", "x/(y*z)"),
        (r"\frac{1}{x}", "1/x"),
        ("5 km", "5 [1000 m]"),
        ("5 ml", "5 [1/1000000 m^3]"),
        (r"3 \text{ m}", "3 [m]"),
    ],
)
def test_readings(text: str, shown: str) -> None:
    gold = read_gold(text, "auto")
    assert gold.is_read
    assert show(gold.node) == shown
