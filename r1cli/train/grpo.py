"""The GRPO worker: ``python -m r1cli.train.grpo RUN_DIR``, or as many as accelerate starts."""

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.config.groups.code import TrainingCode
from r1cli.config.groups.data import TrainingData
from r1cli.config.groups.rewards import GrpoRewards, Rewards
from r1cli.config.record import RecordedConfig
from r1cli.files import write_text
from r1cli.launch.announce import say_loading
from r1cli.launch.worker import run_worker

if TYPE_CHECKING:
    from r1cli.scoring.scorer import Scorer


def work(run_dir: Path, run: dict[str, Any]) -> object:
    from r1cli.scoring.choose import start_scorer

    # Its process loads the rewards while this one loads TRL.
    config = RecordedConfig(run["config"])
    with closing(start_scorer(config.section(Rewards), config.section(TrainingCode))) as scorer:
        return _train(run_dir, config, scorer)


def _train(run_dir: Path, config: RecordedConfig, scorer: "Scorer") -> object:
    from accelerate import PartialState
    from accelerate.utils import gather_object
    from trl import GRPOConfig, GRPOTrainer

    from r1cli.data.chat_template import find_prefill
    from r1cli.data.chats import PROMPTS
    from r1cli.data.load import name_of
    from r1cli.scoring.groups import Ranks
    from r1cli.train.batch import require_whole_batch
    from r1cli.train.callbacks import Timings
    from r1cli.train.completions_table import COLUMNS
    from r1cli.train.data_report import first_prompt, report_data
    from r1cli.train.learning_signal import watch_signal
    from r1cli.train.progress import GRPOProgress
    from r1cli.train.rewards import TrainerRewards
    from r1cli.train.server import ask_server, uses_server
    from r1cli.train.setup import train_and_save, trainer_arguments, training_arguments
    from r1cli.train.tools import Tools, require_tool_template

    server = ask_server(config) if uses_server(config) else {}
    arguments = training_arguments(GRPOConfig, run_dir, config, **server)
    state = PartialState()
    scorer.ranks = Ranks(state.process_index, state.num_processes, gather_object)
    scorer.wait()
    if state.is_main_process and scorer.code_facts:
        write_text(run_dir / "launch" / "code.json", json.dumps(scorer.code_facts, indent=2) + "\n")
    tools = Tools(config.section(TrainingCode))
    timings = Timings()
    signal = watch_signal(config.section(GrpoRewards), scorer.rewards, arguments.num_generations)
    # Completions directly follow their prompts, so padding is on the left.
    shared = trainer_arguments(
        run_dir, config, arguments, timings, PROMPTS, padding_side="left", truncation_side="left"
    )
    require_whole_batch(
        len(shared["train_dataset"]), arguments.generation_batch_size, arguments.num_generations
    )
    shared["callbacks"].insert(0, signal)
    if tools.functions:
        require_tool_template(shared["processing_class"])
    prompt = shared["train_dataset"][0]["prompt"]
    rewards = TrainerRewards(
        scorer,
        on_scored=lambda seconds: timings.add("rewards", seconds),
        watch=signal.count,
        prefill=find_prefill(shared["processing_class"], prompt, **arguments.chat_template_kwargs or {}),
        lost=tools.faults,
    )
    leave_out_of_log(COLUMNS)
    say_loading("the model")
    trainer = GRPOTrainer(reward_funcs=rewards.functions(), tools=tools.functions or None, **shared)
    report_data(run_dir, name_of(config.section(TrainingData)), shared, trainer, first_prompt(trainer))
    progress, watch = GRPOProgress(trainer), scorer.watch
    train_and_save(run_dir, config, progress, watch.conclude, faults=watch, signal=signal)
    return trainer


def leave_out_of_log(column: str) -> None:
    """Keeps a column of the table of completions out of those that TRL prints."""
    from trl.trainer import grpo_trainer

    show = grpo_trainer.print_prompt_completions_sample

    def show_without(*words: Any, extra: Mapping[str, Any] | None = None, **options: Any) -> None:
        show(
            *words, extra={name: found for name, found in (extra or {}).items() if name != column}, **options
        )

    grpo_trainer.print_prompt_completions_sample = show_without


if __name__ == "__main__":
    run_worker("train", work)
