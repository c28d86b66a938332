"""Re-scores the stored completions of an evaluation: no model, no dataset, no network."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from r1cli.config.groups.code import Code
from r1cli.config.groups.rewards import Rewards
from r1cli.config.record import RecordedConfig
from r1cli.errors import R1Error
from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.problem import Problem
from r1cli.evaluate.result import Result
from r1cli.evaluate.result_files import (
    DATASET,
    PROBLEMS,
    SCORES,
    read_results,
    require_evaluation,
    results_of,
    write_results,
    write_scored,
)
from r1cli.evaluate.schema import Evaluate
from r1cli.evaluate.task import Task, as_published, rewards_of
from r1cli.evaluate.verdicts import Score, scores_of, versions_of
from r1cli.files import read_json_lines
from r1cli.plugins.registry import find_reward
from r1cli.plugins.types import PASSED
from r1cli.runs.run_dir import claim
from r1cli.sampling.sampling_request import SamplingRequest
from r1cli.sampling.share import FOLDER
from r1cli.sampling.store import Sample, Store

_Scored = tuple[list[Sample], list[Score], list[Result]]


def rescore(
    run_dir: Path, rewards: Rewards | None = None, on_start: Callable[[], None] = lambda: None
) -> None:
    """Re-scores each benchmark of a finished evaluation, and replaces its results.

    Args:
        run_dir: of the evaluation.
        rewards: to use instead of each benchmark's own verifier; the results name the first of them.
        on_start: called once nothing speaks against it, before anything is scored.

    Raises:
        R1Error: there is no finished evaluation, it is still running, there is no such reward, or the
            problems lack a column that one needs.
    """
    run = require_evaluation(run_dir)
    old = [result for result in read_results(run_dir) if (run_dir / FOLDER / result.benchmark).is_dir()]
    if not old:
        raise R1Error(
            "this directory has no finished evaluation",
            where=str(run_dir),
            fix="run r1 evaluate with this directory first: it resumes, and reuses stored completions",
        )
    with claim(run_dir):
        tasks = [_task(run_dir, run, before, rewards) for before in old]
        lacking = [error for task in tasks if rewards for error in _lacking(run_dir, task)]
        if lacking:
            raise R1Error.together(lacking)
        on_start()
        reward = rewards.reward_funcs[0] if rewards else ""
        scored = [_scored(run_dir, task, one, reward) for task, one in zip(tasks, old, strict=True)]
        # Only now, so that a reward that fails replaces nothing.
        for task, (samples, scores, _) in zip(tasks, scored, strict=True):
            write_scored(run_dir / FOLDER / task.name, task, samples, scores)
        write_results(run_dir, [result for *_, results in scored for result in results])


def _task(run_dir: Path, run: dict[str, Any], before: Result, rewards: Rewards | None) -> Task:
    problems = [Problem(**line) for line in read_json_lines(run_dir / FOLDER / before.benchmark / PROBLEMS)]
    config = RecordedConfig(run["config"])
    recorded, code = config.section(Rewards), config.section(Code)
    task = Task(
        before.benchmark, problems, recorded, before.samples, settings=dict(before.settings), code=code
    )
    if rewards is not None:
        return replace(task, rewards=rewards)
    if before.benchmark == DATASET:
        return replace(task, rewards=as_published(task.rewards, before.protocol))
    (benchmark,) = find_benchmarks([before.benchmark])
    lighteval = benchmark if benchmark.lighteval else None
    verifier = rewards_of(benchmark, task.rewards, config.section(Evaluate).data_dir)
    scored = as_published(verifier, before.protocol)
    return replace(task, rewards=scored, lighteval=lighteval, figures=benchmark.figures)


def _lacking(run_dir: Path, task: Task) -> Iterator[R1Error]:
    """The columns that rewards need and the stored problems do not have."""
    there = [name for name in task.problems[0].columns if name not in PASSED]
    where = f"{run_dir / FOLDER / task.name / PROBLEMS}: its columns are {', '.join(there) or 'none'}"
    for reward in map(find_reward, task.rewards.reward_funcs):
        lacking = sorted({*reward.columns} - {*there, "prompt"})
        renamed = [word for column in lacking for word in (f"--columns.{column}", "COLUMN")]
        other = shlex.join(("r1", "reward", "score", str(run_dir), "--reward", reward.name, *renamed))
        for column in lacking:
            yield R1Error(
                f"reward '{reward.name}' needs the column '{column}'",
                where=where,
                fix=f"name rewards that read what is there; if it is there under another name: {other}",
            )


def _scored(run_dir: Path, task: Task, before: Result, reward: str) -> _Scored:
    samples = _samples(run_dir / FOLDER / task.name, task)
    scores = scores_of(task, samples)
    sampled = {name: version for name, version in before.versions.items() if name != "lighteval"}
    versions = {**sampled, **versions_of(task)}
    first, *others = results_of(task, samples, scores, versions, before.protocol)
    return samples, scores, [replace(first, reward=reward), *others]


def _samples(folder: Path, task: Task) -> list[Sample]:
    """The completions that were scored before, in the order of the problems."""
    scored = [
        SamplingRequest(line["problem"], line["sample"], None, bytes.fromhex(line["key"]))
        for line in read_json_lines(folder / SCORES)
    ]
    by_number = {(sample.problem, sample.sample): sample for sample in Store(folder).found(scored)}
    return [by_number[problem.id, number] for problem in task.problems for number in range(task.samples)]
