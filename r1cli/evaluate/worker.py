"""The evaluation worker: ``python -m r1cli.evaluate.worker RUN_DIR``.

It loads the problems of every benchmark, samples missing completions, scores all of them, and writes
``results.json``. Each completion is stored as it arrives, so that an interrupted run can resume.
"""

import json
import os
import threading
import time
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.errors import R1Error
from r1cli.evaluate.result_files import write_results
from r1cli.files import lock, write_text
from r1cli.launch.worker import run_worker
from r1cli.runs.run_dir import STOP, STOPPED, write_status
from r1cli.sampling.share import Share

if TYPE_CHECKING:
    from r1cli.evaluate.result import Result
    from r1cli.evaluate.task import Task
    from r1cli.sampling.backend import Engine
    from r1cli.sampling.sampling_request import SamplingRequest
    from r1cli.sampling.store import Outcome, Store


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.evaluate.load_tasks import tasks_of
    from r1cli.sampling.backend import engine_of
    from r1cli.sampling.identity import model_identity, with_commit
    from r1cli.sampling.store import Store

    config, share, progress = run["config"], Share.mine(run_dir), _Progress(run_dir)
    threading.Thread(target=_stop_when_asked, args=(run_dir, progress), daemon=True).start()
    foreign = bool(config["evaluate"].get("endpoint"))
    if not foreign:
        config["model"] = with_commit(config["model"], share.whole / "launch" / "model.json")
    engine = engine_of(config)
    if foreign:
        engine.ready()  # a wrong address is the most likely mistake
    # All tasks are loaded before sampling, while the job's own server starts, so that problems show early.
    tasks = list(tasks_of(config, cache(lambda: _tokenizer(config["model"]))))
    served = engine.ready()
    model = {"served": served} if foreign else model_identity(config["model"])
    model["engine"] = engine.name
    run["versions"] |= engine.versions()
    results: list[Result] = []
    for task in tasks:
        task.settings.update(engine=engine.name, model=served)
        store = Store(share.store(task.name))
        requests = requests_of(task, model)
        mine = {problem.id for problem in share.of(task.problems)}
        _sample(engine, task, [one for one in requests if one.problem in mine], store, progress)
        if share.is_whole:
            results += _score(share, task, store, requests, run)
            write_results(run_dir, results)
    if not share.is_whole:
        _bring_together(share, tasks, model, run)
    _end_with_what_may_pass(share, tasks, model)


def _end_with_what_may_pass(share: Share, tasks: "list[Task]", model: dict[str, Any]) -> None:
    """Ends as failed if another try may get samples, so that the same command makes it.

    Raises:
        R1Error: with the reasons.
    """
    from r1cli.sampling.store import Store

    missing = [
        store.read(one.key).failure
        for task in tasks
        for store in [Store(share.store(task.name))]
        for one in store.missing(requests_of(task, model))
        if one.key in store
    ]
    if missing:
        reasons = ", ".join(f"{reason} ({times})" for reason, times in Counter(missing).most_common())
        raise R1Error(
            f"{len(missing)} samples failed and may succeed on another try: {reasons}",
            where=str(share.whole),
            fix="the same command tries them again; `r1 evaluate table` shows the results without them",
            exit_code=1,
        )


def _stop_when_asked(run_dir: Path, progress: "_Progress") -> None:
    """Ends this process shortly before its time limit: all completions so far are stored."""
    while not (run_dir / STOP).exists():
        time.sleep(0.5)
    stored = {"checkpoint": f"{progress.done} completions of {progress.title}" if progress.title else ""}
    write_text(run_dir / STOPPED, json.dumps(stored))
    os._exit(0)


def _sample(
    engine: "Engine",
    task: "Task",
    requests: "list[SamplingRequest]",
    store: "Store",
    progress: "_Progress",
) -> None:
    """Samples what the store lacks of some requests."""
    from r1cli.sampling.store import Completion

    missing = store.missing(requests)
    progress.begin(task.name, len(requests), len(requests) - len(missing))
    stop = task.sampling.get("stop") or ()

    def on_outcome(request: "SamplingRequest", outcome: "Outcome") -> None:
        if isinstance(outcome, Completion):
            end = min((outcome.text.find(word) for word in stop if word in outcome.text), default=None)
            if end is not None:  # some engines include the stop sequence in the completion
                outcome = replace(outcome, text=outcome.text[:end], finish_reason="stop")
        store.add(request, outcome)
        progress.one_more()

    if missing:
        engine.sample(missing, task.sampling, on_outcome)


def _score(
    share: Share, task: "Task", store: "Store", requests: "list[SamplingRequest]", run: dict[str, Any]
) -> "list[Result]":
    from r1cli.evaluate.result_files import results_of, write_scored
    from r1cli.evaluate.verdicts import scores_of, versions_of

    samples = list(store.found(requests))
    scores = scores_of(task, samples)
    write_scored(share.store(task.name), task, samples, scores)
    versions = {**run["versions"], **versions_of(task)}
    return results_of(task, samples, scores, versions, run["config"]["evaluate"].get("protocol") or "")


def _bring_together(share: Share, tasks: "list[Task]", model: dict[str, Any], run: dict[str, Any]) -> None:
    """Scores the whole evaluation if every share has been sampled.

    Each share comes here, one at a time: the first that finds nothing missing scores, and the others see it.
    """
    from r1cli.evaluate.result_files import scored_keys
    from r1cli.sampling.store import Store

    busy = R1Error("another share scores the evaluation", where=str(share.whole), exit_code=1)
    with lock(share.whole / "launch" / "scoring.lock", busy, seconds=3600):
        work = [(task, Store(share.store(task.name)), requests_of(task, model)) for task in tasks]
        if any(store.missing(requests) for _, store, requests in work):
            return
        if all(scored_keys(store.folder) == {one.key for one in requests} for _, store, requests in work):
            return
        results = [one for task, store, requests in work for one in _score(share, task, store, requests, run)]
        write_results(share.whole, results)
        write_status(share.whole, "finished", job_id=os.environ.get("SLURM_ARRAY_JOB_ID", ""))


def requests_of(task: "Task", model: dict[str, Any]) -> "list[SamplingRequest]":
    """All that a task asks of a model."""
    from r1cli.sampling.sampling_request import requests_for

    prompts = [(problem.id, problem.prompt) for problem in task.problems]
    return requests_for(prompts, task.samples, {**model, **task.sampling})


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
