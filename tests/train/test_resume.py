"""A run that was killed resumes as if it had not been: the same weights, the same record."""

import json
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet
import pytest

from r1cli.runs.model import WHOLE
from tests.conftest import drawn
from tests.train.conftest import Undisturbed
from tests.train.tiny_runs import STEPS, Start, TinyRun, difference


def assert_same(run: TinyRun, whole: TinyRun, steps: Sequence[int]) -> None:
    """Weights, what was logged and the completions of these steps are those of the other run."""
    assert difference(run.folder, whole.folder) <= 1e-5
    logged, expected = (
        [entry for entry in each.metrics() if entry["step"] in steps] for each in (run, whole)
    )
    assert logged == expected
    for step in steps if run.command == "grpo" else ():
        file = f"completions/completions_{step:05d}.parquet"
        table, other = (pyarrow.parquet.read_table(each.folder / file) for each in (run, whole))
        assert table.to_pylist() == other.to_pylist()
        assert table.num_rows == 8 * run.ranks


def resume_at(step: int, whole: TinyRun, folder: Path) -> TinyRun:
    """A run that has only the checkpoint of one step."""
    shutil.copytree(whole.folder / f"checkpoint-{step}", folder / f"checkpoint-{step}")
    return TinyRun(folder, whole.command, whole.config, whole.ranks)


# Of GRPO: while completions are left to train on, and when the prompts have had a second order.
@pytest.mark.parametrize(
    ("command", "ranks", "step"), [pytest.param("sft", 2, 3, marks=pytest.mark.slow), ("grpo", 2, 3)]
)
def test_it_goes_on_from_any_step(
    undisturbed: Undisturbed, tmp_path: Path, command: str, ranks: int, step: int
) -> None:
    whole = undisturbed(command, ranks)
    run = resume_at(step, whole, tmp_path / "run").train()
    assert_same(run, whole, range(step + 1, STEPS + 1))


@pytest.mark.slow
def test_killed_after_its_last_step_it_takes_none_more(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """Nor does it write into the checkpoint, though the epoch that it broke off ends again."""
    whole = undisturbed("sft", 1)
    run = resume_at(STEPS, whole, tmp_path / "run")
    run.config = {**run.config, "training": {**run.config["training"], "save_strategy": "epoch"}}
    run.train()
    assert run.metrics() == []
    assert run.checkpoints() == [f"checkpoint-{STEPS}"]
    written, copied = (each.folder / f"checkpoint-{STEPS}" / "optimizer.pt" for each in (whole, run))
    assert written.stat().st_mtime == copied.stat().st_mtime
    assert_same(run, whole, [])


@pytest.mark.slow
def test_a_half_written_checkpoint_is_not_loaded_and_not_in_the_way(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    whole = undisturbed("sft", 1)
    run = resume_at(4, whole, tmp_path / "run")
    for step in (5, 7):
        # All that the trainer itself writes, and some of it not to its end.
        broken = run.folder / f"checkpoint-{step}"
        shutil.copytree(whole.folder / broken.name, broken)
        (broken / WHOLE).unlink()
        (broken / "optimizer.pt").write_bytes((broken / "optimizer.pt").read_bytes()[:1000])
    run.train()
    assert_same(run, whole, range(5, STEPS + 1))
    for step in (5, 7):
        written, expected = ((each.folder / f"checkpoint-{step}" / "optimizer.pt") for each in (run, whole))
        assert written.stat().st_size == expected.stat().st_size


def test_from_a_checkpoint_of_the_model_alone_the_optimizer_starts_anew(
    tiny_start: Start, tmp_path: Path
) -> None:
    config = tiny_start.config("sft", save_only_model=True, save_total_limit=None, max_steps=3, save_steps=2)
    run = TinyRun(tmp_path / "run", "sft", config).train()
    assert not [*run.folder.glob("checkpoint-*/optimizer.pt")]
    shutil.rmtree(run.folder / "checkpoint-3")
    run.train()
    assert (
        "checkpoint-2 has no optimizer state (save_only_model): the optimizer starts from scratch"
        in run.log()
    )
    assert [entry["step"] for entry in run.metrics()] == [1, 2, 3]


@pytest.mark.slow
def test_rows_grouped_by_length_come_in_the_same_order(tiny_start: Start, tmp_path: Path) -> None:
    """Adapters drop the same out, and a log that was half full at the checkpoint gets the same figures."""
    config = tiny_start.config("sft", save_steps=4, save_total_limit=None, logging_steps=3)
    config["training"]["train_sampling_strategy"] = "group_by_length"
    config["model"] |= {"use_peft": True, "lora_dropout": 0.5, "lora_target_modules": ["q_proj", "v_proj"]}
    whole = TinyRun(tmp_path / "whole", "sft", config).train()
    run = resume_at(4, whole, tmp_path / "run").train()
    assert_same(run, whole, range(5, STEPS + 1))


def test_an_epoch_is_evaluated_before_the_checkpoint_of_its_last_step(
    tiny_start: Start, tmp_path: Path
) -> None:
    """Resumed there, it would not be evaluated any more."""
    config = tiny_start.config("sft", max_steps=1, gradient_accumulation_steps=4, eval_strategy="epoch")
    config["data"]["test_size"] = 4
    run = TinyRun(tmp_path / "run", "sft", config).train()
    state = json.loads((run.folder / "checkpoint-1" / "trainer_state.json").read_text())
    assert any("eval_loss" in entry for entry in state["log_history"])


def test_more_ranks_than_before_go_on(undisturbed: Undisturbed, tmp_path: Path) -> None:
    run = resume_at(6, undisturbed("sft", 1), tmp_path / "run")
    run.ranks = 2
    run.train()
    assert "checkpoint-6 was not written by 2 ranks" in run.log()


#: Commands and ranks whose runs are killed at random in the long test.
RUNS = (("sft", 2), ("grpo", 1), ("grpo", 2))


@pytest.mark.parametrize(
    ("command", "ranks", "seed"),
    drawn([(*run, seed) for run in RUNS for seed in (1, 2, 3)]),
)
def test_killed_at_random_steps_it_ends_as_if_undisturbed(
    undisturbed: Undisturbed, tiny_start: Start, tmp_path: Path, command: str, ranks: int, seed: int
) -> None:
    """Five times, at steps that the test prints; it has a checkpoint of each third step."""
    run = TinyRun(tmp_path / "run", command, tiny_start.config(command), ranks)
    steps = random.Random(seed).choices(range(1, STEPS), k=5)
    sys.stderr.write(f"seed {seed}: killed at steps {steps}\n")
    for step in steps:
        run.start()
        run.wait_for_step(step)
        run.kill()
    run.train()
    assert_same(run, undisturbed(command, ranks), range(1, STEPS + 1))
    assert run.checkpoints() == [f"checkpoint-{STEPS}"]
