"""How far selecting and measuring by the same samples misleads, by samples that selection did not use."""

from dataclasses import asdict
from typing import Any

import numpy

from r1cli.evaluate.statistics import paired_difference
from r1cli.pass_rate.counting import Rule


def selection_bias(rates: Any, held_out: Any, rule: Rule) -> dict[str, Any] | None:
    """The pass rates of selected rows, and those of their samples that are held out.

    Args:
        rates: by which rows were selected.
        held_out: the pass rates of the same rows on other samples, NaN where there are none.
        rule: with the bounds.

    Returns:
        Figures for all selected rows with samples held out, and for those of low and of high pass rates
        apart, as both lean towards the middle; None without such rows.
    """
    known = ~numpy.isnan(held_out)
    if not known.any():
        return None
    before, after = rates[known], held_out[known]
    low = before < (rule.low + rule.high) / 2
    figures: dict[str, Any] = {"rows": len(before)}
    # A single sample passes or not, and most bounds have neither between them.
    if rule.contains(after).any() or not numpy.isin(after, (0.0, 1.0)).all():
        figures["still_within_bounds"] = round(float(rule.contains(after).mean()), 4)
    for name, chosen in (("all", slice(None)), ("lower_half", low), ("upper_half", ~low)):
        if len(before[chosen]):
            figures[name] = _compared(before[chosen], after[chosen])
    return figures


def _compared(before: Any, after: Any) -> dict[str, float]:
    difference = {
        name: round(value, 4) for name, value in asdict(paired_difference(list(before), list(after))).items()
    }
    return {
        "rows": len(before),
        "selected_by": round(float(before.mean()), 4),
        "held_out": round(float(after.mean()), 4),
        "difference": difference["value"],
        "low": difference["low"],
        "high": difference["high"],
    }
