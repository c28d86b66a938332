"""Dataset folders: what is written can be read, whatever the columns hold."""

import json
from pathlib import Path

import pyarrow.parquet
import pytest
from datasets import Features, Json, List, Value, load_dataset

from r1cli.config.groups.data import Data
from r1cli.data.dataset_folder import Card, DatasetWriter, markdown_table
from r1cli.data.lineage import Step
from r1cli.data.load import load_rows
from r1cli.errors import R1Error


def test_columns_of_mixed_values_stay_what_they_are(tmp_path: Path) -> None:
    rows = [
        {"text": "a", "mixed": "x y", "empty": {}, "deep": {"a": {}}, "list": [1]},
        {"text": "b", "mixed": 3, "empty": {}, "deep": {"a": {}}, "list": []},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = load_dataset("json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    for number, by_table in enumerate((False, True)):
        folder = tmp_path / f"folder{number}"
        with DatasetWriter(folder, given.features) as writer:
            if by_table:
                writer.add_table(given.data.table)
            else:
                for row in given:
                    writer.add(row)
            writer.finish(Card("Title", "Summary."), Step("generate", []))
        found = load_rows(Data(dataset_name=str(folder)), "train")
        assert [found[place] for place in (0, 1)] == [given[place] for place in (0, 1)]


def test_a_dataset_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    features = Features({"messages": List(Json()), "reward": Value("float64")})
    with DatasetWriter(tmp_path / "folder", features) as writer:
        writer.finish(Card("Title", "Summary."), Step("filter-pass-rate", []))
    (file,) = (tmp_path / "folder" / "data").iterdir()
    assert Features.from_arrow_schema(pyarrow.parquet.read_schema(file)) == features
    with pytest.raises(R1Error, match="the dataset has no rows"):
        load_rows(Data(dataset_name=str(tmp_path / "folder")), "train")


def test_a_card_shows_what_it_is_given_as_text() -> None:
    table = markdown_table([("<b>a|b</b>", "line\nline *x* [y](z) `c`")], ("name", "value"))
    assert "<b>" not in table and table.count("\n") == 2
    assert "\\*x\\* \\[y\\](z) \\`c\\`" in table and "a\\|b" in table
