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
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer


def main() -> None:
    command, settings, model, rows, output_dir = sys.argv[1:]
    train = _make_sft if command == "sft" else _make_grpo
    trainer = train(model, {**json.loads(Path(settings).read_text()), "output_dir": output_dir}, _read(rows))
    trainer.train()
    trainer.save_model(output_dir)
    lines = (json.dumps(entry) + "\n" for entry in trainer.state.log_history)
    Path(output_dir, "metrics.jsonl").write_text("".join(lines))


def _read(path: str) -> Dataset:
    """The rows, as chats."""
    rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
    for row in rows:
        for key, role in (("prompt", "user"), ("completion", "assistant")):
            if key in row:
                row[key] = [{"role": role, "content": row[key]}]
    return Dataset.from_list(rows)


def _make_sft(model: str, settings: dict[str, Any], rows: Dataset) -> SFTTrainer:
    return SFTTrainer(model, args=SFTConfig(**settings), train_dataset=rows, callbacks=[GpuLog()])


def _make_grpo(model: str, settings: dict[str, Any], rows: Dataset) -> GRPOTrainer:
    return GRPOTrainer(
        model,
        reward_funcs=same_answer,
        args=GRPOConfig(**settings),
        train_dataset=rows,
        callbacks=[GpuLog()],
    )


if __name__ == "__main__":
    main()
