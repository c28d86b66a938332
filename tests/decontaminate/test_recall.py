"""Recall and precision on planted leaks, and that the documents state what is measured here."""

import re

import pytest

from tests.conftest import REPOSITORY
from tests.decontaminate import leaks

pytestmark = pytest.mark.e2e

NGRAM, NEAR, OPENR1 = range(2, 5)


@pytest.fixture(scope="module")
def table() -> dict[str, list[str]]:
    return {line[0]: list(line) for line in leaks.table()}


def test_the_documents_state_what_is_measured(table: dict[str, list[str]]) -> None:
    text = (REPOSITORY / "docs/decontaminate.md").read_text(encoding="utf-8")
    stated = {
        cells[0]: cells for cells in (re.split(r" *\| *", line.strip("| ")) for line in text.splitlines())
    }
    for kind, line in table.items():
        assert stated.get(kind) == line


def test_what_only_looks_different_is_found(table: dict[str, list[str]]) -> None:
    for kind in (
        "verbatim",
        "case and punctuation",
        "LaTeX respelt",
        "choices shuffled",
        "embedded in longer text",
    ):
        assert table[kind][NGRAM] == "100%"


def test_common_phrases_and_renumbered_problems_stay(table: dict[str, list[str]]) -> None:
    for kind in ("no leak (wrongly removed)", "renumbered"):
        assert table[kind][NGRAM] == table[kind][NEAR] == "0%"
    assert table["renumbered, reported"][NGRAM] == "100%"
    # The reason for all of this.
    assert table["no leak (wrongly removed)"][OPENR1] == "100%"
