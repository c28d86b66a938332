"""A column that is renamed stays where somebody reads it under its own name."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1cli.commands import COMMANDS
from r1cli.config.config import COLUMNS
from r1cli.config.groups.data import Data
from r1cli.config.resolve import Request
from r1cli.data.load import load_rows
from r1cli.errors import R1Error
from r1cli.prepare.request import resolve_and_check
from tests.command_line import flags_of

ENDS_WITH = """
def ends_with(completions, answer, **kwargs):
    return [float(text.endswith(gold)) for text, gold in zip(completions, answer)]
"""
ROW = {"prompt": "1+1", "solution": "2"}


def write(path: Path, row: dict[str, Any]) -> str:
    path.write_text(json.dumps(row) + "\n")
    return str(path)


def renamed(command: str, *words: str) -> tuple[dict[str, str], dict[str, Any]]:
    """What the run of some words renames, and the first row that it reads."""
    model = () if command == "decontaminate" else ("--model", "some/model")
    flags = flags_of(*model, *words, command=command)
    config, _ = resolve_and_check(COMMANDS[command], Request(flags=flags))
    return config.get(COLUMNS), load_rows(config.section(Data), "train")[0]


@pytest.mark.parametrize("command", ["grpo", "generate", "evaluate", "filter-pass-rate", "probe"])
def test_two_rewards_read_one_column_under_two_names(tmp_path: Path, command: str) -> None:
    (tmp_path / "my.py").write_text(ENDS_WITH)
    rewards = ("--reward", f"accuracy,{tmp_path}/my.py:ends_with")
    batch = ("--per_device_train_batch_size", "2", "--num_generations", "2") if command == "grpo" else ()
    words = ("--dataset", write(tmp_path / "rows.jsonl", ROW), *rewards, *batch)
    columns, row = renamed(command, *words, "--columns.answer", "solution")
    assert columns == {"answer": "solution", "solution": "solution"}
    assert row == ROW | {"answer": "2"}
    with pytest.raises(R1Error) as caught:
        renamed(command, *words, "--columns.answer", "solutoin")
    assert [error.fix for error in caught.value.all()] == ["did you mean solution?"]


@pytest.mark.parametrize(
    ("command", "words", "row", "kept"),
    [
        ("generate", ("--columns.question", "prompt"), {"prompt": "a"}, {"prompt"}),
        ("generate", ("--columns.prompt", "q", "--prompt_template", "{q}?"), {"q": "a"}, {"prompt", "q"}),
        (
            "generate",
            ("--columns.q", "prompt", "--prompt_template", "{q}?"),
            {"prompt": "a"},
            {"prompt", "q"},
        ),
        ("decontaminate", ("--columns.a", "b", "--search-columns", "b"), {"b": "a"}, {"a", "b"}),
        # Nobody reads it under its own name, or another column has that name.
        ("generate", ("--columns.prompt", "q"), {"q": "a"}, {"prompt"}),
        (
            "generate",
            ("--reward", "accuracy", "--columns.solution", "answer", "--columns.prompt", "solution"),
            {"answer": "2", "solution": "a"},
            {"prompt", "solution"},
        ),
        # Which columns a training reads is decided by their names.
        ("sft", ("--columns.text", "prompt"), {"prompt": "a", "completion": "b"}, {"text", "completion"}),
    ],
)
def test_what_is_kept(
    tmp_path: Path, command: str, words: tuple[str, ...], row: dict[str, Any], kept: set[str]
) -> None:
    _, found = renamed(command, "--dataset", write(tmp_path / "rows.jsonl", row), *words)
    assert kept <= {*found}
    assert {*row} & {*found} <= kept
