"""A completion of a pipeline: what its record says, and what the step that failed has raised."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from r1cli.errors import R1Error
from r1cli.generate.pipeline_records import LOG
from r1cli.generate.prompts import Row, as_asked
from r1cli.sampling.store import Sample


@dataclass(frozen=True)
class PipelineSample(Sample):
    """A completion of a pipeline.

    Args:
        given: what the pipeline says of it: columns that the dataset lacks, and the prompt if it differs.
        settings: of the step that sampled it last, which may have its own.
        step: that failed.
        where: as in `pipeline_records.flaw`.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    step: str = ""
    where: str = ""

    def why(self) -> dict[str, Any]:
        said = {"step": self.step, "where": self.where}
        return super().why() | {name: value for name, value in said.items() if value}


def sample_of(record: Mapping[str, Any], row: Row, number: int, chats: bool) -> tuple[Row, PipelineSample]:
    """A completion of a row, and the row as the pipeline left it.

    Args:
        record: as in `pipeline_records`.
        row: of the dataset.
        number: among the row's completions.
        chats: whether the model takes chats.
    """
    given = dict(record["more"])
    if record["prompt"] and record["prompt"] != row.prompt:
        given["prompt"] = as_asked(record["prompt"], chats, None)
        row = replace(row, prompt=given["prompt"])
    text = record["completion"] if isinstance(record["completion"], str) else ""
    written = json.dumps([row.prompt, text, row.columns], sort_keys=True, default=str)
    key = hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return row, PipelineSample(
        key,
        str(row.number),
        number,
        completion=text,
        finish_reason=record.get("finish_reason") or "stop",
        tokens=record.get("tokens") or 0,
        prompt_tokens=record.get("prompt_tokens") or 0,
        seconds=record.get("seconds") or 0.0,
        failure=record["failure"],
        message=record["message"],
        passing=record["passing"],
        given=given,
        settings=record.get("settings") or {},
        step=record["step"],
        where=record.get("where") or "",
    )


def mistakes_of(samples: Iterable[PipelineSample], log: str, written: int | None) -> list[R1Error]:
    """What steps have raised, an error for each exception and line.

    Args:
        samples: those without a step that raised are left out.
        log: stands where a line is not known.
        written: how many rows the dataset has; None if it is not written.
    """
    raised: dict[tuple[str, str], list[PipelineSample]] = {}
    for sample in samples:
        if sample.where:
            raised.setdefault((sample.failure, sample.where), []).append(sample)
    return [
        R1Error(
            f"{failure}: {found[0].message} ({len({one.problem for one in found})} of the rows)",
            where=log if where == LOG else where,
            fix=_mending(where, written),
            exit_code=1,
        )
        for (failure, where), found in raised.items()
    ]


def _mending(where: str, written: int | None) -> str:
    """What helps against what a step has raised at a line, and what is there already."""
    first = "check what the step before passes on" if where == LOG else "correct the step"
    return f"{first}, then resume the run: it tries these rows again, and keeps the completions" + (
        "" if written is None else f"; the dataset has {_rows(written)} without them"
    )


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"
