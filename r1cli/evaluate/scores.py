"""Scoring what is stored: no model is needed, and it can be done again with another verifier."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from r1cli.evaluate.lighteval import judge
from r1cli.evaluate.problems import Problem
from r1cli.evaluate.sampler import as_handed_over
from r1cli.evaluate.store import Sample
from r1cli.plugins.types import Benchmark

#: Completions that are scored at once.
SIZE = 256


@dataclass(frozen=True)
class Score:
    """What is said of one completion: by name, None where one does not apply; or why nothing could be.

    ``parsed`` says whether an answer was found in it, where that is known.
    """

    problem: str
    sample: int
    scores: Mapping[str, float | None]
    fault: str | None
    parsed: bool | None = None


def judge_samples(
    benchmark: Benchmark, problems: Sequence[Problem], samples: Sequence[Sample]
) -> list[Score]:
    """lighteval's verdict of each completion, by its own name of the metric.

    Raises:
        R1Error: lighteval is not there, or fails.
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
        problems: those that the samples are of.
        samples: the completions; those of one problem follow each other.
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
