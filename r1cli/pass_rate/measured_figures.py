"""What is counted of a measurement while its rows are written."""

from collections import Counter
from typing import Any

import numpy

from r1cli.evaluate.statistics import best_of
from r1cli.generate.sampled_rows import SampledRow
from r1cli.pass_rate.counting import Rule
from r1cli.pass_rate.histogram import Histogram
from r1cli.pass_rate.measurement import Info
from r1cli.pass_rate.posterior import straddles


class MeasuredFigures:
    """Counts rows as they pass.

    Args:
        rule: how samples count.
        info: how they were made.
    """

    def __init__(self, rule: Rule, info: Info) -> None:
        self._rule, self._info = rule, info
        self.histogram = Histogram()
        self._counts, self._failures = Counter[str](), Counter[str]()
        self._rates = 0.0
        # By k, the sum of pass@k over rows, and their number.
        self._pass_at = {
            2**power: [0.0, 0] for power in range(info.fewest.bit_length()) if 2**power <= info.fewest
        }

    def add(self, sampled: SampledRow, for_selection: int, rate: float | None, values: Any) -> None:
        """Counts a row.

        Args:
            sampled: the row with its samples.
            for_selection: how many were asked for selection.
            rate: its pass rate.
            values: what its samples for selection count.
        """
        counts = self._counts
        counts["rows"] += 1
        counts["rows_without_prompt"] += bool(sampled.row.fault)
        for sample, score in zip(sampled.samples, sampled.scores, strict=True):
            if score is None:
                self._failures[sample.failure] += 1
                continue
            counts["held_out"] += sample.sample >= for_selection
            counts["prompt_tokens"] += sample.prompt_tokens
            counts["completion_tokens"] += sample.tokens
            counts[_outcome(sample.finish_reason, score.values[self._rule.reward], score.fault)] += 1
        if sampled.samples:
            counts["asked"] += for_selection
            counts["fixed"] += self._info.samples
        self._count_values(rate, values, for_selection)

    def _count_values(self, rate: float | None, values: Any, for_selection: int) -> None:
        rates = numpy.array([numpy.nan if rate is None else rate])
        within = self._rule.contains(rates)
        self.histogram.add(rates, within)
        self._counts["within_bounds"] += int(within[0])
        if rate is None:
            self._counts["rows_without_rate"] += 1
            return
        self._counts["rated"] += 1
        self._rates += rate
        # Later samples of an adaptive measurement are those of rows that the first ones did not decide.
        first = values[: self._info.fewest]
        first = first[~numpy.isnan(first)]
        for k, entry in self._pass_at.items():
            if len(first) >= k:
                entry[0] += best_of([float(value) for value in first], k)
                entry[1] += 1
        adaptive, counted = self._info.adaptive, values[~numpy.isnan(values)]
        if adaptive and for_selection == self._info.samples:
            passed, confidence = float(counted.sum()), adaptive["confidence"]
            self._counts["undecided"] += straddles(passed, len(counted), self._rule.bounds, confidence)

    def found(self) -> dict[str, Any]:
        """All figures."""
        counts = self._counts
        outcomes = {name: counts[name] for name in _OUTCOMES}
        figures: dict[str, Any] = {
            "rows": counts["rows"],
            "completions": sum(outcomes.values()),
            "prompt_tokens": counts["prompt_tokens"],
            "completion_tokens": counts["completion_tokens"],
            "outcomes": outcomes,
            "mean_pass_rate": round(self._rates / counts["rated"], 4) if counts["rated"] else None,
            "pass_at": {f"{k}": round(total / of, 4) for k, (total, of) in self._pass_at.items() if of},
            "rows_within_bounds": counts["within_bounds"],
        }
        for name in ("held_out", "rows_without_prompt", "rows_without_rate"):
            if counts[name]:
                figures[name] = counts[name]
        if self._failures:
            figures["failures"] = dict(self._failures)
        if self._info.adaptive:
            saved = counts["fixed"] - counts["asked"]
            figures["adaptive"] = {
                "samples": counts["asked"],
                "samples_of_a_fixed_number": counts["fixed"],
                "saved": saved,
                "saved_share": round(saved / counts["fixed"], 4) if counts["fixed"] else 0.0,
                "undecided_rows": counts["undecided"],
            }
        figures["histogram"] = {"rows": self.histogram.rows, "selected": self.histogram.selected}
        return figures


_OUTCOMES = ("right", "wrong", "truncated", "faulty", "unscored")


def _outcome(finish_reason: str, value: float | None, fault: str | None) -> str:
    """What became of a completion; one that was cut off is not a wrong answer, whatever its score."""
    if fault is not None:
        return "faulty"
    if finish_reason == "length":
        return "truncated"
    if value is None:
        return "unscored"
    return "right" if value >= 1 else "wrong"
