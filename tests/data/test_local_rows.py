"""Files as they come: read, or refused with the place and the reason, by the check and the loader alike."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from r1cli.checks.rows import known_rows
from r1cli.config.groups.data import Data
from r1cli.data.load import load_rows
from r1cli.data.local_rows import count_rows, read_rows
from r1cli.data.source import find_source, other_columns, peek_columns
from r1cli.errors import R1Error

ROWS = [{"prompt": "1+1", "solution": "2"}, {"prompt": "2+2", "solution": "4"}]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
CSV = b"prompt,solution\n1+1,2\n2+2,4\n"

READ = {
    "bom.jsonl": b"\xef\xbb\xbf" + LINES,
    "crlf.jsonl": LINES.replace(b"\n", b"\r\n"),
    "blank lines.jsonl": b"\n" + LINES.replace(b"\n", b"\n\n"),
    "lines.json": LINES,
    "list.json": json.dumps(ROWS, indent=1).encode(),
    "data.json": json.dumps({"data": ROWS}).encode(),
    "versioned.json": json.dumps({"version": "1", "data": ROWS}, indent=1).encode(),
    "columns.json": json.dumps({"prompt": ["1+1", "2+2"], "solution": ["2", "4"]}).encode(),
    "pandas.json": json.dumps(
        {"prompt": {"0": "1+1", "1": "2+2"}, "solution": {"0": "2", "1": "4"}}
    ).encode(),
    "table.json": json.dumps({"schema": {"fields": []}, "data": ROWS}).encode(),
    "split.json": json.dumps(
        {"columns": [*ROWS[0]], "index": [0, 1], "data": [[*row.values()] for row in ROWS]}
    ).encode(),
    "index.json": json.dumps({"0": ROWS[0], "1": ROWS[1]}).encode(),
    "bom.csv": b"\xef\xbb\xbf" + CSV,
    "crlf.csv": CSV.replace(b"\n", b"\r\n"),
    "rows.jsonl.gz": gzip.compress(LINES),
    "rows.json.gz": gzip.compress(json.dumps({"rows": ROWS}).encode()),
    "rows.csv.gz": gzip.compress(CSV),
}


@pytest.mark.parametrize("name", READ)
def test_files_of_every_layout(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(READ[name])
    source = find_source(str(file), "here")
    assert peek_columns(source) == ["prompt", "solution"]
    assert [dict(row) for _, row in read_rows(file) or ()] == ROWS
    assert count_rows(file) == len(ROWS)
    loaded = load_rows(Data(dataset_name=str(file)), "train")
    assert [{name: str(value) for name, value in row.items()} for row in loaded] == ROWS


def test_empty_lines_and_columns_of_several_types_are_read_together(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"prompt": "1+1", "solution": "2"}\n\n{"prompt": "2+2", "solution": 4}\n')
    loaded = load_rows(Data(dataset_name=str(file)), "train")
    assert [str(row["solution"]) for row in loaded] == ["2", "4"]


def test_files_of_a_folder_may_have_columns_of_other_types(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"prompt": "1+1", "solution": 2}\n')
    (tmp_path / "b.jsonl").write_text('{"prompt": "the first word", "solution": "the"}\n')
    loaded = load_rows(Data(dataset_name=str(tmp_path)), "train")
    assert list(loaded["solution"]) == [2, "the"]


def test_semicolons_are_not_one_column(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("prompt;solution\n1+1;2\n")
    with pytest.raises(R1Error, match="separated by semicolons"):
        load_rows(Data(dataset_name=str(file)), "train")


def test_one_row_in_a_file_is_a_row(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "2"}]
    file = tmp_path / "one.json"
    for row in ({"messages": chat}, {"prompt": chat[:1], "completion": chat[1:]}, {"prompt": "a", "n": [1]}):
        for indent in (None, 1):
            file.write_text(json.dumps(row, indent=indent))
            assert [found for _, found in read_rows(file) or ()] == [row]
            assert load_rows(Data(dataset_name=str(file)), "train")[0] == row


REFUSED: dict[str, tuple[bytes, int | None, str]] = {
    "broken.jsonl": (LINES + b'{"prompt": "3+3\n' + LINES, 3, "this is not valid JSON"),
    "broken.json": (LINES + b'{"prompt": "3+3\n' + LINES, 3, "this is not valid JSON"),
    "cut off.json": (json.dumps(ROWS, indent=1).encode()[:-3], 9, "this is not valid JSON"),
    "numbers.jsonl": (b"1\n2\n", 1, "this is not a row"),
    "values.json": (json.dumps([["1+1", "2"], ["2+2", "4"]]).encode(), None, "this is not a row"),
    "latin.jsonl": (LINES + '{"prompt": "é"}\n'.encode("latin-1"), 3, "this is not UTF-8: byte 0xe9"),
    "latin.csv": (CSV + "é,3\n".encode("latin-1"), 4, "this is not UTF-8: byte 0xe9"),
    "commas.csv": (CSV + b"1,2,3\n", 4, "this row has 3 cells, and the header has 2"),
    "empty.jsonl": (b"", None, "the dataset has no rows"),
    "empty.json": (b"[]", None, "the dataset has no rows"),
    "header.csv": (b"prompt,solution\n", None, "the dataset has no rows"),
    "torn.jsonl.gz": (gzip.compress(LINES * 50)[:-20], None, "cannot read the file"),
    "plain.jsonl.gz": (LINES, None, "cannot read the file: Not a gzipped file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, name: str) -> None:
    text, line, what = REFUSED[name]
    file = tmp_path / name
    file.write_bytes(text)
    place = str(file) if line is None else f"{file}:{line}"
    with pytest.raises(R1Error, match=what) as checked:
        peek_columns(find_source(str(file), "here"))
    with pytest.raises(R1Error, match=what) as loaded:
        load_rows(Data(dataset_name=str(file)), "train")
    assert (checked.value.where, loaded.value.where) == (place, place)


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        (b'{"prompt": ', "not valid JSON: Expecting value at column 12", "fix the line, or remove it"),
        (b'{"prompt": \r', "not valid JSON: Expecting value at column 12", "fix the line, or remove it"),
        (b'{"prompt": "a', "not valid JSON: Unterminated string starting at column 12", "fix the line"),
        (b"[" * 100_000, "not valid JSON: it is nested too deeply", "fix the line, or remove it"),
        (b'{"prompt": "\xe9"}', "not UTF-8: byte 0xe9 at position 12", "save the file as UTF-8"),
        (b'["1+1", "2"]', "not a row", 'save it with the names of the columns: df.to_json("rows.jsonl", '),
        (b"1", "not a row", 'write rows as {"prompt": "..."'),
    ],
)
def test_a_bad_line_has_one_place_and_a_fix(tmp_path: Path, text: bytes, what: str, fix: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(LINES + text + b"\n" + LINES)
    with pytest.raises(R1Error) as caught:
        list(read_rows(file) or ())
    assert caught.value.what.startswith(f"this is {what}")
    assert "line" not in caught.value.what
    assert (caught.value.where, caught.value.fix.startswith(fix)) == (f"{file}:3", True)


@pytest.mark.parametrize(
    "text", [json.dumps(ROWS, indent=1), json.dumps(ROWS), "prompt,solution\n1+1,2\n", None], ids=str
)
def test_files_of_several_layouts_are_compared(tmp_path: Path, text: str | None) -> None:
    if text is None:
        Dataset.from_list(ROWS).to_parquet(str(tmp_path / "a.parquet"))
        Dataset.from_list([{"prompt": "3+3", "answer": "6"}]).to_parquet(str(tmp_path / "b.parquet"))
    elif text.startswith("["):
        (tmp_path / "a.json").write_text(text)
        (tmp_path / "b.jsonl").write_text('{"prompt": "3+3", "answer": "6"}\n')
    else:
        (tmp_path / "a.csv").write_text(text)
        (tmp_path / "b.csv").write_text("prompt,answer\n3+3,6\n")
    with pytest.raises(R1Error, match=r"different columns: a\.\w+ does not have answer") as caught:
        load_rows(Data(dataset_name=str(tmp_path)), "train")
    assert Path(caught.value.where).stem == "b"


def test_the_files_of_a_folder_are_those_that_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ROWS, indent=1))
    (tmp_path / "b.jsonl").write_bytes(LINES)
    (tmp_path / "config.json").write_text('{"lr": [1]}')
    assert known_rows(find_source(str(tmp_path), "here")) == 4
    assert len(load_rows(Data(dataset_name=str(tmp_path)), "train")) == 4
    (tmp_path / "b.jsonl").rename(tmp_path / "train.jsonl")
    (tmp_path / "dev.jsonl").write_text('{"prompt": "3+3"}\n')
    source = find_source(str(tmp_path), "here")
    assert [file.name for file in source.files] == ["train.jsonl", "dev.jsonl"]
    assert (known_rows(source), other_columns(source)) == (2, None)
    assert len(load_rows(Data(dataset_name=str(tmp_path)), "train")) == 2


def test_a_table_in_a_folder_is_refused_and_not_read_as_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(READ["columns.json"])
    with pytest.raises(R1Error, match="in a folder, a JSON file has one row a line, or a list") as caught:
        load_rows(Data(dataset_name=str(tmp_path)), "train")
    assert caught.value.where == str(tmp_path / "a.json")


def test_files_of_a_folder_that_disagree(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINES)
    (tmp_path / "b.jsonl").write_text('{"prompt": "3+3", "answer": "6"}\n')
    with pytest.raises(R1Error, match=r"different columns: a\.jsonl does not have answer") as caught:
        load_rows(Data(dataset_name=str(tmp_path)), "train")
    assert caught.value.where == str(tmp_path / "b.jsonl")
    (tmp_path / "b.jsonl").write_bytes(LINES + b"{\n")
    with pytest.raises(R1Error, match="not valid JSON") as caught:
        load_rows(Data(dataset_name=str(tmp_path)), "train")
    assert caught.value.where == f"{tmp_path / 'b.jsonl'}:3"


def test_text_is_text_whatever_it_looks_like(tmp_path: Path) -> None:
    """`datasets` takes NA for nothing, and needs another package for rows that look like an agent's trace."""
    file = tmp_path / "rows.csv"
    file.write_text("prompt,completion\na,NA\nb,None\n")
    needed = (("prompt", "completion"),)
    assert list(load_rows(Data(dataset_name=str(file)), "train", needed)["completion"]) == ["NA", "None"]
    row = {"id": "1", "source": "s", "model": "m", "system_prompt": "", "messages": []}
    for name in (tmp_path / "traces" / "rows.jsonl", tmp_path / "rows.jsonl"):
        name.parent.mkdir(exist_ok=True)
        name.write_text(json.dumps(row) + "\n")
    assert load_rows(Data(dataset_name=str(tmp_path / "rows.jsonl")), "train")["model"] == ["m"]
    assert load_rows(Data(dataset_name=str(tmp_path / "traces")), "train")["model"] == ["m"]


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:ab1\n ', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name in ("any.jsonl", "any.json", "any.csv", "any.jsonl.gz"):
            file = Path(folder, name)
            file.write_bytes(text)
            rows: list[Any] = []
            try:
                rows += read_rows(file) or ()
            except R1Error as error:
                assert error.where.startswith(str(file))
            assert all(isinstance(row, dict) for _, row in rows)
