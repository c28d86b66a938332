"""A trainer's state that it does not write into its checkpoints."""

import json
from typing import Any

import torch
from accelerate.utils import send_to_device
from transformers import TrainerCallback


class Progress(TrainerCallback):  # type: ignore[misc]
    """State of every TRL trainer: values for the next log, tokens seen, the generator of the rows' order."""

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer
        self._shuffled_by: torch.Tensor | None = None
        self._resumed = False

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        # A sampler without its own generator (group_by_length) draws the epoch's order from torch's.
        if self._resumed:
            torch.set_rng_state(self._shuffled_by)
        self._shuffled_by, self._resumed = torch.get_rng_state(), False

    def state_dict(self) -> dict[str, Any]:
        trainer = self.trainer
        ended = float(trainer.state.epoch).is_integer()
        return {
            "metrics": _plain(trainer._metrics["train"]),
            "tokens": trainer._total_train_tokens,
            "loss": float(trainer._tr_loss),
            "last_logged": trainer._globalstep_last_logged,
            "shuffled_by": torch.get_rng_state() if ended else self._shuffled_by,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        trainer = self.trainer
        trainer._metrics["train"].update(state["metrics"])
        trainer._total_train_tokens = state["tokens"]
        trainer._tr_loss += state["loss"]
        # The trainer's final summary is about the steps of this attempt.
        trainer._total_loss_scalar -= state["loss"]
        trainer._globalstep_last_logged = state["last_logged"]
        self._shuffled_by, self._resumed = state["shuffled_by"], True


class GRPOProgress(Progress):
    """In addition, for GRPO: completions that are not trained on yet, and the order of the prompts."""

    def state_dict(self) -> dict[str, Any]:
        trainer = self.trainer
        state = {**super().state_dict(), "step": trainer._step}
        if trainer._step % (trainer.args.steps_per_generation * trainer.num_iterations):
            # Without these TRL generates again, with a later model, and from then on at other steps.
            state["batches"] = trainer._buffered_inputs
            state["table"] = _plain(_table(trainer._logs))
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        trainer = self.trainer
        trainer._step = state["step"]
        if "batches" in state:
            trainer._buffered_inputs = send_to_device(state["batches"], trainer.accelerator.device)
            _fill(trainer._logs, state["table"])
        sampler = _sampler(trainer.callback_handler.train_dataloader)
        for _ in range(int(trainer.state.epoch)):
            # TRL's sampler draws an order whenever it starts: without this, the first epoch's is repeated.
            next(iter(sampler))


def end_at_last_step(trainer: Any) -> None:
    """Makes the trainer stop after the last step.

    A run that was killed after that step, but before the model was saved, resumes there; in the middle of an
    epoch, the trainer would take another step before it notices that it is done.
    """
    deal = trainer.get_batch_samples

    def get_batch_samples(*args: Any) -> Any:
        return ([], None) if trainer.state.global_step >= trainer.state.max_steps else deal(*args)

    trainer.get_batch_samples = get_batch_samples


def _sampler(loader: Any) -> Any:
    """The sampler of rows, below a loader's batch samplers."""
    sampler = loader.batch_sampler
    while hasattr(sampler, "batch_sampler"):
        sampler = sampler.batch_sampler
    return sampler.sampler


def _table(logs: dict[str, Any]) -> dict[str, Any]:
    """The completions that TRL writes at the next log, by column, without images."""
    return {
        name: _table(part) if isinstance(part, dict) else list(part)
        for name, part in logs.items()
        if name != "images"
    }


def _fill(logs: dict[str, Any], table: dict[str, Any]) -> None:
    for name, part in table.items():
        if isinstance(part, dict):
            _fill(logs[name], part)
        else:
            logs[name].extend(part)


def _plain(values: Any) -> Any:
    """Only numbers, texts, lists and mappings, which can be loaded without running code from a file."""

    def convert(value: Any) -> Any:
        return value.item() if hasattr(value, "item") else str(value)

    return json.loads(json.dumps(values, default=convert))
