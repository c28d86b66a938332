"""The SFT worker: ``python -m r1cli.train.sft RUN_DIR``, or as many as accelerate starts."""

from pathlib import Path
from typing import Any

from r1cli.commands import find_command
from r1cli.config.record import RecordedConfig
from r1cli.launch.announce import say_loading
from r1cli.launch.worker import run_worker


def work(run_dir: Path, run: dict[str, Any]) -> object:
    from trl import SFTConfig, SFTTrainer

    from r1cli.config.groups.data import TrainingData
    from r1cli.data.load import name_of
    from r1cli.train.callbacks import Timings
    from r1cli.train.data_report import check_data, first_trained, report_data
    from r1cli.train.progress import Progress
    from r1cli.train.setup import train_and_save, trainer_arguments, training_arguments

    config = RecordedConfig(run["config"])
    arguments = training_arguments(SFTConfig, run_dir, config)
    needed = find_command(run["command"]).columns
    shared = trainer_arguments(run_dir, config, arguments, Timings(), needed)
    say_loading("the model")
    trainer = SFTTrainer(**shared)
    report_data(run_dir, name_of(config.section(TrainingData)), shared, trainer, first_trained(trainer))
    check_data(trainer, len(shared["train_dataset"]))
    train_and_save(run_dir, config, Progress(trainer))
    return trainer


if __name__ == "__main__":
    run_worker("train", work)
