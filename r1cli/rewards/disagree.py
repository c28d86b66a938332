"""Where verifiers differ on the same answers: how wrong verdicts are found."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r1cli.children import answer, ask
from r1cli.errors import R1Error
from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.lighteval import judge
from r1cli.evaluate.problem import Problem
from r1cli.rewards.files import Rows
from r1cli.sampling.store import Sample
from r1cli.scoring.math import Verdict, explain_all, gold_text
from r1cli.scoring.texts import texts

#: A benchmark whose metric is lighteval's for mathematics, whatever its dataset.
_BENCHMARK = "math_500"
# Seconds that math-verify may take for one text, as it has them by default.
_LIMIT = 5


@dataclass(frozen=True)
class Disagreement:
    """A row on which verifiers differ: the row's number from 0, and what each says; None if it cannot say."""

    row: int
    gold: str
    answer: str
    reason: str
    verdicts: Mapping[str, bool | None]


def disagreements(rows: Rows, parameters: Mapping[str, Any]) -> tuple[list[Disagreement], str]:
    """The rows on which r1, math-verify alone and lighteval's metric differ.

    Args:
        rows: with a column ``solution``.
        parameters: of r1's verdict, as `r1cli.explain` takes them.

    Returns:
        The rows, and why lighteval was not asked; empty if it was.
    """
    golds = [gold_text(gold) for gold in rows.columns["solution"]]
    completions = texts(rows.completions)
    verdicts = explain_all(golds, completions, **parameters)
    said: dict[str, Sequence[bool | None]] = {
        "r1": [one.correct if isinstance(one, Verdict) else None for one in verdicts],
        "math-verify": ask("r1cli.rewards.disagree", {"golds": golds, "completions": completions}),
    }
    silence = ""
    try:
        said["lighteval"] = _by_lighteval(golds, completions)
    except R1Error as error:
        silence = f"{error.what}; {error.fix}" if error.fix else error.what
    return list(_differing(golds, verdicts, said)), silence


def _differing(
    golds: Sequence[str], verdicts: Sequence[Any], said: Mapping[str, Sequence[bool | None]]
) -> Iterator[Disagreement]:
    for row, verdict in enumerate(verdicts):
        of_row = {name: values[row] for name, values in said.items()}
        if len({*of_row.values()}) > 1 and isinstance(verdict, Verdict):
            found = verdict.found.text if verdict.found else ""
            yield Disagreement(row, golds[row], found, verdict.reason, of_row)


def _by_lighteval(golds: Sequence[str], completions: Sequence[str]) -> list[bool | None]:
    (benchmark,) = find_benchmarks([_BENCHMARK])
    others = dict.fromkeys(("instruction", "specific", "original_query"))
    problems = [
        Problem(
            str(row),
            [],
            {"solution": gold, "lighteval": {"query": "", "choices": [gold], "gold_index": 0, **others}},
        )
        for row, gold in enumerate(golds)
    ]
    samples = [Sample("", str(row), 0, text, "stop", 1) for row, text in enumerate(completions)]
    judged = judge(benchmark, problems, samples)
    by_row = {int(one.problem): one.metrics.get(judged.metric) for one in judged.judgements}
    values = [by_row.get(row) for row in range(len(golds))]
    return [None if value is None else bool(value) for value in values]


def _by_math_verify(request: dict[str, Any]) -> list[bool | None]:
    """Each verdict of math-verify with its defaults; None where it cannot read the gold."""
    from math_verify import parse, verify

    # It warns of each text that takes long, which is a verdict here.
    logging.getLogger("math_verify").setLevel(logging.ERROR)
    found: list[bool | None] = []
    for gold, completion in zip(request["golds"], request["completions"], strict=True):
        # As TRL's reward does: a bare gold is read as LaTeX between dollars.
        parsed = parse(gold, parsing_timeout=_LIMIT) or parse(f"${gold}$", parsing_timeout=_LIMIT)
        answers = parse(completion, parsing_timeout=_LIMIT)
        found.append(bool(verify(parsed, answers, timeout_seconds=_LIMIT)) if parsed else None)
    return found


if __name__ == "__main__":
    answer(_by_math_verify)
