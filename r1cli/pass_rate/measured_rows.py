"""The rows of a measurement: those of the source, each with all that was sampled and scored of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy
from datasets import Features, Value

from r1cli.generate.prompts import ID, Prompts
from r1cli.generate.sampled_rows import SampledRow
from r1cli.generate.score_store import Score
from r1cli.pass_rate.counting import Rule
from r1cli.pass_rate.measurement import (
    GENERATIONS,
    HELD_OUT,
    ORIGIN,
    OWN,
    RATE,
    REWARDS,
    SAMPLES,
    public_reward,
)
from r1cli.sampling.store import Sample

_TEXT, _WHOLE, _NUMBER = Value("string"), Value("int64"), Value("float64")


def features_of(prompts: Prompts, rewards: Sequence[str]) -> Features:
    """The columns: those of the source, as they are there, and what was measured."""
    sample = {
        "sample": _WHOLE,
        "key": _TEXT,
        "finish_reason": _TEXT,
        "prompt_tokens": _WHOLE,
        "completion_tokens": _WHOLE,
        "rewards": {public_reward(name): _NUMBER for name in rewards},
        "fault": _TEXT,
    }
    origin = {
        "model": _TEXT,
        "model_revision": _TEXT,
        "server": _TEXT,
        "temperature": _NUMBER,
        "top_p": _NUMBER,
        "max_new_tokens": _WHOLE,
        "seed": _WHOLE,
        "verdicts": _TEXT,
    }
    source = {name: kind for name, kind in prompts.rows.features.items() if name not in (*OWN, ID)}
    return Features(
        {
            ID: _TEXT,
            **source,
            RATE: _NUMBER,
            GENERATIONS: [_TEXT],
            REWARDS: [_NUMBER],
            SAMPLES: [sample],
            HELD_OUT: [{"completion": _TEXT, **sample}],
            ORIGIN: origin,
        }
    )


def measured_row(
    sampled: SampledRow, for_selection: int, rule: Rule, origin: Mapping[str, Any]
) -> tuple[dict[str, Any], Any]:
    """One row of a measurement, and what each of its samples for selection counts.

    Args:
        sampled: the row with its samples: those for selection, then those that are held out.
        for_selection: how many are for selection.
        rule: how samples count.
        origin: how they were made.
    """
    pairs = [(sample, score) for sample, score in zip(sampled.samples, sampled.scores, strict=True) if score]
    used = [(sample, score) for sample, score in pairs if sample.sample < for_selection]
    held_out = pairs[len(used) :]
    scores = numpy.array([score.values[rule.reward] for _, score in used], dtype="f8")
    values = rule.values(
        scores,
        numpy.array([sample.finish_reason == "length" for sample, _ in used], dtype=bool),
        numpy.array([score.fault is not None for _, score in used], dtype=bool),
    )
    counted = values[~numpy.isnan(values)]
    row = {
        **sampled.row.columns,
        ID: sampled.row.id,
        "prompt": sampled.row.given,
        RATE: float(counted.mean()) if len(counted) else None,
        GENERATIONS: [sample.completion for sample, _ in used],
        REWARDS: [score.values[rule.reward] for _, score in used],
        SAMPLES: [_sample(sample, score) for sample, score in used],
        HELD_OUT: [{"completion": one.completion, **_sample(one, score)} for one, score in held_out],
        ORIGIN: origin,
    }
    return row, values


def _sample(sample: Sample, score: Score) -> dict[str, Any]:
    return {
        "sample": sample.sample,
        "key": sample.key,
        "finish_reason": sample.finish_reason,
        "prompt_tokens": sample.prompt_tokens,
        "completion_tokens": sample.tokens,
        "rewards": {public_reward(name): value for name, value in score.values.items()},
        "fault": score.fault,
    }
