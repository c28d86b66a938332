"""What is proposed for a dataset that a run has made."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1cli.cli.made_dataset import what_trains

GRPO = "r1 grpo --reward accuracy"


@pytest.mark.parametrize(
    ("row", "train"),
    [
        ({"prompt": "a", "solution": "b"}, GRPO),
        ({"prompt": "a", "solution": "b", "completion": "c"}, "r1 sft"),
        ({"messages": [], "prompt": "a", "solution": "b"}, "r1 sft"),
        ({"messages": [], "prompt": "a", "solution": "b", "pass_rate_generations": []}, GRPO),
        ({"prompt": "a", "completion": "c", "pass_rate_generations": []}, "r1 sft"),
        ({"prompt": "a"}, "r1 grpo --reward REWARD"),
        ({"problem": "a"}, "r1 grpo --reward REWARD --columns.prompt problem"),
        ({"problem": "a", "solution": "b"}, f"{GRPO} --columns.prompt problem"),
        ({"x": "a"}, "r1 grpo --reward REWARD --columns.prompt COLUMN"),
    ],
)
def test_problems_are_for_grpo_and_answers_for_sft(tmp_path: Path, row: dict[str, Any], train: str) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    assert what_trains(tmp_path) == train
    assert what_trains(tmp_path, "format") == train.replace("accuracy", "format").replace("REWARD", "format")
    assert what_trains(tmp_path, "my.py:f") == train.replace("accuracy", "REWARD")
