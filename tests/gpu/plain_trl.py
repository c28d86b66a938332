"""The same training without r1: ``python plain_trl.py COMMAND SETTINGS.json MODEL ROWS.jsonl OUTPUT_DIR``.

It stands for the script that users write themselves. Its log goes to OUTPUT_DIR/metrics.jsonl, as r1's does.
"""

import json
import sys
from pathlib import Path
from typing import Any

from datasets import Dataset
from gpu_log import GpuLog
from r1_gpu_log import same_answer
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer


class Record(TrainerCallback):
    """Keeps what is logged, with what the callbacks before it have added."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **kwargs: Any) -> None:
        self.lines.append(json.dumps({"step": state.global_step, **logs}) + "\n")


def main() -> None:
    command, settings, model, rows, output_dir = sys.argv[1:]
    arguments = {**json.loads(Path(settings).read_text()), "output_dir": output_dir}
    record = Record()
    shared = {"model": model, "train_dataset": _read(rows), "callbacks": [GpuLog(), record]}
    if command == "sft":
        trainer = SFTTrainer(args=SFTConfig(**arguments), **shared)
    else:
        trainer = GRPOTrainer(args=GRPOConfig(**arguments), reward_funcs=same_answer, **shared)
    trainer.train()
    trainer.save_model(output_dir)
    Path(output_dir, "metrics.jsonl").write_text("".join(record.lines))


def _read(path: str) -> Dataset:
    """The rows, as chats."""
    rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
    for row in rows:
        for key, role in (("prompt", "user"), ("completion", "assistant")):
            if key in row:
                row[key] = [{"role": role, "content": row[key]}]
    return Dataset.from_list(rows)


if __name__ == "__main__":
    main()
