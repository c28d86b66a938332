"""Files as they come: read, or refused with the place and the reason, by the check and the loader alike."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1cli.config.groups.data import Data
from r1cli.data.load import load_rows
from r1cli.data.local_rows import count_rows, read_rows
from r1cli.data.source import find_source, peek_columns
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
