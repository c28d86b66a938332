"""GRPO as somebody writes it who uses TRL alone: `plain_grpo.py MODEL ROWS FOLDER STEPS BATCH GROUP LENGTH`.

`overhead.py` runs it beside `r1 grpo`. It prints a line of JSON with the time at each step's end.
"""

import json
import re
import sys
import time
from typing import Any

from datasets import load_dataset
from math_verify import parse, verify
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

FORMAT = re.compile(r"^<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>$", re.DOTALL)


def accuracy(completions: list[Any], solution: list[str], **columns: Any) -> list[float]:
    pairs = zip(solution, completions, strict=True)
    return [float(verify(parse(gold), parse(completion[0]["content"]))) for gold, completion in pairs]


def format_reward(completions: list[Any], **columns: Any) -> list[float]:
    return [float(bool(FORMAT.match(completion[0]["content"]))) for completion in completions]


class Clock(TrainerCallback):
    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        print(json.dumps({"step": state.global_step, "time": time.time()}), flush=True)


def main() -> None:
    model, rows, folder = sys.argv[1:4]
    steps, batch, group, length = map(int, sys.argv[4:])
    data = load_dataset("json", data_files=rows, split="train")
    chats = data.map(lambda row: {"prompt": [{"role": "user", "content": row["prompt"]}]})
    arguments = GRPOConfig(
        output_dir=folder,
        max_steps=steps,
        per_device_train_batch_size=batch,
        num_generations=group,
        max_completion_length=length,
        learning_rate=2e-4,
        bf16=False,
        gradient_checkpointing=False,
        seed=0,
        use_cpu=True,
        report_to="none",
        logging_steps=1,
        save_strategy="no",
        disable_tqdm=True,
    )
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=[accuracy, format_reward],
        args=arguments,
        train_dataset=chats,
        callbacks=[Clock()],
    )
    trainer.train()
    trainer.save_model(folder)


if __name__ == "__main__":
    main()
