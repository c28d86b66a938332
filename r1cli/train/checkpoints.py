"""Checkpoints: which are complete, what r1 adds to them, and which are deleted."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from transformers import TrainerCallback
from transformers.trainer import TRAINER_STATE_NAME

from r1cli.errors import R1Error
from r1cli.files import write_text
from r1cli.runs.model import WHOLE, checkpoints, entry_of, step


class Part(Protocol):
    """State to save in addition to the trainer's own; plain values and tensors."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class Checkpoints(TrainerCallback):  # type: ignore[misc]
    """Completes each checkpoint, and deletes older ones once it is complete.

    The trainer itself would delete before the other ranks have written their part of the new one, so its
    ``save_total_limit`` must be off.

    Args:
        run_dir: where the checkpoints are.
        parts: the state of each rank, by name.
        limit: save_total_limit: the number of checkpoints to retain, with the best one; None or 0 for all.
    """

    def __init__(self, run_dir: Path, parts: Mapping[str, Part], limit: int | None = None) -> None:
        self.run_dir = run_dir
        self.parts = parts
        self.limit = limit
        self._late = False
        self._last = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Restores the parts from the checkpoint that the run resumes from."""
        self._last = state.global_step
        if state.global_step == 0:
            return
        checkpoint, ranks = _path(self.run_dir, state.global_step), PartialState().num_processes
        if entry_of(checkpoint)["ranks"] != ranks:
            sys.stderr.write(
                f"warning: {checkpoint} was not written by {ranks} ranks: each gets other rows now\n"
            )
            return
        saved = torch.load(_own_file(checkpoint), map_location="cpu", weights_only=True)
        for name, part in self.parts.items():
            part.load_state_dict(saved[name])

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Delays a save at an epoch's last step to the epoch's end, so that a resumed run is evaluated."""
        self._late = control.should_save and float(state.epoch).is_integer()
        control.should_save = control.should_save and not self._late

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Prevents writing into a complete checkpoint."""
        control.should_save = (control.should_save or self._late) and self._last != state.global_step

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        checkpoint, everyone = _path(self.run_dir, state.global_step), PartialState()
        checkpoint.mkdir(exist_ok=True)
        torch.save({name: part.state_dict() for name, part in self.parts.items()}, _own_file(checkpoint))
        everyone.wait_for_everyone()
        if everyone.is_local_main_process:
            _flush(checkpoint)
        everyone.wait_for_everyone()
        if args.should_save:
            entry = {"ranks": everyone.num_processes, "model_only": args.save_only_model}
            write_text(checkpoint / WHOLE, json.dumps(entry) + "\n")
            self._delete_older(checkpoint, state.best_model_checkpoint)
        self._last = state.global_step

    def _delete_older(self, newest: Path, best: str | None) -> None:
        """Deletes checkpoints beyond the limit, and those left incomplete by a kill."""
        older = [path for path in checkpoints(self.run_dir) if step(path) < step(newest)]
        retained = {newest.name, Path(best or newest).name}
        for path in reversed(older):
            if entry_of(path) and (not self.limit or len(retained) < self.limit):
                retained.add(path.name)
        for path in older:
            if path.name not in retained:
                # Delete the marker first: a kill may leave the rest incomplete.
                (path / WHOLE).unlink(missing_ok=True)
                shutil.rmtree(path, ignore_errors=True)


class PreserveCheckpoints(TrainerCallback):  # type: ignore[misc]
    """Keeps each checkpoint at a multiple of ``every`` steps in ``RUN_DIR/preserved``.

    It must come after `Checkpoints`, which completes them.
    """

    def __init__(self, run_dir: Path, every: int) -> None:
        self.run_dir = run_dir
        self.every = every

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Catches up if the run was killed between a save and its `on_save`."""
        self._preserve(args, state.global_step)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._preserve(args, state.global_step)

    def _preserve(self, args: Any, step: int) -> None:
        checkpoint = _path(self.run_dir, step)
        if args.should_save and step % self.every == 0 and checkpoint.is_dir():
            preserve(checkpoint, self.run_dir / "preserved" / checkpoint.name)


def preserve(source: Path, target: Path) -> None:
    """Copies a folder with hard links, or with copies if links are not supported; atomically."""
    if target.exists():
        return
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial, copy_function=_link_or_copy)
    partial.rename(target)


def start_from(run_dir: Path, sharded: bool) -> str | None:
    """The newest complete checkpoint, the same on all ranks, or None.

    Args:
        run_dir: where the checkpoints are.
        sharded: the model is sharded over the ranks, so a checkpoint of the model alone cannot be loaded.

    Raises:
        R1Error: it is such a checkpoint.
    """
    whole = [path for path in checkpoints(run_dir) if entry_of(path)]
    if whole and PartialState().is_main_process:
        _find_best(whole[-1])
    # A shared file system may show different contents to the ranks.
    (newest,) = broadcast_object_list([whole[-1] if whole else None])
    if newest is None:
        return None
    if entry_of(newest)["model_only"]:
        if sharded:
            raise R1Error(
                "the last checkpoint contains only the model: a run that shards it cannot resume from there",
                where=str(newest),
                fix=f"start a new run from it: --model {newest} --output-dir ANOTHER",
            )
        sys.stderr.write(
            f"warning: {newest} has no optimizer state (save_only_model): the optimizer starts from scratch\n"
        )
    return str(newest)


def _find_best(checkpoint: Path) -> None:
    """Corrects the path of the best checkpoint, which the trainer would forget if the run was moved."""
    path = checkpoint / TRAINER_STATE_NAME
    if not path.exists():
        return
    state = json.loads(path.read_text(encoding="utf-8"))
    best = state.get("best_model_checkpoint")
    moved = checkpoint.with_name(Path(best).name) if best else checkpoint
    if best and not Path(best).is_dir() and entry_of(moved):
        write_text(path, json.dumps({**state, "best_model_checkpoint": str(moved)}, indent=2) + "\n")


def _own_file(checkpoint: Path) -> Path:
    """The file with this rank's parts."""
    return checkpoint / f"r1_state_{PartialState().process_index}.pt"


def _path(run_dir: Path, step: int) -> Path:
    return run_dir / f"checkpoint-{step}"


def _flush(folder: Path) -> None:
    """Flushes a folder's files to disk: after a power failure `WHOLE` must not exist without them."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
