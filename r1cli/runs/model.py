"""The models that a run has written: its checkpoints, and the one that it ends with."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from r1cli.commands import COMMANDS, trains
from r1cli.errors import R1Error
from r1cli.files import existing_path
from r1cli.runs.locate import RUNS, command_of, find_runs, holds_run
from r1cli.runs.run_dir import read_run, read_status

#: The last file of a checkpoint: where it is missing, the checkpoint is half-written or half-deleted.
WHOLE = "whole.json"


def model_of_run(run_dir: Path) -> Path:
    """The model of a finished run; the newest whole checkpoint of any other.

    Raises:
        R1Error: the run has neither, or the directory contains no run.
    """
    read_run(run_dir)
    if (run_dir / "config.json").is_file() and read_status(run_dir).get("state") == "finished":
        return run_dir
    whole = [path for path in checkpoints(run_dir) if entry_of(path) and (path / "config.json").is_file()]
    if whole:
        return whole[-1]
    row = COMMANDS.get(command_of(run_dir))
    if row and not row.trains:
        fix = "name a training, or the folder of a model"
        raise R1Error(f"a run of `r1 {row.name}` makes no model", where=str(run_dir), fix=fix)
    adapter = any(run_dir.glob("**/adapter_config.json"))
    raise R1Error(
        "the run contains an adapter, and not a whole model" if adapter else "the run has no model yet",
        where=str(run_dir),
        fix="merge it into its model with peft's merge_and_unload, and name the folder of the result"
        if adapter
        else "wait for its end or its first checkpoint, or name a model",
    )


def model_folder(name: str) -> Path | None:
    """The folder of a path, where it holds a model; None for anything else.

    Raises:
        R1Error: it is a checkpoint of a run, and half-written or half-deleted.
    """
    path = existing_path(name)
    if path is None or not (path / "config.json").is_file():
        return None
    run_dir = path.resolve().parent
    if holds_run(run_dir) and path.resolve() in checkpoints(run_dir) and not entry_of(path):
        whole = [one.name for one in checkpoints(run_dir) if entry_of(one)]
        fix = f"name {whole[-1]}, or the run" if whole else "wait until it is written"
        raise R1Error("the checkpoint is not whole", where=str(path), fix=fix)
    return path


def newest_trained_run(preset: str = "") -> Path | None:
    """The newest finished run below ./runs that trained a model which can be loaded; None without one.

    Args:
        preset: that it was made with; empty for any, or none.
    """
    for run_dir in find_runs(RUNS):
        if trains(command_of(run_dir)) and read_status(run_dir).get("state") == "finished":
            if preset and read_run(run_dir).get("preset") != preset:
                continue
            with suppress(R1Error):
                if model_of_run(run_dir) == run_dir:
                    return run_dir
    return None


def checkpoints(run_dir: Path) -> list[Path]:
    """By their steps, the oldest first, whole or not."""
    found = (path for path in run_dir.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", path.name))
    return sorted(found, key=step)


def last_checkpoint(run_dir: Path) -> int:
    """The step of the newest whole checkpoint; 0 without one."""
    return max((step(path) for path in checkpoints(run_dir) if entry_of(path)), default=0)


def step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def entry_of(checkpoint: Path) -> dict[str, Any]:
    """What a whole checkpoint says of itself; empty for another."""
    try:
        said: dict[str, Any] = json.loads((checkpoint / WHOLE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return said
