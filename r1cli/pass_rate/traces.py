"""The passing completions of selected rows, each as a row that ``r1 sft`` trains on."""

from collections.abc import Iterator, Mapping
from typing import Any

from datasets import Features, Value

from r1cli.generate.output_rows import SAMPLE, SOURCE_ID, parts_of
from r1cli.generate.prompts import ID, as_asked
from r1cli.pass_rate.measurement import GENERATIONS, ORIGIN, OWN, RATE, SAMPLES, Info

_TEXT = Value("string")
# What a source may have that `r1 sft` would train on in place of the trace.
_INSTEAD = ("messages", "text", "completion")


def trace_features(measured: Features, chats: bool) -> Features:
    """The columns of traces.

    Args:
        measured: the columns of the measurement.
        chats: whether prompts are chats.
    """
    prompt: Any = [{"role": _TEXT, "content": _TEXT}] if chats else _TEXT
    own = {
        "completion": _TEXT,
        "reasoning": _TEXT,
        "answer": _TEXT,
        "completion_tokens": Value("int64"),
        "reward": Value("float64"),
        RATE: Value("float64"),
        SOURCE_ID: _TEXT,
        SAMPLE: Value("int64"),
        ORIGIN: measured[ORIGIN],
    }
    left_out = (*OWN, *_INSTEAD, *own, ID, "prompt")
    source = {name: kind for name, kind in measured.items() if name not in left_out}
    return Features({ID: _TEXT, **source, "prompt": prompt, **own})


def traces_of(row: Mapping[str, Any], info: Info, reward: str, pass_from: float) -> Iterator[dict[str, Any]]:
    """The traces of a selected row: completions that pass, were not cut off, and could be scored.

    Args:
        row: of the measurement.
        info: how it was measured.
        reward: that says what passes.
        pass_from: the value from which a completion passes.
    """
    prompt = as_asked(row["prompt"], info.chats, info.system_prompt)
    for completion, sample in zip(row[GENERATIONS], row[SAMPLES], strict=True):
        value = sample["rewards"][reward]
        if value is None or value < pass_from or sample["fault"] or sample["finish_reason"] == "length":
            continue
        reasoning, answer = parts_of(completion)
        yield {
            **row,
            ID: f"{row[ID]}-{sample['sample']}",
            "prompt": prompt,
            "completion": completion,
            "reasoning": reasoning,
            "answer": answer,
            "completion_tokens": sample["completion_tokens"],
            "reward": value,
            SOURCE_ID: row[ID],
            SAMPLE: sample["sample"],
        }
