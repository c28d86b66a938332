"""Profiles: r1's own, and those of files."""

from pathlib import Path

import pytest

from r1cli.config.config import Config
from r1cli.config.profiles import BUILT_IN
from r1cli.config.resolve import Request, resolve
from r1cli.errors import R1Error
from r1cli.evaluate.schema import evaluate_schema
from r1cli.train.schema import grpo_schema, sft_schema
from tests.command_line import flags_of

SCHEMAS = {"sft": sft_schema(), "grpo": grpo_schema(), "evaluate": evaluate_schema()}


def grpo(profile: str, *words: str, files: tuple[Path, ...] = ()) -> Config:
    flags = flags_of(*words)
    return resolve(SCHEMAS["grpo"], Request("qwen1.5b-math", files, flags, profile=profile))


@pytest.mark.parametrize("command", SCHEMAS)
@pytest.mark.parametrize("name", BUILT_IN)
def test_each_fits_every_command(name: str, command: str) -> None:
    config = resolve(SCHEMAS[command], Request(profile=name))
    fits = [path for path in BUILT_IN[name] if path in SCHEMAS[command].leaves]
    assert [path for path, origin in config.origins.items() if origin == f"profile {name}"] == fits


def test_every_key_is_one_of_some_command() -> None:
    leaves = {path for schema in SCHEMAS.values() for path in schema.leaves}
    assert {path for profile in BUILT_IN.values() for path in profile} <= leaves


def test_it_stands_above_files_and_below_flags(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("max_steps: 500\n_profiles:\n  quick:\n    training.max_steps: 7\n    seed: 1\n")
    config = grpo("quick", "--seed", "2", files=(file,))
    assert config.get("training.max_steps") == 7
    assert config.origins["training.max_steps"] == f"{file}:4 (profile quick)"
    assert config.get("training.seed") == 2
    assert grpo("dev", files=(file,)).get("training.max_steps") == 20


def test_one_of_a_file_stands_before_one_of_r1(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("_profiles: {dev: {max_steps: 3}}\n")
    config = grpo("dev", files=(file,))
    assert config.get("training.max_steps") == 3
    assert config.get("training.save_strategy") == "epoch"


def test_an_unknown_one_names_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("_profiles: {quick: {max_steps: 3}}\n")
    with pytest.raises(R1Error, match="unknown profile 'quik'") as caught:
        grpo("quik", files=(file,))
    assert caught.value.fix == "did you mean quick?"


def test_a_mistake_in_a_profile_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("_profiles:\n  quick:\n    max_stepps: 3\n")
    with pytest.raises(R1Error, match="unknown key 'max_stepps'") as caught:
        grpo("quick", files=(file,))
    assert caught.value.where == f"{file}:3 (profile quick)"
