"""Stops a run on request, with a checkpoint that it can resume from."""

import json
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast
from transformers import TrainerCallback
from transformers.trainer_utils import SaveStrategy

from r1cli.files import write_text
from r1cli.runs.run_dir import STEPPING, STOP, STOPPED


class StopOnRequest(TrainerCallback):  # type: ignore[misc]
    """Checks for ``RUN_DIR/launch/stop`` after each step, and answers with ``launch/stopped.json``.

    Rank 0 writes the answer, ``{"step": 7, "checkpoint": "checkpoint-7"}``, when the checkpoint is complete.
    A run that has reached its last step is finished and does not answer. This callback must come before
    `Checkpoints`, which knows whether the step already has a checkpoint.
    """

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.stopping = False

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Says that requests are answered from now on."""
        if state.is_world_process_zero:
            write_text(self.run_dir / STEPPING, "")

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step >= state.max_steps or not self._is_asked():
            return
        self.stopping = control.should_training_stop = True
        # The checkpoint must be resumable, even if the run's regular ones are not.
        args.save_only_model = args.load_best_model_at_end = False
        if args.save_strategy == SaveStrategy.BEST:
            # An evaluation without a better model would cancel the save.
            args.save_strategy = SaveStrategy.STEPS

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Runs after each stop, and after everything else that was due at its step."""
        if self.stopping:
            control.should_save = True
            if not float(state.epoch).is_integer():
                control.should_evaluate = control.should_log = False

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.stopping and state.is_world_process_zero:
            answer = {"step": state.global_step, "checkpoint": f"checkpoint-{state.global_step}"}
            write_text(self.run_dir / STOPPED, json.dumps(answer) + "\n")

    def _is_asked(self) -> bool:
        """Whether rank 0 sees the file: the other nodes may see it later."""
        here = PartialState()
        seen = here.is_main_process and (self.run_dir / STOP).exists()
        return bool(broadcast(torch.tensor(int(seen), device=here.device)))
