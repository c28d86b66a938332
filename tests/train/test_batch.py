"""A dataset that does not fill one batch."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1cli.errors import R1Error
from r1cli.train.batch import require_whole_batch, too_few_rows
from tests.train.tiny_runs import Start, TinyRun


def test_fewer_rows_than_a_batch_has_prompts_end_the_run() -> None:
    require_whole_batch(2, batch=8, group=4)
    with pytest.raises(R1Error, match="has 1 row to train on, and one batch takes 2 prompts"):
        require_whole_batch(1, batch=8, group=4)


@pytest.mark.xdist_group("torch")
def test_the_rule_is_that_of_trls_sampler() -> None:
    from trl.trainer.utils import RepeatSampler

    @given(st.integers(0, 70), st.integers(1, 16), st.integers(1, 4), st.integers(1, 8), st.integers(2, 8))
    def agrees(rows: int, per_device: int, ranks: int, steps: int, group: int) -> None:
        batch = per_device * ranks * steps * group  # whole groups, as another check requires
        sampler = RepeatSampler(range(rows), group, batch // group, repeat_count=steps)
        assert (len(sampler) == 0) == (too_few_rows(rows, batch, group, "rows") is not None)

    agrees()


def test_a_training_that_made_no_step_has_failed(tiny_start: Start, tmp_path: Path) -> None:
    config = tiny_start.config("sft", per_device_train_batch_size=64, dataloader_drop_last=True)
    run = TinyRun(tmp_path, "sft", config)
    run.start()
    assert run.wait() == [1]
    assert "the training made no step: 20 rows do not fill one batch" in run.log()
    assert not list(tmp_path.glob("*.safetensors"))
