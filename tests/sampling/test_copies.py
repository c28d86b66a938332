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
def test_copies_of_enough_prompts_are_odd(groups: list[list[str]], odd: bool) -> None:
    copies = Copies()
    for group in groups:
        copies.add(group)
    assert copies.alone is odd
    assert not odd or "for 5 prompts" in copies.warning
