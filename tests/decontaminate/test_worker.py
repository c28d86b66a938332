"""What a run writes: the report, and the dataset without the rows that are contaminated."""

import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from r1cli.cli.decontaminate import show_report
from r1cli.config.groups.data import Data
from r1cli.config.resolve import Request
from r1cli.data.load import load_rows
from r1cli.decontaminate.worker import work
from r1cli.errors import R1Error
from r1cli.prepare.request import prepare
from tests.command_line import flags_of
from tests.run_folders import make_run

pytestmark = pytest.mark.e2e

LEAK = "A farmer has 17 sheep and buys 25 more at the market | in <b>town</b>. How many sheep are there?"
ROWS = [
    {
        "id": "a",
        "problem": "Nothing of the kind, only a long enough text about geese.",
        "n": 1,
        "tags": ["x"],
    },
    {"id": "b", "problem": f"Now: {LEAK}", "n": 2, "tags": []},
    {"id": "c", "problem": LEAK.replace("17", "18"), "n": None, "tags": None},
    {"id": "d", "problem": "x", "n": 4, "tags": ["y", "z"]},
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("R1_HOME", str(tmp_path / "home"))
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (tmp_path / "held.jsonl").write_text(json.dumps({"question": LEAK}) + "\n")
    (tmp_path / "run").mkdir()
    return tmp_path


def run(folder: Path, dataset: str = "rows.jsonl", **settings: Any) -> dict[str, Any]:
    """Runs the worker, and returns what it has counted."""
    config = {
        "data": {"dataset_name": dataset},
        "decontaminate": {"against": ["held.jsonl:question"], **settings},
    }
    work(folder / "run", {"config": config})
    found: dict[str, Any] = json.loads((folder / "run/figures.json").read_text())
    return found["figures"]  # type: ignore[no-any-return]


def hits(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(folder / "run/report/hits.parquet").to_pylist()
    return rows


def ids(folder: Path) -> list[str]:
    return list(load_rows(Data(dataset_name=str(folder / "run/dataset")), "train")["id"])


def test_a_run_writes_a_report_and_a_dataset(folder: Path) -> None:
    figures = run(folder)
    assert (figures["rows"], figures["rows_removed"], figures["rows_renumbered"]) == (4, 1, 1)
    assert [(hit["row"], hit["kind"], hit["removed"]) for hit in hits(folder)] == [
        (1, "contaminated", True),
        (2, "renumbered", False),
    ]
    first = hits(folder)[0]
    assert (first["column"], first["benchmark"], first["benchmark_row"], first["field"], first["method"]) == (
        "problem", "held.jsonl:question", 0, "question", "ngram",
    )  # fmt: skip
    assert ROWS[1]["problem"][first["start"] : first["end"]] == first["text"] == LEAK[:-1]
    kept = load_rows(Data(dataset_name=str(folder / "run/dataset")), "train").to_list()
    assert kept == [row for row in ROWS if row["id"] != "b"]


def test_the_card_names_each_hit_and_neither_texts_of_benchmarks_nor_folders(folder: Path) -> None:
    run(folder, str(folder / "rows.jsonl"), against=[f"{folder / 'held.jsonl'}:question"])
    card = (folder / "run/dataset/README.md").read_text()
    assert "| 1 | problem | 5, " in card
    assert "farmer" not in card
    lineage = (folder / "run/dataset/lineage.json").read_text()
    assert str(folder) not in card + lineage
    assert json.loads(lineage)["steps"][-1]["inputs"][0]["name"] == "rows.jsonl"


def test_renumbered_rows_are_removed_where_that_is_requested(folder: Path) -> None:
    assert run(folder, remove_renumbered=True)["rows_removed"] == 2
    assert ids(folder) == ["a", "d"]


def test_the_report_has_the_passages_for_an_allow_list(folder: Path) -> None:
    run(folder)
    report = (folder / "run/report/README.md").read_text()
    # The benchmark's text is that of both rows, as it is and on one line.
    assert f"\n## Passages\n\nIn row 1, 2:\n\n    {LEAK[:-1]}\n" in report
    passage = report.splitlines()[-1].strip()
    (folder / "allowed.txt").write_text(f"{passage}\n")
    assert run(folder, allow_list=str(folder / "allowed.txt"))["hits"] == 0


def test_a_passage_is_bounded_and_does_nothing_in_a_terminal_or_in_markdown(folder: Path) -> None:
    words = "\n\n# a \x1b[31m```<b>" + " ".join(f"word{'x' * number}" for number in range(60))
    for name, column in (("rows", "problem"), ("held", "question")):
        (folder / f"{name}.jsonl").write_text(json.dumps({column: words}) + "\n")
    run(folder)
    passage = (folder / "run/report/README.md").read_text().partition("## Passages")[2].splitlines()[-1]
    assert passage.startswith("    ") and passage.endswith("...")
    assert len(passage) == 4 + 500 + 3 and "\x1b" not in passage


def test_what_is_said_agrees_with_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = run(folder, remove_renumbered=True)
    make_run(folder / "run", command="decontaminate")
    words = ("--dataset", "rows.jsonl", "--against", "held.jsonl:question", "--remove-renumbered")
    prepared = prepare("decontaminate", Request(flags=flags_of(*words, command="decontaminate")))
    show_report(prepared, folder / "run")
    said = capsys.readouterr()
    assert figures["rows_removed"] == 2
    assert "of 4 rows: 1 contaminated, 1 renumbered; report: " in said.err
    assert "2 of 4 rows stay: " in said.err
    assert said.out.splitlines()[1].split() == ["held.jsonl:question", "1", "1", "0", "1"]


def test_a_report_alone(folder: Path) -> None:
    assert run(folder, report_only=True)["rows_removed"] == 1
    assert (folder / "run/report/README.md").exists()
    assert not (folder / "run/dataset").exists()


def test_an_interrupted_run_begins_its_search_again(folder: Path) -> None:
    (folder / "run/.report").mkdir()
    (folder / "run/.report/hits.parquet").write_bytes(b"half a file")
    (folder / "run/.report/scan").mkdir()
    assert run(folder)["hits"] == 2
    assert {one.name for one in (folder / "run/report").iterdir()} == {
        "README.md",
        "figures.json",
        "hits.parquet",
    }
    assert not (folder / "run/.report").exists()


def test_parquet_files_are_read_as_they_are(folder: Path) -> None:
    table = pyarrow.Table.from_pylist(ROWS * 700)
    pyarrow.parquet.write_table(table, folder / "rows.parquet", row_group_size=300)
    assert run(folder, "rows.parquet", search_columns=["problem"])["rows_removed"] == 700
    assert ids(folder) == ["a", "c", "d"] * 700
    # And what a run has written can be searched again.
    assert [hit["kind"] for hit in hits(folder)].count("renumbered") == 700


def test_near_duplicates(folder: Path) -> None:
    pytest.importorskip("rensa")
    words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    (folder / "held.jsonl").write_text(json.dumps({"question": words}) + "\n")
    (folder / "rows.jsonl").write_text(
        json.dumps({"id": "near", "problem": words.replace("eight", "8")})
        + "\n"
        + json.dumps({"id": "other", "problem": " ".join(reversed(words.split()))})
        + "\n"
    )
    assert run(folder)["rows_removed"] == 0
    assert run(folder, near_duplicates=True)["rows_near_duplicate"] == 1
    assert ids(folder) == ["other"]


def test_a_short_answer_in_a_column_that_is_called_so_is_not_searched_for(folder: Path) -> None:
    (folder / "held.jsonl").write_text(json.dumps({"question": "What?", "answer": "42"}) + "\n")
    rows = [{"id": "a", "problem": "How far?", "solution": "42"}, {"id": "b", "problem": "What?"}]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    figures = run(folder, against=["held.jsonl:question", "held.jsonl:answer"])
    assert (figures["texts_too_short"], ids(folder)) == (1, ["a"])
    # open-r1's script compares 8 words at least, and so finds no short question.
    figures = run(folder, against=["held.jsonl:question"], method="openr1")
    assert (figures["texts_too_short"], ids(folder)) == (1, ["a", "b"])


def test_open_r1s_method_looks_at_the_problem(folder: Path) -> None:
    assert run(folder, method="openr1")["rows_removed"] == 2
    with pytest.raises(R1Error, match="no column 'problem'"):
        run(folder, "held.jsonl", method="openr1")


def test_a_dataset_without_text(folder: Path) -> None:
    (folder / "rows.jsonl").write_text('{"n": 1}\n')
    with pytest.raises(R1Error, match="no column of the dataset contains text"):
        run(folder)


def test_an_empty_dataset(folder: Path) -> None:
    pyarrow.parquet.write_table(
        pyarrow.table({"problem": pyarrow.array([], pyarrow.string())}), folder / "no.parquet"
    )
    with pytest.raises(R1Error, match="the dataset has no rows"):
        run(folder, "no.parquet")


def test_a_full_disk_leaves_nothing_half_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyarrow.parquet.ParquetWriter, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        run(folder)
    assert not (folder / "run/dataset").exists()
    assert not (folder / "run/report").exists()
