"""The evaluation worker: ``python -m r1cli.evaluate.worker RUN_DIR``.

For each benchmark it loads the problems, samples what the store lacks, scores what the store has, and adds to
``results.json``. Each completion is stored as it comes, so that a run that was stopped goes on where it was.
"""

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.evaluate.results import FOLDER, RESULTS, write_results
from r1cli.launch.run_dir import write_text
from r1cli.launch.worker import run_worker

if TYPE_CHECKING:
    from r1cli.evaluate.store import Ask, Store
    from r1cli.evaluate.tasks import Task

#: The server of the job itself, if it has one: see `launch.node`.
_ADDRESS, _PORT = "R1_VLLM_ADDRESS", "R1_VLLM_PORT"


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.evaluate.scores import judge_samples, score_samples
    from r1cli.evaluate.store import Ask, Store
    from r1cli.evaluate.tasks import tasks_of

    config = run["config"]
    model = _identity(config.get("model", {}))
    progress = _Progress(run_dir / "metrics.jsonl")
    (run_dir / RESULTS).unlink(missing_ok=True)
    for task in tasks_of(config, lambda: _tokenizer(config["model"])):
        folder = run_dir / FOLDER / task.name
        asks = [Ask(one.id, sample, one.prompt) for one in task.problems for sample in range(task.samples)]
        store = Store(folder / "samples.jsonl", {**model, **task.sampling})
        missing = store.missing(asks)
        progress.begin(task.name, len(asks), len(asks) - len(missing))
        if missing:
            _sample(config, task, missing, store, progress)
        samples = store.found(asks)
        if task.lighteval:
            scores = judge_samples(task.lighteval, task.problems, samples)
        else:
            scores = score_samples(task.problems, samples, task.rewards)
        _write_lines(folder / "problems.jsonl", [asdict(problem) for problem in task.problems])
        _write_lines(folder / "scores.jsonl", [asdict(score) for score in scores])
        write_results(run_dir, run, task, samples, scores)


def _sample(
    config: dict[str, Any], task: "Task", missing: "list[Ask]", store: "Store", progress: "_Progress"
) -> None:
    def take(ask: "Ask", text: str, finish_reason: str, tokens: int) -> None:
        store.add(ask, text, finish_reason, tokens)
        progress.one_more()

    settings, url = config["evaluate"], _endpoint(config)
    if url:
        from r1cli.evaluate.endpoint import Endpoint, sample_all

        # The job's own server has one model, under the name that it was started with.
        named = config.get("model", {}).get("model_name_or_path", "")
        served = named if settings.get("endpoint") else ""
        sample_all(Endpoint(url, served, settings["concurrency"]), missing, task.sampling, take)
    else:
        from r1cli.evaluate.batches import sample_batches

        sample_batches(config["model"], settings["batch_size"], missing, task.sampling, take)


def _endpoint(config: dict[str, Any]) -> str:
    """The server to ask: the one that the user named, or the job's own; empty when there is none."""
    given = config["evaluate"].get("endpoint")
    if given:
        return str(given).rstrip("/")
    return f"http://{os.environ[_ADDRESS]}:{os.environ[_PORT]}/v1" if _ADDRESS in os.environ else ""


def _tokenizer(model: dict[str, Any]) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(
        model["model_name_or_path"], revision=model.get("model_revision", "main")
    )


def _identity(model: dict[str, Any]) -> dict[str, Any]:
    """What tells a model from another of the same name: a folder may have been trained on since."""
    folder = Path(model.get("model_name_or_path") or "")
    weights = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    stamps = [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in weights]
    return {"model": dict(model), "weights": stamps}


class _Progress:
    """Writes how many completions there are, about once a second."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = 0.0

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


def _write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    write_text(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


if __name__ == "__main__":
    run_worker("evaluate", work)
