"""The evaluation worker: ``python -m r1cli.evaluate.worker RUN_DIR``.

It loads the problems of every benchmark, samples missing completions, scores all of them, and writes
``results.json``. Each completion is stored as it arrives, so that an interrupted run can resume.
"""

import asyncio
import os
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1cli.config.groups.code import Code
from r1cli.config.groups.model import Model
from r1cli.config.groups.sampling import Backend
from r1cli.config.record import RecordedConfig
from r1cli.errors import R1Error
from r1cli.evaluate.result_files import write_results
from r1cli.evaluate.schema import Evaluate
from r1cli.execution.executor import asks_job_router, open_executor
from r1cli.files import lock
from r1cli.launch.announce import say_loading
from r1cli.launch.worker import run_worker
from r1cli.runs.run_dir import write_status
from r1cli.sampling.progress import SamplingProgress, watch_run
from r1cli.sampling.share import Share

if TYPE_CHECKING:
    from r1cli.evaluate.result import Result
    from r1cli.evaluate.task import Task
    from r1cli.sampling.backend import Engine
    from r1cli.sampling.sampling_request import SamplingRequest
    from r1cli.sampling.store import Outcome, Store

    # A task, and the store and the requests of all its shares.
    _Sampled = tuple[Task, Store, list[SamplingRequest]]


def work(run_dir: Path, run: dict[str, Any]) -> None:
    from r1cli.data.lineage import record_datasets
    from r1cli.evaluate.load_tasks import datasets_of, tasks_of
    from r1cli.sampling.backend import engine_of
    from r1cli.sampling.identity import model_identity, with_commit
    from r1cli.sampling.store import Store

    config, share, progress = RecordedConfig(run["config"]), Share.mine(run_dir), SamplingProgress(run_dir)
    group = config.arguments("model")
    backend = config.section(Backend)
    if not backend.endpoint:
        group = with_commit(group, share.whole / "launch" / "model.json")
    chosen = Model.read(group)
    engine = engine_of(chosen, backend, run_dir)
    watch_run(progress, engine)
    if backend.endpoint:
        engine.ready()  # a wrong address is the most likely mistake
    # All tasks are loaded before sampling, while the job's own server starts, so that problems show early.
    tasks = list(tasks_of(config, cache(lambda: _tokenizer(chosen))))
    record_datasets(share.whole, datasets_of(config, tasks))
    runs_programs = [task for task in tasks if task.runs_programs]
    early = not asks_job_router(config.section(Code))
    if early:
        _try_programs(runs_programs)
    say_loading("the model")
    served = engine.ready()
    if not early:
        _try_programs(runs_programs)  # the job's own router starts beside its server
    model = {"served": served} if backend.endpoint else model_identity(group)
    model["engine"] = engine.identity
    run["versions"] |= engine.versions()
    results: list[Result] = []
    sampled: list[_Sampled] = []
    failed = Counter[str]()
    progress.expect([len(share.of(task.problems)) * task.samples for task in tasks])
    for task in tasks:
        task.settings.update(engine=engine.name, model=served)
        store = Store(share.store(task.name))
        requests = requests_of(task, model)
        ids = {problem.id for problem in share.of(task.problems)}
        mine = [one for one in requests if one.problem in ids]
        _sample(engine, task, mine, store, progress)
        failed.update(one.failure for one in store.found(store.missing(mine)))
        sampled.append((task, store, requests))
        if share.is_whole:
            progress.scores()
            results += _score(share, task, store, requests, run)
            write_results(run_dir, results)
    if not share.is_whole:
        _bring_together(share, sampled, run)
    if failed:
        _end_with_failures(share, failed)


def _try_programs(tasks: "list[Task]") -> None:
    """Finds out before sampling whether programs can be run, and how they are isolated.

    Raises:
        R1Error: the code provider cannot run programs.
    """
    if tasks:
        isolation = asyncio.run(_isolation(tasks[0].code))
        for task in tasks:
            task.settings.update(isolation=isolation)


async def _isolation(section: Code) -> str | None:
    executor = open_executor(section)
    try:
        return executor.facts().get("isolation")
    finally:
        await executor.close()


def _end_with_failures(share: Share, failed: Counter[str]) -> None:
    """Ends as failed if another try may get samples, so that the same command makes it.

    Raises:
        R1Error: with the reasons.
    """
    reasons = ", ".join(f"{reason} ({times})" for reason, times in failed.most_common())
    shown = "; `r1 evaluate table` shows the results without them" if share.is_whole else ""
    raise R1Error(
        f"{failed.total()} samples failed and may succeed on another try: {reasons}",
        where=str(share.run_dir),
        fix=f"resume the run: another try may get them{shown}",
        exit_code=1,
    )


def _sample(
    engine: "Engine",
    task: "Task",
    requests: "list[SamplingRequest]",
    store: "Store",
    progress: SamplingProgress,
) -> None:
    """Samples what the store lacks of some requests."""
    from r1cli.sampling.store import Completion

    missing = store.missing(requests)
    progress.begin(task.name, len(requests), len(requests) - len(missing))
    stop = task.sampling.get("stop") or ()

    def on_outcome(request: "SamplingRequest", outcome: "Outcome") -> None:
        if isinstance(outcome, Completion):
            outcome = outcome.before(stop)
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
    return results_of(
        task, samples, scores, versions, RecordedConfig(run["config"]).section(Evaluate).protocol or ""
    )


def _bring_together(share: Share, sampled: "list[_Sampled]", run: dict[str, Any]) -> None:
    """Scores the whole evaluation if every share has been sampled.

    Each share comes here, one at a time: the first that finds nothing missing scores, and the others see it.
    """
    from r1cli.evaluate.result_files import scored_keys

    busy = R1Error("another share scores the evaluation", where=str(share.whole), exit_code=1)
    with lock(share.whole / "launch" / "scoring.lock", busy, seconds=3600):
        for _, store, requests in sampled:
            store.refresh()
            if store.missing(requests):
                return
        if all(scored_keys(store.folder) == {one.key for one in requests} for _, store, requests in sampled):
            return
        results = [one for measured in sampled for one in _score(share, *measured, run)]
        write_results(share.whole, results)
        write_status(share.whole, "finished", job_id=os.environ.get("SLURM_ARRAY_JOB_ID", ""))


def requests_of(task: "Task", model: dict[str, Any]) -> "list[SamplingRequest]":
    """All that a task asks of a model."""
    from r1cli.sampling.sampling_request import requests_for

    prompts = [(problem.id, problem.prompt) for problem in task.problems]
    return requests_for(prompts, task.samples, {**model, **task.sampling})


def _tokenizer(model: Model) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model.model_name_or_path, revision=model.model_revision)


if __name__ == "__main__":
    run_worker("evaluate", work)
