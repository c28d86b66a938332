"""The evaluation worker: ``python -m r1cli.evaluate.worker RUN_DIR``.

It loads the problems of every benchmark, samples what the store lacks, scores what the store has, and writes
``results.json``. Each completion is stored as it comes, so that a run that was stopped goes on where it was.
"""

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.evaluate.results import FOLDER, write_results
from r1cli.evaluate.share import Share
from r1cli.launch.run_dir import STOP, STOPPED, write_status, write_text
from r1cli.launch.worker import run_worker

if TYPE_CHECKING:
    from r1cli.evaluate.engine import Engine
    from r1cli.evaluate.result import Result
    from r1cli.evaluate.store import Ask, Store
    from r1cli.evaluate.task import Task


class _Stopped(Exception):
    """The time limit is near, and what has come is stored."""


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.evaluate.engine import engine_of, identity
    from r1cli.evaluate.store import Store
    from r1cli.evaluate.tasks import tasks_of

    config, share = run["config"], Share.mine(run_dir)
    # All of them first: what one lacks is said before anything is sampled.
    tasks = list(tasks_of(config, lambda: _tokenizer(config["model"])))
    engine = engine_of(config)
    served = engine.ready()
    model = identity(engine, served, config.get("model", {}))
    progress = _Progress(run_dir)
    results: list[Result] = []
    try:
        for task in tasks:
            task.settings.update(engine=engine.name, model=served)
            store = Store(share.store(task.name), {**model, **task.sampling}, share.other_stores(task.name))
            _sample(engine, task, share, store, progress)
            if share.is_whole:
                results += _score(share, task, store, run)
                write_results(run_dir, results)
    except _Stopped:
        stored = {"checkpoint": f"{progress.done} completions of {progress.title}"}
        write_text(run_dir / STOPPED, json.dumps(stored))
        return
    if not share.is_whole:
        _bring_together(share, tasks, model, run)


def _sample(engine: "Engine", task: "Task", share: Share, store: "Store", progress: "_Progress") -> None:
    """Samples what this share of a task lacks."""
    asks = _asks(task, share.of(task.problems))
    missing = store.missing(asks)
    progress.begin(task.name, len(asks), len(asks) - len(missing))
    stop = task.sampling.get("stop") or ()

    def take(ask: "Ask", text: str, finish_reason: str, tokens: int) -> None:
        end = min((text.find(word) for word in stop if word in text), default=None)
        # Some engines leave what ends a completion in it.
        store.add(ask, text[:end], "stop" if end is not None else finish_reason, tokens)
        progress.one_more()

    if missing:
        engine.sample(missing, task.sampling, take)


def _score(share: Share, task: "Task", store: "Store", run: dict[str, Any]) -> "list[Result]":
    from r1cli.evaluate.results import results_of, write_scored
    from r1cli.evaluate.scores import scores_of

    samples = store.found(_asks(task, task.problems))
    scores = scores_of(task, samples)
    write_scored(share.whole / FOLDER / task.name, task, scores, () if share.is_whole else samples)
    return results_of(task, samples, scores, run["versions"], run["config"]["evaluate"].get("protocol") or "")


def _bring_together(share: Share, tasks: "list[Task]", model: dict[str, Any], run: dict[str, Any]) -> None:
    """Scores the whole evaluation once every share has been sampled: whoever is last does it."""
    from r1cli.evaluate.store import Store

    stores = [
        # Read anew: the others have gone on meanwhile.
        Store(share.store(task.name), {**model, **task.sampling}, share.other_stores(task.name))
        for task in tasks
    ]
    if any(store.missing(_asks(task, task.problems)) for task, store in zip(tasks, stores, strict=True)):
        return
    pairs = zip(tasks, stores, strict=True)
    write_results(share.whole, [found for task, store in pairs for found in _score(share, task, store, run)])
    write_status(share.whole, "finished", job_id=os.environ.get("SLURM_ARRAY_JOB_ID", ""))


def _asks(task: "Task", problems: "list[Any]") -> "list[Ask]":
    from r1cli.evaluate.store import Ask

    return [Ask(one.id, sample, one.prompt) for one in problems for sample in range(task.samples)]


def _tokenizer(model: dict[str, Any]) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(
        model["model_name_or_path"], revision=model.get("model_revision", "main")
    )


class _Progress:
    """Writes how many completions there are, about once a second, and looks whether to stop."""

    def __init__(self, run_dir: Path) -> None:
        self.path, self.stop = run_dir / "metrics.jsonl", run_dir / STOP
        self.title, self.total, self.done, self.written = "", 0, 0, 0.0

    def begin(self, title: str, total: int, done: int) -> None:
        self.title, self.total, self.done = title, total, done
        self._write()

    def one_more(self) -> None:
        """
        Raises:
            _Stopped: the supervisor asks for it.
        """
        self.done += 1
        if time.monotonic() - self.written > 1 or self.done == self.total:
            self._write()
            if self.stop.exists() and self.done < self.total:
                raise _Stopped

    def _write(self) -> None:
        self.written = time.monotonic()
        line = {"step": self.done, "max_steps": self.total, "time": time.time(), "benchmark": self.title}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    run_worker("evaluate", work)
