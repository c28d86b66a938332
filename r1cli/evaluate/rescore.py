"""Re-scores the stored completions of an evaluation: no model, no dataset, no network."""

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
from r1cli.evaluate.verdicts import scores_of, versions_of
from r1cli.files import read_json_lines
from r1cli.runs.run_dir import claim
from r1cli.sampling.sampling_request import SamplingRequest
from r1cli.sampling.share import FOLDER
from r1cli.sampling.store import Sample, Store


def rescore(run_dir: Path, rewards: Rewards | None = None) -> None:
    """Re-scores each benchmark of a finished evaluation, and replaces its results.

    Args:
        run_dir: of the evaluation.
        rewards: to use instead of each benchmark's own verifier.

    Raises:
        R1Error: there is no finished evaluation, it is still running, or there is no such reward.
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
        found = [result for before in old for result in _rescored(run_dir, run, before, rewards)]
        write_results(run_dir, found)


def _rescored(run_dir: Path, run: dict[str, Any], before: Result, rewards: Rewards | None) -> list[Result]:
    folder = run_dir / FOLDER / before.benchmark
    problems = [Problem(**line) for line in read_json_lines(folder / PROBLEMS)]
    config = RecordedConfig(run["config"])
    recorded, code = config.section(Rewards), config.section(Code)
    task = Task(
        before.benchmark, problems, recorded, before.samples, settings=dict(before.settings), code=code
    )
    if rewards is not None:
        task = replace(task, rewards=rewards)
    elif before.benchmark == DATASET:
        task = replace(task, rewards=as_published(task.rewards, before.protocol))
    else:
        (benchmark,) = find_benchmarks([before.benchmark])
        lighteval = benchmark if benchmark.lighteval else None
        verifier = rewards_of(benchmark, task.rewards, config.section(Evaluate).data_dir)
        scored = as_published(verifier, before.protocol)
        task = replace(task, rewards=scored, lighteval=lighteval, figures=benchmark.figures)
    samples = _samples(folder, task)
    scores = scores_of(task, samples)
    write_scored(folder, task, samples, scores)
    sampled = {name: version for name, version in before.versions.items() if name != "lighteval"}
    versions = {**sampled, **versions_of(task)}
    return results_of(task, samples, scores, versions, before.protocol)


def _samples(folder: Path, task: Task) -> list[Sample]:
    """The completions that were scored before, in the order of the problems."""
    scored = [
        SamplingRequest(line["problem"], line["sample"], None, bytes.fromhex(line["key"]))
        for line in read_json_lines(folder / SCORES)
    ]
    by_number = {(sample.problem, sample.sample): sample for sample in Store(folder).found(scored)}
    return [by_number[problem.id, number] for problem in task.problems for number in range(task.samples)]
