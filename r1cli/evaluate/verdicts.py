"""Scores stored completions, without a model; they can be re-scored with another verifier."""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from r1cli.config.groups.code import Code
from r1cli.config.groups.rewards import Rewards
from r1cli.config.record import package_versions
from r1cli.evaluate.lighteval import judge, lighteval_version
from r1cli.evaluate.problem import Problem
from r1cli.plugins.types import Benchmark
from r1cli.sampling.store import Sample
from r1cli.scoring.call import as_handed_over

if TYPE_CHECKING:
    from r1cli.evaluate.task import Task
    from r1cli.scoring.scorer import Scores

# The packages that verdicts depend on.
_SCORING = ("r1cli", "verdicts", "math-verify", "reasoning-gym")
# The column in which a verifier logs the answer that it found in each completion, None where there is none.
_ANSWER = "answer"
#: Completions to score in one batch; fewer where their rows have more characters together than this.
SIZE, LARGE = 256, 64_000_000


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
    failed = {(one.problem, one.sample): one.failure for one in samples if one.failure}
    complete = [one for one in samples if (one.problem, one.sample) not in failed]
    if task.lighteval:
        scores = _judged_together(task.lighteval, task.problems, complete, {problem for problem, _ in failed})
    else:
        scores = score_samples(task.problems, complete, task.rewards, task.code)
    found = {(score.problem, score.sample): score for score in scores}
    return [
        found.get((one.problem, one.sample))
        or Score(one.problem, one.sample, {}, one.failure or "its problem lacks a sample")
        for one in samples
    ]


def _judged_together(
    benchmark: Benchmark, problems: Sequence[Problem], samples: Sequence[Sample], incomplete: Set[str]
) -> list[Score]:
    """lighteval judges the samples of a problem together: without one of them, it judges none."""
    whole = [sample for sample in samples if sample.problem not in incomplete]
    kept = [problem for problem in problems if problem.id not in incomplete]
    return judge_samples(benchmark, kept, whole) if whole else []


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
    problems: Sequence[Problem], samples: Sequence[Sample], rewards: Rewards, code: Code
) -> list[Score]:
    """The scores of each completion, in their order.

    Args:
        problems: the problems of the samples.
        samples: the completions; those of one problem are consecutive.
        rewards: with their parameters; the first reward is the verifier.
        code: where programs run.

    Raises:
        R1Error: too many completions could not be scored.
    """
    from r1cli.scoring.choose import make_scorer

    by_id = {problem.id: problem for problem in problems}
    found: list[Score] = []
    with closing(make_scorer(rewards, code)) as scorer:
        for part in _batches(samples, by_id):
            rows = [by_id[sample.problem] for sample in part]
            prompts = [row.prompt for row in rows]
            columns = {name: [row.columns.get(name) for row in rows] for name in rows[0].columns}
            handed_over = as_handed_over(prompts, [sample.completion for sample in part])
            logged: dict[str, Sequence[Any]] = {}
            # The verifier is the first reward, and what it logs comes first.
            scores = scorer.score(handed_over, prompts=prompts, log_extra=logged.setdefault, **columns)
            found += _with_answers(part, scores, logged.get(_ANSWER))
        scorer.watch.conclude()
    return found


def _batches(samples: Sequence[Sample], problems: Mapping[str, Problem]) -> Iterator[list[Sample]]:
    """The samples in batches; the tests of programs may be megabytes a row."""
    batch: list[Sample] = []
    held, size = set[str](), 0
    for sample in samples:
        more = 0 if sample.problem in held else _characters(problems[sample.problem].columns)
        if batch and (len(batch) == SIZE or size + more > LARGE):
            yield batch
            batch, held, size = [], set(), 0
            more = _characters(problems[sample.problem].columns)
        batch.append(sample)
        held.add(sample.problem)
        size += more
    if batch:
        yield batch


def _characters(value: Any) -> int:
    """About how long the texts in JSON values are together."""
    if isinstance(value, str):
        return len(value)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(_characters, parts))


def _with_answers(
    samples: Sequence[Sample], scores: "Scores", answers: Sequence[Any] | None
) -> Iterator[Score]:
    """The scores of each completion, and the answer in it, if the verifier has logged the answers."""
    for place, sample in enumerate(samples):
        values = {name: of_all[place] for name, of_all in scores.values.items()}
        fault = scores.faults[place]
        score = Score(sample.problem, sample.sample, values, fault)
        verdict = next(iter(values.values()))
        if answers is None or verdict is None or fault:
            yield score  # without a verdict, the answer says nothing
            continue
        answer = None if answers[place] is None else str(answers[place])
        # All right answers are equal, however they are written.
        yield replace(score, parsed=answer is not None, answer="right" if verdict == 1 else answer)
