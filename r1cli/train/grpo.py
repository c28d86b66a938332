"""The GRPO worker: ``accelerate launch ... -m r1cli.train.grpo RUN_DIR``."""

from pathlib import Path
from typing import Any

from r1cli.launch.worker import run_worker


def work(run_dir: Path, run: dict[str, Any]) -> object:
    from trl import GRPOConfig, GRPOTrainer

    from r1cli.scoring.choose import choose_rewards
    from r1cli.scoring.scorer import Scorer
    from r1cli.train.callbacks import Timings
    from r1cli.train.rewards import TrainerRewards
    from r1cli.train.setup import train_and_save, trainer_arguments, training_arguments

    config = run["config"]
    scorer = Scorer(choose_rewards(config["rewards"]))
    timings = Timings()
    rewards = TrainerRewards(scorer, on_scored=lambda seconds: timings.add("rewards", seconds))
    arguments = training_arguments(GRPOConfig, run_dir, config)
    # Completions follow their prompts at once, so what fills a batch up stands on the left.
    shared = trainer_arguments(
        run_dir, config, arguments, timings, padding_side="left", truncation_side="left"
    )
    trainer = GRPOTrainer(reward_funcs=rewards.functions(), **shared)
    train_and_save(trainer, run_dir, scorer.watch.conclude)
    return trainer


if __name__ == "__main__":
    run_worker("train", work)
