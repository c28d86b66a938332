"""A reward whose service is down is an error, and never a score."""

from pathlib import Path

from tests.train.tiny_runs import Start, TinyRun


def test_a_broken_reward_ends_the_run(tiny_start: Start, tmp_path: Path) -> None:
    """Without a stop, GRPO would train on the other reward alone."""
    config = tiny_start.config(
        "grpo", per_device_train_batch_size=64, num_generations=16, gradient_accumulation_steps=1
    )
    names = [f"{tiny_start.folder / 'mine.py'}:{name}" for name in ("letters", "down")]
    config["rewards"] |= {"reward_funcs": names, "reward_weights": [1.0, 1.0]}
    run = TinyRun(tmp_path / "run", "grpo", config)
    run.start()
    assert run.wait() == [1]
    assert "64 of the last 64 completions could not be scored" in run.log()
    assert "ConnectionError: the service is down" in run.log()
    assert not (run.folder / "model.safetensors").exists()
