"""The trainer's callbacks: those that write the run's metrics, and those of plugins."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from r1cli.errors import R1Error
from r1cli.files import json_lines, read_json_lines, write_json_lines
from r1cli.plugins.registry import find_callback
from r1cli.runs.activity import write_activity

# Seconds between two writes of how far the run has come.
_PAUSE = 0.5


class MetricsCallback(TrainerCallback):  # type: ignore[misc]
    """Writes ``metrics.jsonl``: a line for each step that the trainer logs, from rank 0."""

    def __init__(self, run_dir: Path) -> None:
        self.path = run_dir / "metrics.jsonl"
        self.run_dir, self.shown = run_dir, 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Truncates the metrics to the checkpoint that the run resumes from, without summaries."""
        if state.is_world_process_zero and self.path.exists():
            entries = read_json_lines(self.path, torn=True)
            write_json_lines(self.path, [one for one in entries if _stays(one, state.global_step)])

        self._show_step(state)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if time.monotonic() - self.shown >= _PAUSE:
            self._show_step(state)

    def _show_step(self, state: Any) -> None:
        """Says how far the run has come where ``logging_steps`` has no line for it yet."""
        self.shown = time.monotonic()
        if state.is_world_process_zero:
            with suppress(OSError):  # a full disk is reported by what has to be written
                write_activity(self.run_dir, {"step": state.global_step, "max_steps": state.max_steps})

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **kwargs: Any) -> None:
        if state.is_world_process_zero:
            known = {"step": state.global_step, "max_steps": state.max_steps, "time": time.time()}
            # A reward may log a metric of such a name.
            line = {**known, **logs, **known}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json_lines([line]))


def _stays(entry: Mapping[str, Any], step: int) -> bool:
    """Whether an entry is from a step that is not repeated, and not the summary of a stopped run."""
    return entry["step"] <= step and "train_runtime" not in entry


class Timings(TrainerCallback):  # type: ignore[misc]
    """Adds the time spent in each part of a step since the last log, by this process's clock.

    It must come before the callback that writes the logs. A GPU works asynchronously: work that is still
    queued at the end of one span counts in the span that waits for it.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._marks: dict[str, float] = {}

    def add(self, name: str, seconds: float) -> None:
        """Counts seconds spent, as ``seconds/NAME`` of the next log."""
        key = f"seconds/{name}"
        self.seconds[key] = self.seconds.get(key, 0.0) + seconds

    def _start(self, name: str) -> None:
        self._marks[name] = time.perf_counter()

    def _stop(self, name: str) -> None:
        if name in self._marks:
            self.add(name, time.perf_counter() - self._marks.pop(name))

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._stop("between")
        self._start("step")

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._start("optimizer")

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._stop("optimizer")

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._stop("step")
        self._start("between")

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **kwargs: Any) -> None:
        logs.update(self.seconds)
        self.seconds.clear()


def plugin_callbacks(names: Iterable[str]) -> list[TrainerCallback]:
    """The callbacks of plugins, each made by its factory.

    Raises:
        R1Error: a factory cannot be found, raises, or returns something else.
    """
    return [_make_callback(name) for name in names]


def _make_callback(name: str) -> TrainerCallback:
    factory = find_callback(name, "callbacks.names").load()
    try:
        callback = factory()
    except Exception as error:  # a plugin's own code may raise anything
        raise R1Error(
            f"the callback '{name}' cannot be created: {type(error).__name__}: {error}",
            where="callbacks.names",
            fix="remove it, or report it to the plugin's author",
        ) from error
    if not isinstance(callback, TrainerCallback):
        raise R1Error(
            f"the callback '{name}' is not a transformers TrainerCallback, but a {type(callback).__name__}",
            where="callbacks.names",
            fix="remove it, or report it to the plugin's author",
        )
    return callback
