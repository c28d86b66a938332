"""Prompts made of columns."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r1cli.config.groups.data import Data
from r1cli.data.load import load_rows, load_train_and_test
from r1cli.data.prompt_template import columns_of, read_prompt_template
from r1cli.errors import R1Error


def rows_of(path: Path, *rows: dict[str, Any], **data: Any) -> Data:
    """The section of a config on these rows."""
    file = path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Data(dataset_name=str(file), **data)


def test_a_prompt_holds_the_values_of_its_row(tmp_path: Path) -> None:
    data = rows_of(
        tmp_path,
        {"nums": [19, 36, 55], "goal": 72, "hint": "{nums}", "share": 0.5, "prompt": [1]},
        {"nums": [], "goal": -7, "hint": "ü", "share": 2.0, "prompt": [2]},
        columns={"target": "goal"},
        prompt_template="Make {target} of {nums}, {{so}}: {hint} {share}{target}",
    )
    # A value that looks like a field is text; a column `prompt` gives way.
    prompts = ["Make 72 of [19, 36, 55], {so}: {nums} 0.572", "Make -7 of [], {so}: ü 2.0-7"]
    train, test = load_train_and_test(replace(data, test_size=1), wants_test=True)
    assert test is not None
    assert sorted([*train["prompt"], *test["prompt"]]) == sorted(prompts)
    assert load_rows(data, "train")["prompt"] == prompts
    assert load_rows(data, "train")["nums"] == [[19, 36, 55], []]
    assert load_rows(replace(data, prompt_template="{prompt}"), "train")["prompt"] == ["[1]", "[2]"]


@pytest.mark.parametrize("value", [None, {"a": 1}, [{"role": "user", "content": "1+1"}]])
def test_a_row_without_a_plain_value_has_no_prompt(tmp_path: Path, value: object) -> None:
    data = rows_of(tmp_path, {"x": value, "y": 1}, prompt_template="{y}: {x}")
    with pytest.raises(R1Error, match="row 0 has neither text nor a number in the column 'x'"):
        load_rows(data, "train")


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    data = rows_of(tmp_path, {"question": "1+1"}, columns={"ask": "question"}, prompt_template="{question}")
    with pytest.raises(R1Error, match="no column 'question'") as caught:
        load_rows(data, "train")
    assert (caught.value.where, caught.value.fix) == ("data.prompt_template", "its columns are ask")


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("{a", "cannot be read: expected '}' before end of string"),
        ("a} {b}", "cannot be read: Single '}' encountered"),
        ("{}", "field {} is not a name"),
        ("{0}", "field {0} is not a name"),
        ("{a.__class__}", "field {a.__class__} is not a name"),
        ("{a[0]}", "field {a[0]} is not a name"),
        ("{a!r}", "field {a!r} is not a name"),
        ("{a:{b}}", "field {a:{b}} is not a name"),
        ("{ a}", "field { a} is not a name"),
        ("what is it?", "names no column"),
        ("{{a}}", "names no column"),
        ("", "names no column"),
    ],
)
def test_a_field_is_a_name_and_nothing_else(template: str, what: str) -> None:
    with pytest.raises(R1Error) as caught:
        read_prompt_template(template, "here")
    assert what in caught.value.what
    assert caught.value.where == "here"
    assert caught.value.fix
    assert columns_of(read_prompt_template("{{{a}}} {b_2}{a}", "")) == ["a", "b_2", "a"]


def test_all_fields_that_are_no_names_are_named_once() -> None:
    with pytest.raises(R1Error) as caught:
        read_prompt_template("{} {a} {0} {}", "")
    fields = [re.findall(r"\{.*\}", error.what) for error in caught.value.all()]
    assert fields == [["{}"], ["{0}"]]
