"""Copies are found once enough prompts have nothing else."""

import pytest

from r1cli.sampling.copies import Copies


@pytest.mark.parametrize(
    ("groups", "odd"),
    [
        ([["a", "a"]] * 5, True),
        ([["a", "a"]] * 4, False),  # too few to tell
        ([["a"]] * 9, False),
        ([*[["a", "a"]] * 9, ["a", "b"]], False),
    ],
)
def test_copies_are_odd_at_a_temperature_alone(groups: list[list[str]], odd: bool) -> None:
    copies = Copies()
    for group in groups:
        copies.add(group)
    assert copies.alone is odd
    assert bool(copies.warning(0.6)) is odd
    assert not copies.warning(0)
