"""What ``r1 generate`` writes of each completion: a row that ``r1 sft`` trains on as it is."""

import re
from collections.abc import Mapping
from typing import Any

from datasets import Features, Value

from r1cli.generate.prompts import ID, Prompts
from r1cli.generate.sampled_rows import SampledRow, SampledRows
from r1cli.generate.score_store import Score
from r1cli.sampling.store import Sample
from r1cli.verdicts.thoughts import find_thoughts

#: The row that a completion was sampled for, and its number among the samples of that row.
SOURCE_ID, SAMPLE = "source_id", "sample"

# The format of the R1 paper's cold start, and r1's own answers.
_MARKED = re.compile(r"\|special_token\|(?P<thoughts>.*)\|special_token\|(?P<answer>.*)", re.DOTALL)
_ANSWER = re.compile(r"\s*<answer>(.*?)(?:</answer>|\Z)", re.DOTALL)

_TEXT, _NUMBER = Value("string"), Value("float64")
_COMPLETION = {
    "completion": _TEXT,
    "reasoning": _TEXT,
    "answer": _TEXT,
    "finish_reason": _TEXT,
    "prompt_tokens": Value("int64"),
    "completion_tokens": Value("int64"),
    "seconds": _NUMBER,
}
_ORIGIN = {
    SOURCE_ID: _TEXT,
    SAMPLE: Value("int64"),
    "model": _TEXT,
    "model_revision": _TEXT,
    "server": _TEXT,
    "temperature": _NUMBER,
    "top_p": _NUMBER,
    "max_new_tokens": Value("int64"),
    "seed": Value("int64"),
}


def features_of(prompts: Prompts, rewards: list[str], given: Mapping[str, Any] | None = None) -> Features:
    """The columns: those of the source, the completion, its scores, and where it comes from.

    Args:
        prompts: of the run.
        rewards: their names.
        given: more columns, with their types.
    """
    own = {**_COMPLETION, **_ORIGIN}
    kept = {name: kind for name, kind in prompts.features().items() if name not in (*own, ID)}
    kept |= {name: kind for name, kind in (given or {}).items() if name not in (*own, ID, *kept)}
    scores: dict[str, Any] = {}
    if rewards:
        scores = {"rewards": dict.fromkeys(rewards, _NUMBER), "reward": _NUMBER, "fault": _TEXT}
    return Features({ID: _TEXT, **kept, **own, **scores})


def output_row(
    rows: SampledRows, sampled: SampledRow, sample: Sample, score: Score | None, origin: Mapping[str, Any]
) -> dict[str, Any]:
    """One row of the dataset.

    Args:
        rows: of the run.
        sampled: the row that the completion belongs to.
        sample: the completion.
        score: its scores, if there are rewards.
        origin: the columns that say how it was sampled.
    """
    row = sampled.row
    copy = rows.prompts.earlier_equals(row)
    reasoning, answer = parts_of(sample.completion)
    found = {
        **row.columns,
        ID: f"{row.id}.{copy}-{sample.sample}" if copy else f"{row.id}-{sample.sample}",
        "prompt": row.prompt,
        "completion": sample.completion,
        "reasoning": reasoning,
        "answer": answer,
        "finish_reason": sample.finish_reason,
        "prompt_tokens": sample.prompt_tokens,
        "completion_tokens": sample.tokens,
        "seconds": sample.seconds,
        **origin,
        SOURCE_ID: row.id,
        SAMPLE: sample.sample,
    }
    if score is not None and rows.scores is not None:
        total = None if score.fault else rows.scores.total(score)
        found |= {"rewards": dict(score.values), "reward": total, "fault": score.fault}
    return found


def parts_of(completion: str) -> tuple[str, str]:
    """The thoughts of a completion without their marks, and the rest: empty if it ends in its thoughts."""
    marked = _MARKED.fullmatch(completion)
    if marked:
        return marked["thoughts"].strip(), marked["answer"].strip()
    thoughts = find_thoughts(completion)
    if thoughts is None:
        return _without_mark(completion), ""
    return _without_mark(completion[: thoughts.close]), _without_tags(completion[thoughts.end :])


def _without_tags(text: str) -> str:
    """An answer without the tags around it, and without what a base model writes after them."""
    found = _ANSWER.match(text)
    return (found[1] if found else text).strip()


def _without_mark(text: str) -> str:
    """Thoughts without the mark that opens them, if the template has not written it."""
    text = text.strip()
    if text[:1] in "<[◁":
        end = min((at for sign in ">]▷" if (at := text.find(sign)) > 0), default=-1)
        return text[end + 1 :].strip()
    return text
