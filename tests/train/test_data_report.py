"""What a training says of its rows before the first step."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from datasets import Dataset

from r1cli.errors import R1Error
from r1cli.runs.data_facts import read_data_facts
from r1cli.train.data_report import check_data, report_data

# As after a filter: one row is still in the table.
ROWS = Dataset.from_dict({"input_ids": [[1], [1, 2, 3], [1, 2, 3], [1, 2, 3]]}).select([0, 3, 1])


@pytest.mark.parametrize(
    ("loaded", "settings", "lines"),
    [
        ({"train_dataset": range(3)}, {"max_length": 8}, ["rows.jsonl: 3 rows to train"]),
        (
            {"train_dataset": range(1500), "eval_dataset": range(20)},
            {"max_length": 3},
            [
                "rows.jsonl: 1,500 rows to train, 20 rows to test",
                "1,497 of the rows to train are dropped: no token of them would be trained on",
                "2 of the rows to train reach max_length 3, and may be cut off",
            ],
        ),
        (
            {"train_dataset": range(9)},
            {"packing": True},
            ["rows.jsonl: 9 rows to train", "packed into 3 sequences"],
        ),
    ],
)
def test_rows_of_each_split_and_what_is_left_out(
    tmp_path: Path, loaded: dict[str, Any], settings: dict[str, Any], lines: list[str]
) -> None:
    trainer = SimpleNamespace(
        accelerator=SimpleNamespace(is_main_process=True),
        args=SimpleNamespace(**settings),
        train_dataset=ROWS,
        eval_dataset=range(20),
    )
    report_data(tmp_path, "rows.jsonl", loaded, trainer, "<s>1")
    assert read_data_facts(tmp_path) == {"lines": lines, "first": "<s>1"}


def test_a_training_on_nothing_is_refused() -> None:
    trainer = SimpleNamespace(train_dataset=ROWS.select([]), args=SimpleNamespace(max_length=6))
    with pytest.raises(R1Error, match="no row is left to train on") as caught:
        check_data(trainer, 40)
    assert "raise --max_length above 6" in caught.value.fix
    trainer.train_dataset = ROWS
    check_data(trainer, 40)
