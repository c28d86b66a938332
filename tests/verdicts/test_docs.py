"""Every row of docs/verdicts.md."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from r1cli import explain
from r1cli.answers.kinds import Unread
from r1cli.answers.read import read
from r1cli.verdicts import VERSION

DOCS = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text(encoding="utf-8")
SAID = {"right": True, "wrong": False}


def tables() -> Iterator[tuple[list[str], list[str]]]:
    """Each row of a table with its headings."""
    for table in re.findall(r"(?:^\|.*\n)+", DOCS, re.MULTILINE):
        headings, _, *rows = (
            [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in table.splitlines()
        )
        for row in rows:
            yield headings, row


def pairs() -> Iterator[list[str]]:
    for headings, row in tables():
        if headings[0] == "gold":
            in_a_box = headings[1] == "answer"
            gold, answer = (cell.strip("`") for cell in row[:2])
            yield [gold, f"So \\boxed{{{answer}}}." if in_a_box else answer, *row[2:]]


@pytest.mark.parametrize("row", list(pairs()), ids=lambda row: f"{row[0]} {row[1]}")
def test_a_row(row: list[str]) -> None:
    gold, completion, said, *parameter = row
    assert explain(gold, completion).correct is SAID[said]
    if parameter:
        name = parameter[0].strip("`")
        changed = explain(gold, completion, **{name: name != "ratio_is_fraction"})
        assert changed.correct is SAID[parameter[1]]


@pytest.mark.parametrize(
    ("completion", "why"),
    [
        ("We have 36 apples and", "no rule applied"),
        ("~~36~~", "struck out"),
        ("I used ~~way A~~ way B. We have 36 apples and", "no rule applied"),
        ("<think>~~36~~</think>We have 36 apples and", "no rule applied"),
        ("Therefore, Tom has 36 marbles left", "cut off: the last sentence does not end with a full stop"),
        ("It is 36", "cut off: the last sentence does not end with a full stop"),
        ("The answer is 36. Wait, that is wrong.", "taken back"),
    ],
)
def test_why_nothing_counts(completion: str, why: str) -> None:
    assert explain("36", completion).nothing == why


def test_the_kinds_are_read() -> None:
    examples = [
        example
        for headings, row in tables()
        if headings[0] == "kind"
        for example in re.findall(r"`([^`]+)`", row[1])
    ]
    assert len(examples) > 40
    assert [example for example in examples if isinstance(read(example), Unread)] == []


def test_the_version() -> None:
    assert f"this is version {VERSION};" in DOCS
