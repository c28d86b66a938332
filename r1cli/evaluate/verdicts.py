"""Scores stored completions, without a model; they can be re-scored with another verifier."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from r1cli.config.record import package_versions
from r1cli.evaluate.lighteval import judge, lighteval_version
from r1cli.evaluate.problem import Problem
from r1cli.plugins.registry import parameter_group
from r1cli.plugins.types import Benchmark
from r1cli.sampling.store import Sample
from r1cli.scoring.call import as_handed_over

if TYPE_CHECKING:
    from r1cli.evaluate.task import Task

# The packages that verdicts depend on.
_SCORING = ("r1cli", "math-verify", "reasoning-gym")
# The verifier that reports which answer it found.
_WITH_ANSWERS = "accuracy"
#: Completions to score in one batch.
SIZE = 256
# Threads that wait for the verification workers.
_THREADS = 16


@dataclass(frozen=True)
class Score:
    """The scores of one completion by reward, None where one does not apply; or the fault.

    ``parsed`` says whether an answer was found in it, if known; ``answer`` is that answer, normalised so that
    equal answers have equal texts.
    """

    problem: str
    sample: int
    scores: Mapping[str, float | None]
    fault: str | None
    parsed: bool | None = None
    answer: str | None = None


def scores_of(task: "Task", samples: Sequence[Sample]) -> list[Score]:
    """The scores of a task's completions, in the order of its problems.

    Raises:
        R1Error: lighteval is missing or fails, or too many completions could not be scored.
    """
    if task.lighteval:
        return judge_samples(task.lighteval, task.problems, samples)
    scores = score_samples(task.problems, samples, task.rewards)
    if task.rewards["reward_funcs"][0] != _WITH_ANSWERS:
        return scores
    return _with_answers(task, samples, scores)


def versions_of(task: "Task") -> dict[str, str]:
    """The versions of the packages that score a task."""
    found = package_versions(_SCORING)
    return {**found, "lighteval": lighteval_version()} if task.lighteval else found


def judge_samples(
    benchmark: Benchmark, problems: Sequence[Problem], samples: Sequence[Sample]
) -> list[Score]:
    """lighteval's verdict on each completion, under its own name of the metric.

    Raises:
        R1Error: lighteval is missing or fails.
    """
    judged = judge(benchmark, problems, samples)
    return [
        Score(one.problem, sample, {judged.metric: one.metrics.get(judged.metric)}, None, one.parsed)
        for one in judged.judgements
        for sample in one.samples
    ]


def score_samples(
    problems: Sequence[Problem], samples: Sequence[Sample], rewards: Mapping[str, Any]
) -> list[Score]:
    """The scores of each completion, in their order.

    Args:
        problems: the problems of the samples.
        samples: the completions; those of one problem are consecutive.
        rewards: a config's ``rewards`` group.

    Raises:
        R1Error: too many completions could not be scored.
    """
    from r1cli.scoring.choose import make_scorer

    by_id = {problem.id: problem for problem in problems}
    found: list[Score] = []
    with closing(make_scorer(rewards)) as scorer:
        for first in range(0, len(samples), SIZE):
            part = samples[first : first + SIZE]
            rows = [by_id[sample.problem] for sample in part]
            prompts = [row.prompt for row in rows]
            columns = {name: [row.columns.get(name) for row in rows] for name in rows[0].columns}
            handed_over = as_handed_over(prompts, [sample.completion for sample in part])
            scores = scorer.score(handed_over, prompts=prompts, **columns)
            found += [
                Score(
                    sample.problem,
                    sample.sample,
                    {name: values[place] for name, values in scores.values.items()},
                    scores.faults[place],
                )
                for place, sample in enumerate(part)
            ]
        scorer.watch.conclude()
    return found


def _with_answers(task: "Task", samples: Sequence[Sample], scores: Sequence[Score]) -> list[Score]:
    """Adds to the scores whether an answer was found in each completion, and which one."""
    from r1cli.scoring.math import VerifierLost, explain

    golds = {problem.id: problem.columns["solution"] for problem in task.problems}
    mode = task.rewards.get(parameter_group(_WITH_ANSWERS), {}).get("mode", "auto")

    def with_answer(sample: Sample, score: Score) -> Score:
        try:
            verdict = explain(golds[sample.problem], sample.completion, mode=mode)
        except VerifierLost:
            return score
        if verdict.correct is None:
            # If the gold cannot be parsed, the answer is not checked.
            return score
        # All correct answers are equal, however they are written.
        answer = "right" if verdict.correct else next(iter(verdict.answer), None)
        return replace(score, parsed=verdict.reason != "answer not parsed", answer=answer)

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(with_answer, samples, scores))
