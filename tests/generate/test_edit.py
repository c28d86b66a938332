"""`r1 data edit`: what a person changes is kept, and marked."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1cli.errors import R1Error
from r1cli.generate.edit_rows import work
from r1cli.generate.edit_text import as_text, changed
from tests.conftest import RunR1
from tests.generate.runs import write_rows

MARK = "#r1-0a0b"
TEXT = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1)
    .map(str.strip)
    .filter(bool)
)
LINES = st.lists(TEXT, min_size=1).map("\n".join).filter(lambda text: MARK not in text)


@given(st.lists(LINES, min_size=1, max_size=4), LINES)
def test_only_what_a_person_changes_has_changed(completions: list[str], new: str) -> None:
    rows = [
        {"number": number * 3, "name": "n", "prompt": "two\nlines", "completion": completion}
        for number, completion in enumerate(completions)
    ]
    text = as_text(rows, MARK)
    assert changed(text, rows, MARK) == {}
    head, _, tail = text.partition(f"{MARK} | lines\n{completions[0]}")
    edited = f"{head}{MARK} | lines\n{new}{tail}"
    assert changed(edited, rows, MARK) == ({} if new == completions[0] else {0: new})


def test_a_text_that_does_not_fit_is_refused() -> None:
    rows = [{"number": 1, "name": "", "prompt": "", "completion": "a"}]
    text = as_text(rows, MARK)
    for wrong in (text + text, text.replace("row 1", "row 2"), text.replace("\na\n", "\n\n")):
        with pytest.raises(R1Error):
            changed(wrong, rows, MARK)


def test_changed_rows_are_marked_and_lose_their_rewards(tmp_path: Path) -> None:
    given = [
        {"id": f"q{n}", "prompt": f"p{n}", "completion": "<think>a</think>b", "answer": "b", "reward": 1.0}
        for n in range(3)
    ]
    source = write_rows(tmp_path / "rows.jsonl", given)
    work({"dataset": str(source), "completions": {"1": "<think>c</think>d"}, "folder": str(tmp_path / "out")})
    (file,) = (tmp_path / "out" / "data").iterdir()
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(file).to_pylist()
    assert rows[1] == {
        **given[1],
        "completion": "<think>c</think>d",
        "answer": "d",
        "reward": None,
        "edited": True,
    }
    assert rows[0] == {**given[0], "edited": False}
    lineage = json.loads((tmp_path / "out" / "lineage.json").read_text())
    assert lineage["steps"][0]["figures"] == {"edited": 1}


@pytest.mark.slow
def test_the_editor_of_a_person_is_opened(r1: RunR1, tmp_path: Path) -> None:
    source = write_rows(
        tmp_path / "rows.jsonl", [{"prompt": "p", "completion": f"text {n}"} for n in range(4)]
    )
    out = tmp_path / "out"
    editor = {"PATH": "/usr/bin:/bin", "EDITOR": "sed -i 's/^text 2/better/'", "HOME": str(tmp_path)}
    done = r1("data", "edit", source, out, "--rows", "1-2", env=editor)
    assert done.returncode == 0 and "1 of 2 rows changed" in done.stderr, done.stderr
    again = r1("data", "edit", out, out, "--rows", "0", env={**editor, "EDITOR": "sed -i 's/^text 0/new/'"})
    assert again.returncode == 0, again.stderr
    (file,) = (out / "data").iterdir()
    rows = pyarrow.parquet.read_table(file).to_pylist()
    assert [(row["completion"], row["edited"]) for row in rows] == [
        ("new", True), ("text 1", False), ("better", True), ("text 3", False),
    ]  # fmt: skip
    failed = r1("data", "edit", source, tmp_path / "no", env={**editor, "EDITOR": "false"})
    assert failed.returncode == 1 and "your text is kept in" in failed.stderr
    assert not (tmp_path / "no").exists()
