"""``r1 data``: what it prints, and what it refuses before anything starts."""

import json
from pathlib import Path

import pytest

from tests.conftest import RunR1

ROWS = "".join(
    json.dumps({"id": f"r{n}", "prompt": f"{n}+1?", "completion": str(n + 1)}) + "\n" for n in range(4)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rows.jsonl").write_text(ROWS)
    (tmp_path / "mixed").mkdir()
    (tmp_path / "runs" / "mixed").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("show",), "no dataset is named"),
        (("show", "rows.jsonl", "--mask"), "only tokens have a loss mask"),
        (("show", "rows.jsonl", "--max_lenght", "5"), "unknown key 'max_lenght'"),
        (("show", "rows.jsonl", "--tokeniser", "m"), "did you mean --tokenizer?"),
        (("show", "rows.jsonl", "--tokenizer", "runs/none"), "there is no model folder 'runs/none'"),
        (("mix", "mixture.yaml", "out"), "there is no file 'mixture.yaml'"),
        (("mix", "rows.jsonl", "."), "'.' exists already"),
        (("trace", "rows.jsonl", "9"), "there is no row 9"),
        (("trace", "owner/name", "0"), "there is no file, folder or run 'owner/name' here, and a dataset of"),
        (("trace", "rowz", "0"), "fix: did you mean rows.jsonl?"),
        (("push", "owner/name", "owner/name"), "there is no run or folder 'owner/name'"),
        (("push", "mxed", "owner/name"), "fix: did you mean mixed or runs/mixed?"),
        (("push", ".", "owner/name"), "this is not a dataset folder of r1"),
    ],
)
def test_what_is_refused(main: RunR1, folder: Path, words: tuple[str, ...], what: str) -> None:
    result = main("data", *words, cwd=folder)
    assert (result.returncode, result.stdout) == (2, "")
    assert what in " ".join(result.stderr.replace("│", " ").split())


def test_a_row_is_traced(main: RunR1, folder: Path) -> None:
    result = main("data", "trace", "rows.jsonl", "2", cwd=folder)
    assert result.stdout.splitlines()[:3] == ["id: r2", "prompt: 2+1?", "completion: 3"]
    assert "has no lineage.json" in result.stderr
    assert json.loads(main("data", "trace", "rows.jsonl", "2", "--json", cwd=folder).stdout)["names"] == {
        "id": "r2"
    }


def test_trained_text_is_marked_with_and_without_colours() -> None:
    from r1cli.cli.data import _text

    pieces = [("asked\x1b[2J ", "context"), ("said", "trained"), (" more", "cut")]
    assert _text(pieces, mask=True, colours=False).plain == "asked\\x1b[2J ⟦said⟧ more"
    coloured = _text(pieces, mask=True, colours=True)
    assert coloured.plain == "asked\\x1b[2J said more"
    assert [str(span.style) for span in coloured.spans] == ["dim", "green", "red strike"]
    assert _text(pieces, mask=False, colours=True).spans == []


@pytest.mark.e2e
def test_rows_are_shown_mixed_and_traced(main: RunR1, folder: Path) -> None:
    shown = main("data", "show", "rows.jsonl", "--rows", "1", "--first", "1", cwd=folder)
    assert shown.stdout.startswith("--- row 1\n[prompt]\n1+1?\n[completion]\n2\n")
    assert "id: r1" in shown.stdout
    (folder / "mixture.yaml").write_text("datasets: [{id: rows.jsonl, weight: 0.5}]\n")
    mixed = main("data", "mix", "mixture.yaml", "out", cwd=folder)
    assert "sha256:" in mixed.stdout
    traced = main("data", "trace", "out", "1", cwd=folder).stdout
    assert "mixed_from: rows.jsonl" in traced
    assert "1. r1 data mix made 2 rows" in traced
