"""The evaluation worker: ``python -m r1cli.evaluate.worker RUN_DIR``.

It loads the problems of every benchmark, samples missing completions, scores all of them, and writes
``results.json``. Each completion is stored as it arrives, so that an interrupted run can resume.
"""

import json
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.evaluate.result_files import write_results
from r1cli.files import write_text
from r1cli.launch.worker import run_worker
from r1cli.runs.run_dir import STOP, STOPPED, write_status
from r1cli.sampling.share import FOLDER, SAMPLES, Share

if TYPE_CHECKING:
    from r1cli.evaluate.result import Result
    from r1cli.evaluate.task import Task
    from r1cli.sampling.backend import Engine
    from r1cli.sampling.store import SamplingRequest, Store


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.evaluate.load_tasks import tasks_of
    from r1cli.sampling.backend import engine_of, identity
    from r1cli.sampling.store import Store

    config, share, progress = run["config"], Share.mine(run_dir), _Progress(run_dir)
    threading.Thread(target=_stop_when_asked, args=(run_dir, progress), daemon=True).start()
    engine = engine_of(config)
    if config["evaluate"].get("endpoint"):
        engine.ready()  # a wrong address is the most likely mistake
    # All tasks are loaded before sampling, while the job's own server starts, so that problems show early.
    tasks = list(tasks_of(config, lambda: _tokenizer(config["model"])))
    served = engine.ready()
    model = identity(engine, served, config.get("model", {}))
    run["versions"] |= engine.versions()
    results: list[Result] = []
    for task in tasks:
        task.settings.update(engine=engine.name, model=served)
        store = Store(share.store(task.name), {**model, **task.sampling}, share.other_stores(task.name))
        _sample(engine, task, share, store, progress)
        if share.is_whole:
            results += _score(share, task, store, run)
            write_results(run_dir, results)
    if not share.is_whole:
        _bring_together(share, tasks, model, run)


def _stop_when_asked(run_dir: Path, progress: "_Progress") -> None:
    """Ends this process shortly before its time limit: all completions so far are stored."""
    while not (run_dir / STOP).exists():
        time.sleep(0.5)
    stored = {"checkpoint": f"{progress.done} completions of {progress.title}" if progress.title else ""}
    write_text(run_dir / STOPPED, json.dumps(stored))
    os._exit(0)


def _sample(engine: "Engine", task: "Task", share: Share, store: "Store", progress: "_Progress") -> None:
    """Samples the missing completions of this share of a task."""
    requests = _requests(task, share.of(task.problems))
    missing = store.missing(requests)
    progress.begin(task.name, len(requests), len(requests) - len(missing))
    stop = task.sampling.get("stop") or ()

    def on_completion(request: "SamplingRequest", text: str, finish_reason: str, tokens: int) -> None:
        end = min((text.find(word) for word in stop if word in text), default=None)
        # Some engines include the stop sequence in the completion.
        store.add(request, text[:end], "stop" if end is not None else finish_reason, tokens)
        progress.one_more()

    if missing:
        engine.sample(missing, task.sampling, on_completion)


def _score(share: Share, task: "Task", store: "Store", run: dict[str, Any]) -> "list[Result]":
    from r1cli.evaluate.result_files import results_of, write_scored
    from r1cli.evaluate.verdicts import scores_of, versions_of
    from r1cli.sampling.store import gather

    samples = store.found(_requests(task, task.problems))
    scores = scores_of(task, samples)
    folder = share.whole / FOLDER / task.name
    gather(folder / SAMPLES, samples)
    write_scored(folder, task, samples, scores)
    versions = {**run["versions"], **versions_of(task)}
    return results_of(task, samples, scores, versions, run["config"]["evaluate"].get("protocol") or "")


def _bring_together(share: Share, tasks: "list[Task]", model: dict[str, Any], run: dict[str, Any]) -> None:
    """Scores the whole evaluation once every share has been sampled: the last share does it."""
    from r1cli.sampling.store import Store

    stores = [
        # Read again: the other shares have added samples meanwhile.
        Store(share.store(task.name), {**model, **task.sampling}, share.other_stores(task.name))
        for task in tasks
    ]
    if any(store.missing(_requests(task, task.problems)) for task, store in zip(tasks, stores, strict=True)):
        return
    pairs = zip(tasks, stores, strict=True)
    write_results(share.whole, [found for task, store in pairs for found in _score(share, task, store, run)])
    write_status(share.whole, "finished", job_id=os.environ.get("SLURM_ARRAY_JOB_ID", ""))


def _requests(task: "Task", problems: "list[Any]") -> "list[SamplingRequest]":
    from r1cli.sampling.store import SamplingRequest

    return [SamplingRequest(one.id, sample, one.prompt) for one in problems for sample in range(task.samples)]


def _tokenizer(model: dict[str, Any]) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(
        model["model_name_or_path"], revision=model.get("model_revision", "main")
    )


class _Progress:
    """Writes the number of completions about once a second."""

    def __init__(self, run_dir: Path) -> None:
        self.path = run_dir / "metrics.jsonl"
        self.title, self.total, self.done, self.written = "", 0, 0, 0.0

    def begin(self, title: str, total: int, done: int) -> None:
        self.title, self.total, self.done = title, total, done
        self._write()

    def one_more(self) -> None:
        self.done += 1
        if time.monotonic() - self.written > 1 or self.done == self.total:
            self._write()

    def _write(self) -> None:
        self.written = time.monotonic()
        line = {"step": self.done, "max_steps": self.total, "time": time.time(), "benchmark": self.title}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    run_worker("evaluate", work)
