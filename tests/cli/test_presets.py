"""``r1 presets``: listing, showing, and copying without ever overwriting."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from r1cli.cli.presets import app
from r1cli.config.presets import preset_paths
from r1cli.config.resolve import Request, resolve
from r1cli.errors import R1Error
from r1cli.train.schema import grpo_schema


def presets(*words: str) -> str:
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_list_says_what_each_needs() -> None:
    rows = {row["name"]: row for row in json.loads(presets("list", "--json"))}
    assert rows["tiny-grpo"]["about"]["hardware"] == {"gpus": 0}
    assert (rows["zero3"]["kind"], rows["zero3"]["plugin"]) == ("accelerate", None)
    table = presets("list")
    assert "16 nodes of 8 GPUs of 80 GB" in table
    assert "CPU" in table


@pytest.mark.parametrize("name", ["qwen1.5b-math", "zero3"])
def test_what_is_shown_is_the_preset_itself(name: str) -> None:
    shown = presets("show", name)
    text = json.loads(presets("show", name, "--json"))["yaml"]
    assert shown.endswith(text)
    assert yaml.safe_load(shown) == yaml.safe_load(text)


def test_a_copy_means_the_same_and_overwrites_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "mine.yaml"
    assert presets("copy", "tiny-grpo", str(copy)) == ""
    assert copy.read_bytes() == preset_paths()["tiny-grpo"].read_bytes()
    schema = grpo_schema()
    values = [resolve(schema, request).values for request in (Request("tiny-grpo"), Request(files=(copy,)))]
    assert {**values[0], "training.output_dir": ""} == {**values[1], "training.output_dir": ""}
    copy.write_text("mine")
    with pytest.raises(R1Error, match="exists already"):
        presets("copy", "tiny-grpo", str(copy))
    assert copy.read_text() == "mine"
