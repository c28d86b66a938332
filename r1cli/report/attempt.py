"""What is said of an attempt at a run: where it begins, what an interruption does, and how it ended."""

import json
from contextlib import suppress
from pathlib import Path

from r1cli.commands import trains
from r1cli.report.run_summary import resume_command
from r1cli.runs.activity import read_activity
from r1cli.runs.locate import command_of
from r1cli.runs.metrics import last_step
from r1cli.runs.model import last_checkpoint
from r1cli.runs.run_dir import STOPPED, read_status


def where_it_begins(run_dir: Path, found: str) -> str:
    """From which step a training continues that was begun before; empty for a new run, and other commands.

    Args:
        run_dir: of the run.
        found: how the launcher found the directory.
    """
    if found != "resumed" or not trains(command_of(run_dir)):
        return ""
    last = last_checkpoint(run_dir)
    return f"resumes from step {last}" if last else "there is no whole checkpoint: begins from scratch"


def what_stops_it(run_dir: Path) -> str:
    """What the first Ctrl-C does to a training, and what another one would do."""
    last = last_checkpoint(run_dir)
    now = (
        f"the run would resume from step {last}"
        if last
        else "without a checkpoint,\nthe next start would begin from scratch"
    )
    return f"stopping: a checkpoint is written at the end of this step\nCtrl-C again stops at once; {now}"


def how_it_was_interrupted(run_dir: Path, again: str = "") -> str:
    """How far a run came that a signal has ended, and how to resume it.

    Args:
        run_dir: of the run.
        again: what resumes it, where that is not the run's own command.
    """
    if read_status(run_dir).get("state") == "finished":
        return "interrupted: the run had taken its last step, and is finished"
    resume, restart = (
        f"{again} {word}s it" if again else f"to {word} it:\n{resume_command(run_dir)}"
        for word in ("resume", "start")
    )
    if not trains(command_of(run_dir)):
        return f"interrupted; {resume}"
    reached, last = _reached(run_dir), last_checkpoint(run_dir)
    at = f"interrupted at step {reached}" if reached else "interrupted before the first step"
    if not last:
        return f"{at}; there is no checkpoint yet,\nso that the next start begins from scratch\n{restart}"
    whole = ", with a checkpoint" if last == reached else f"; the last checkpoint is of step {last}"
    return f"{at}{whole}\n{resume}"


def _reached(run_dir: Path) -> int:
    """The last step that the run is known to have taken."""
    with suppress(OSError, ValueError):
        return int(json.loads((run_dir / STOPPED).read_text(encoding="utf-8"))["step"])
    # Not every step is logged.
    steps = (last_step(run_dir).get("step", 0), read_activity(run_dir).get("step", 0))
    return max(*map(int, steps), last_checkpoint(run_dir))
