"""What is counted of the rows of a run and of their completions."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from r1cli.generate.cost import cost
from r1cli.generate.sampled_rows import SampledRow, SampledRows


class Figures:
    """Counts rows as they pass.

    Args:
        rows: of the run.
    """

    def __init__(self, rows: SampledRows) -> None:
        self._rows = rows
        self._counts, self._answers = Counter[str](), Counter[str]()
        self._failures = Counter[str]()
        self._scores: dict[str, list[float]] = {}

    def add(self, sampled: SampledRow) -> None:
        """Counts a row."""
        counts = self._counts
        counts["rows"] += 1
        if sampled.row.fault:
            counts["rows_without_prompt"] += 1
        for sample, score in zip(sampled.samples, sampled.scores, strict=True):
            if sample.failure:
                self._failures[sample.failure] += 1
                continue
            counts["completions"] += 1
            self._answers.update(
                answers=1,
                cut_off=sample.finish_reason == "length",
                tokens=sample.tokens,
                prompt_tokens=sample.prompt_tokens,
            )
            if score and score.fault:
                counts["faults"] += 1
            elif score:
                for name, value in score.values.items():
                    if value is not None:
                        entry = self._scores.setdefault(name, [0.0, 0.0])
                        entry[0] += value
                        entry[1] += 1

    def found(self, written: int, dropped: Mapping[str, int]) -> dict[str, Any]:
        """All figures.

        Args:
            written: rows of the dataset.
            dropped: completions that are not in it, by reason.
        """
        counts, found = self._counts, self._rows.answers()
        answers = self._answers if found is None else Counter(found)
        figures: dict[str, Any] = {
            "rows": counts["rows"],
            "completions": counts["completions"],
            "written": written,
            "prompt_tokens": answers["prompt_tokens"],
            "completion_tokens": answers["tokens"],
            "cut_off_share": round(answers["cut_off"] / max(1, answers["answers"]), 4),
        }
        if price := self._rows.sampling.price:
            figures["cost"] = cost(price, answers["prompt_tokens"], answers["tokens"])
        if counts["rows_without_prompt"]:
            figures["rows_without_prompt"] = counts["rows_without_prompt"]
        if self._failures:
            figures["failures"] = dict(self._failures)
        if self._scores:
            figures["mean"] = {name: round(total / of, 4) for name, (total, of) in self._scores.items()}
        if counts["faults"]:
            figures["faults"] = counts["faults"]
        if dropped:
            figures["dropped"] = dict(dropped)
        return figures
