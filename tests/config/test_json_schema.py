"""The JSON Schema that editors use: it must admit what r1 admits, and say what r1 would say."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from r1cli.commands import COMMANDS
from r1cli.config.json_schema import json_schema
from r1cli.config.presets import preset_paths
from r1cli.config.resolve import Request, resolve
from r1cli.config.schema import schema_of
from r1cli.errors import R1Error
from r1cli.train.schema import grpo_schema
from tests.conftest import REPOSITORY

SCHEMAS = {name: json_schema(schema_of(COMMANDS[name])) for name in ("sft", "grpo")}
# `jsonschema.validate` would check the schema again at each call.
FITS = {name: jsonschema.Draft202012Validator(schema).validate for name, schema in SCHEMAS.items()}
SHOWN = re.findall(r"```yaml\n(.*?)```", (REPOSITORY / "docs" / "configuration.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert json.loads(json.dumps(SCHEMAS[name])) == SCHEMAS[name]


@pytest.mark.parametrize("path", preset_paths().values(), ids=lambda path: path.stem)
def test_every_preset_fits(path: object) -> None:
    preset = yaml.safe_load(path.read_text())  # type: ignore[attr-defined]
    FITS[preset["command"]](preset)


@pytest.mark.parametrize("block", SHOWN)
def test_what_the_documents_show_fits(block: str) -> None:
    FITS["grpo"](yaml.safe_load(block))


@pytest.mark.parametrize(
    "wrong",
    [
        {"learning_rat": 1e-5},
        {"training": {"learning_rat": 1e-5}},
        {"training": {"max_steps": "many"}},
        {"lr_scheduler_type": "cosin"},
        {"vllm": True},
        {"num_generations": 1},
        {"rewards": {"max_fault_share": 1.5}},
    ],
)
def test_what_is_wrong_does_not(wrong: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        FITS["grpo"](wrong)


@pytest.mark.parametrize(
    "dotted",
    [
        {"training.learning_rate": 1e-5},
        {"data.columns.prompt": "question"},
        {"data": {"columns.prompt": "question"}},
        {"training.model_init_kwargs.attn.deep": 1},
        {"rewards.cosine.max_len": 100},
        {"rewards.cosine": {"max_len": 100}},
        {"rewards": {"cosine.max_len": 100, "time_limit": 3}},
        {"rewards.time_limit": 3},
    ],
)
def test_dotted_keys_fit_where_r1_reads_them(dotted: dict[str, object], tmp_path: Path) -> None:
    FITS["grpo"](dotted)
    file = tmp_path / "dotted.yaml"
    file.write_text(yaml.safe_dump(dotted))
    resolve(grpo_schema(), Request(files=(file,)))


@pytest.mark.parametrize(
    "dotted",
    [
        {"training.learning_rat": 1e-5},
        {"training.learning_rate": "quick"},
        {"data.prompt_template.x": "y"},
        {"rewards.time_limit": "long"},
        {"rewards.tim_limit": 3},
        {"rewards.cosine.max_len.more": 3},
    ],
)
def test_dotted_keys_that_r1_refuses_do_not_fit(dotted: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(jsonschema.ValidationError):
        FITS["grpo"](dotted)
    file = tmp_path / "dotted.yaml"
    file.write_text(yaml.safe_dump(dotted))
    with pytest.raises(R1Error):
        resolve(grpo_schema(), Request(files=(file,)))


@pytest.mark.parametrize("name", ["x-base", "_base", ".base"])
def test_blocks_that_hold_an_anchor_fit_where_r1_drops_them(name: str, tmp_path: Path) -> None:
    file = tmp_path / "anchors.yaml"
    for held in ("{seed: 5}", "[1, 2]", "5"):
        file.write_text(f"{name}: &base {held}\ntraining: {{max_steps: 2}}\n")
        FITS["grpo"](yaml.safe_load(file.read_text()))
        resolve(grpo_schema(), Request(files=(file,)))
    file.write_text(f"{name}: &base {{seed: 5}}\ntraining: {{<<: *base}}\n")
    FITS["grpo"](yaml.safe_load(file.read_text()))
    # Only at the top.
    file.write_text(f"training: {{{name}: &base {{seed: 5}}}}\n")
    with pytest.raises(jsonschema.ValidationError):
        FITS["grpo"](yaml.safe_load(file.read_text()))
    with pytest.raises(R1Error, match="unknown key"):
        resolve(grpo_schema(), Request(files=(file,)))


def test_the_block_of_profiles_is_one_of_mappings() -> None:
    with pytest.raises(jsonschema.ValidationError):
        FITS["grpo"]({"_profiles": 3})


def test_keys_are_described() -> None:
    assert SCHEMAS["grpo"]["properties"]["data"]["anyOf"][0]["properties"]["columns"]["description"]
    # TRL's own words.
    assert SCHEMAS["grpo"]["properties"]["learning_rate"]["description"]
