"""Golds and completions out of public bug reports, and more of their kinds, with the right verdicts."""

import json
from pathlib import Path
from typing import Any

from r1cli import Verdict, explain_all

PAIRS = Path(__file__).with_name("pairs.jsonl")


def rows() -> list[dict[str, Any]]:
    """All pairs: ``kind``, ``gold``, ``completion``, and what is ``right``."""
    return [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]


def test_every_recorded_pair_is_judged_rightly() -> None:
    golds, completions = ([row[name] for row in rows()] for name in ("gold", "completion"))
    wrong = [
        (row["kind"], row["gold"], row["completion"], verdict)
        for row, verdict in zip(rows(), explain_all(golds, completions), strict=True)
        if not isinstance(verdict, Verdict) or verdict.correct is not row["right"]
    ]
    assert len(golds) > 2_000
    assert wrong == []
