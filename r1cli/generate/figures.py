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
        self._price = rows.sampling.price
        self._counts = Counter[str]()
        self._failures = Counter[str]()
        self._scores: dict[str, list[float]] = {}

    def add(self, sampled: SampledRow) -> None:
        """Counts a row."""
        counts = self._counts
        counts["rows"] += 1
        if sampled.row.fault:
            counts["rows_without_prompt"] += 1
        for sample, score in zip(sampled.samples, sampled.scores, strict=True):
            # What failed after it was sampled was paid for.
            counts.update(completion_tokens=sample.tokens, prompt_tokens=sample.prompt_tokens)
            if sample.failure:
                self._failures[sample.failure] += 1
                # Of a recipe, a completion that says too little.
                counts["cut_off_failures"] += sample.finish_reason == "length"
                continue
            counts.update(completions=1, cut_off=sample.finish_reason == "length")
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
        counts = self._counts
        completions, lost = counts["completions"], counts["cut_off_failures"]
        cut_off = (counts["cut_off"] + lost) / max(1, completions + lost)
        figures: dict[str, Any] = {
            "rows": counts["rows"],
            "completions": completions,
            "written": written,
            "prompt_tokens": counts["prompt_tokens"],
            "completion_tokens": counts["completion_tokens"],
            "cut_off_share": round(cut_off, 4),
        }
        if self._price:
            figures["cost"] = cost(self._price, counts["prompt_tokens"], counts["completion_tokens"])
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
