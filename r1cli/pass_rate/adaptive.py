"""How many samples each prompt needs: a fixed number, or as many as its pass rate takes to be decided."""

from collections.abc import Iterable
from typing import Any

import numpy

from r1cli.errors import R1Error
from r1cli.generate.prompts import Row
from r1cli.generate.sampled_rows import SampledRows
from r1cli.pass_rate.counting import Rule
from r1cli.pass_rate.posterior import straddles
from r1cli.pass_rate.schema import Measuring
from r1cli.sampling.disk_array import disk_array
from r1cli.sampling.sampling_request import SamplingRequest


class Need:
    """What each row needs, as far as it can be said from what is stored.

    It depends on the stored samples and scores alone, so that a resumed run, and the share of an array that
    brings the others together, come to the same.

    Args:
        rows: with all samples that a row may need: those for selection, then those that are held out.
        rule: how completions count.
        settings: of the measurement.
        samples: for selection, at most.
    """

    def __init__(self, rows: SampledRows, rule: Rule, settings: Measuring, samples: int) -> None:
        self._rows, self._rule, self._settings, self._most = rows, rule, settings, samples
        self._first = min(settings.first_samples, samples) if settings.adaptive else samples
        size = len(rows.prompts)
        # By row: its samples for selection so far; whether some are held out as well; whether that is all.
        self._asked = disk_array(size, "u4")
        self._asked[:] = self._first
        self._held, self._settled = disk_array(size, "?"), disk_array(size, "?")

    def requests(self, row: Row, requests: list[SamplingRequest]) -> list[SamplingRequest]:
        """Those of a row's requests that it needs, as far as is known."""
        held_out = requests[self._most :] if self._held[row.number] else []
        return requests[: self._asked[row.number]] + held_out

    def samples_for_selection(self, row: Row) -> int:
        """How many of a row's samples are for selection; the others are held out."""
        return int(self._asked[row.number])

    def look(self, rows: Iterable[Row]) -> bool:
        """Looks at what is stored of some rows, and returns whether they need nothing more."""
        # Every row is looked at, whatever the first ones need.
        return not sum(not self._look(row) for row in rows)

    def _look(self, row: Row) -> bool:
        number, requests = row.number, self._rows.requests(row)
        if not requests:  # it has no prompt
            return True
        while not self._settled[number]:
            needed = self.requests(row, requests)
            if not all(map(self._rows.store.has, needed)):
                return False
            values = self._values(needed)
            if values is None:
                return False
            if not self._held[number] and self._needs_more(len(needed), values):
                self._asked[number] = min(2 * len(needed), self._most)
            elif self._settings.holdout and not self._held[number] and self._is_within(values):
                self._held[number] = True
            else:
                self._settled[number] = True
        return True

    def _values(self, requests: list[SamplingRequest]) -> Any:
        """What the samples of requests count; None while one is not scored."""
        samples = [one for one in self._rows.store.found(requests) if not one.failure]
        scores = self._rows.scores
        assert scores
        if not all(map(scores.has, samples)):
            return None
        found = [scores.of(one) for one in samples]
        values = self._rule.values(
            numpy.array([score.values[self._rule.reward] for score in found], dtype="f8"),
            numpy.array([one.finish_reason == "length" for one in samples], dtype=bool),
            numpy.array([score.fault is not None for score in found], dtype=bool),
        )
        return values[~numpy.isnan(values)]

    def _needs_more(self, asked: int, values: Any) -> bool:
        if not self._settings.adaptive or asked >= self._most:
            return False
        if len(values) < self._first:
            return True
        if values.min() < 0 or values.max() > 1:
            raise R1Error(
                f"adaptive sampling needs a reward between 0 and 1, and '{self._rule.reward}' gave "
                f"{values.min():g} to {values.max():g}",
                where="pass_rate.adaptive",
                fix="select by another reward (--pass_rate.reward NAME), or leave --adaptive out",
            )
        passed = float(values.sum())
        return straddles(passed, len(values), self._rule.bounds, self._settings.confidence)

    def _is_within(self, values: Any) -> bool:
        return len(values) > 0 and bool(self._rule.contains(values.mean()))
