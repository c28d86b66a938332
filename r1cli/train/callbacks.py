"""The trainer's callbacks that keep the run's record."""

import json
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from r1cli.launch.run_dir import write_text


class MetricsCallback(TrainerCallback):  # type: ignore[misc]
    """Writes ``metrics.jsonl``: a line for each step that the trainer logs, from rank 0."""

    def __init__(self, run_dir: Path) -> None:
        self.path = run_dir / "metrics.jsonl"

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Cuts the record back to the checkpoint that the run goes on from."""
        if state.is_world_process_zero and self.path.exists():
            lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [
                line
                for line in lines
                if line.endswith("\n") and json.loads(line)["step"] <= state.global_step
            ]
            write_text(self.path, "".join(kept))

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **kwargs: Any) -> None:
        if state.is_world_process_zero:
            line = {"step": state.global_step, "max_steps": state.max_steps, "time": time.time(), **logs}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
