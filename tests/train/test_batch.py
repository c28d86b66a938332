"""A dataset that does not fill one batch."""

from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.train.batch import require_whole_batch
from tests.train.tiny_runs import Start, TinyRun


def test_fewer_rows_than_a_batch_has_prompts_end_the_run() -> None:
    require_whole_batch(2, batch=8, group=4)
    with pytest.raises(R1Error, match="has 1 row to train on, and one batch takes 2 prompts"):
        require_whole_batch(1, batch=8, group=4)


def test_a_training_that_made_no_step_has_failed(tiny_start: Start, tmp_path: Path) -> None:
    config = tiny_start.config("sft", per_device_train_batch_size=64, dataloader_drop_last=True)
    run = TinyRun(tmp_path, "sft", config)
    run.start()
    assert run.wait() == [1]
    assert "the training made no step: 20 rows do not fill one batch" in run.log()
    assert not list(tmp_path.glob("*.safetensors"))
