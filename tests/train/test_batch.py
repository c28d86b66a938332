"""A dataset that does not fill one batch of GRPO."""

import pytest

from r1cli.errors import R1Error
from r1cli.train.batch import require_steps, require_whole_batch


def test_fewer_rows_than_a_batch_has_prompts_end_the_run() -> None:
    require_whole_batch(2, batch=8, group=4)
    with pytest.raises(R1Error, match="has 1 row to train on, and one batch takes 2 prompts"):
        require_whole_batch(1, batch=8, group=4)


def test_a_training_without_a_step_has_no_result() -> None:
    require_steps(1, rows=1)
    with pytest.raises(R1Error, match="made no step: 3 rows do not fill one batch"):
        require_steps(0, rows=3)
