"""The card beside a trained model says where the model comes from, and nothing that is not so."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from r1cli.train.model_card import model_card

pytestmark = pytest.mark.unit


def card(run_dir: Path, config: dict[str, Any], **record: Any) -> tuple[dict[str, Any], str]:
    """The front matter and the text of a run's card."""
    run_dir.mkdir(exist_ok=True)
    run = {"command": "grpo", "preset": None, "config": config, **record}
    (run_dir / "run.yaml").write_text(yaml.safe_dump(run))
    (run_dir / "metrics.jsonl").write_text('{"step": 12, "max_steps": 12}\n')
    _, front, text = model_card(run_dir).split("---\n", 2)
    return yaml.safe_load(front), text


def test_it_names_start_model_data_and_rewards(tmp_path: Path) -> None:
    config = {
        "model": {"model_name_or_path": "Qwen/Qwen2.5-1.5B"},
        "data": {"dataset_name": "open-r1/OpenR1-Math-220k"},
        "rewards": {"reward_funcs": ["accuracy", "format"], "reward_weights": [1.0, 0.5]},
        "training": {"learning_rate": 1e-5, "seed": 7},
    }
    front, text = card(tmp_path / "run", config, preset="mine", versions={"trl": "1.16.0"})
    assert front["base_model"] == "Qwen/Qwen2.5-1.5B"
    assert front["datasets"] == ["open-r1/OpenR1-Math-220k"]
    for line in (
        "| start model | `Qwen/Qwen2.5-1.5B` |",
        "| data | `open-r1/OpenR1-Math-220k` |",
        "| rewards | `accuracy`, `format` (weight 0.5) |",
        "| steps | 12 |",
        "| seed | `7` |",
        "| versions | trl 1.16.0 |",
    ):
        assert line in text.splitlines()


def test_the_config_of_a_dataset_is_not_part_of_its_id(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    names = ("a/b:all", "a/b:extra", "reasoning_gym:chain_sum?size=9")
    entries = [{"name": name, "hash": "commit:1"} for name in names]
    (tmp_path / "run" / "datasets.json").write_text(json.dumps(entries))
    front, text = card(tmp_path / "run", {"data": {}})
    assert front["datasets"] == ["a/b"]
    assert "| data | `a/b:all`, `a/b:extra`, `reasoning_gym:chain_sum?size=9` |" in text


def test_folders_of_this_machine_are_not_named(tmp_path: Path) -> None:
    (tmp_path / "start").mkdir()
    config = {
        "model": {"model_name_or_path": str(tmp_path / "start")},
        "data": {"dataset_name": str(tmp_path / "gone.jsonl")},
        "rewards": {"reward_funcs": [f"{tmp_path}/mine.py:score"], "reward_weights": [1.0]},
    }
    front, text = card(tmp_path / "run", config)
    assert "base_model" not in front
    assert "datasets" not in front
    assert "None" not in text
    assert str(tmp_path) not in text
    assert "| start model | `start` |" in text
    assert "`mine.py:score`" in text


def test_what_datasets_are_called_does_nothing_in_markdown(tmp_path: Path) -> None:
    name = 'x`| <script>\n# [a](javascript:b) "'
    front, _ = card(tmp_path / "run", {"data": {}})
    assert set(front) == {"library_name", "tags"}
    (tmp_path / "run" / "datasets.json").write_text(json.dumps([{"name": name, "hash": "commit:1"}]))
    (line,) = (line for line in model_card(tmp_path / "run").splitlines() if line.startswith("| data "))
    assert line == '| data | `x <script> # [a](javascript:b) "` |'
