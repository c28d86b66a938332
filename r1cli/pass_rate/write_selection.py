"""Writes the selected rows of measurements as a dataset, or the traces in them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pyarrow
from datasets import Features

from r1cli.data.dataset_folder import DatasetWriter
from r1cli.data.lineage import Input, Step, input_of
from r1cli.pass_rate.bias import selection_bias
from r1cli.pass_rate.card import selection_card
from r1cli.pass_rate.counting import Rule
from r1cli.pass_rate.histogram import Histogram
from r1cli.pass_rate.measurement import RATE, Measurement, public_reward
from r1cli.pass_rate.pooled_rows import PooledRows
from r1cli.pass_rate.schema import Choosing
from r1cli.pass_rate.selection import Rated, Selection, choose, rate
from r1cli.pass_rate.traces import trace_features, traces_of

# Rows that are written at a time, at most, and their bytes.
_ROWS, _BYTES = 10_000, 16_000_000
# Tables that they are in, at most.
_TABLES = 100


def write_selection(
    measurements: Sequence[Measurement], settings: Choosing, folder: Path, holdout: int = 0
) -> dict[str, Any]:
    """Selects rows, writes them, and returns the figures.

    Args:
        measurements: that agree.
        settings: which rows are selected.
        folder: of the dataset.
        holdout: the number of each row's last samples that selection does not use.
    """
    infos = [one.info for one in measurements]
    rule = Rule.of(settings, list(infos[0].rewards))
    rule = replace(rule, reward=public_reward(rule.reward))
    rows = PooledRows(measurements)
    rated = rate(rows, rule, holdout, settings.target_size is not None)
    fewest = settings.min_samples or _fewest(measurements, holdout)
    chosen = choose(rated, rule, settings, fewest)
    figures = _figures(rated, chosen, rule, fewest, settings.target_size)
    measured = Features.from_arrow_schema(rows.schema)
    features = trace_features(measured, infos[0].chats) if settings.as_traces else measured
    with DatasetWriter(folder, features) as writer:
        for table in _selected(rows, rated, chosen):
            if settings.as_traces:
                for row in table.to_pylist():
                    for trace in traces_of(row, infos[0], rule.reward, settings.pass_from):
                        writer.add(trace)
            else:
                writer.add_table(table)
        if settings.as_traces:
            figures["traces"] = writer.rows
        step = Step(
            "filter-pass-rate", _inputs(measurements, rows.sizes), _settings(settings, rule, holdout), figures
        )
        writer.finish(selection_card(infos, rule, figures, settings.as_traces), step)
    return figures


def _selected(rows: PooledRows, rated: Rated, chosen: Selection) -> Iterator[pyarrow.Table]:
    """The selected rows, some at a time, each with the pass rate that selected it."""
    first, waiting, size = 0, list[pyarrow.Table](), 0
    place = rows.schema.get_field_index(RATE)
    for batch in rows.batches(rows.schema.names):
        flags = chosen.rows[first : first + len(batch)]
        rates = rated.rates[first : first + len(batch)][flags]
        first += len(batch)
        if not flags.any():
            continue
        kept = pyarrow.Table.from_batches([batch]).filter(pyarrow.array(flags))
        waiting.append(kept.set_column(place, rows.schema.field(RATE), pyarrow.array(rates)))
        size += kept.nbytes
        # Small pieces of a file are slow to read.
        if sum(len(table) for table in waiting) >= _ROWS or size >= _BYTES:
            yield pyarrow.concat_tables(waiting)
            waiting, size = [], 0
        elif len(waiting) >= _TABLES:
            # Many tables of a few rows each take more memory than the rows.
            waiting = [pyarrow.concat_tables(waiting).combine_chunks()]
    if waiting:
        yield pyarrow.concat_tables(waiting)


def _fewest(measurements: Sequence[Measurement], holdout: int) -> int:
    """The samples that must count of a row, where the user does not say."""
    return max(
        one.info.fewest if one.info.adaptive else -(-(one.info.samples - holdout) // 2)
        for one in measurements
    )


def _figures(rated: Rated, chosen: Selection, rule: Rule, fewest: int, target: int | None) -> dict[str, Any]:
    histogram = Histogram()
    histogram.add(rated.rates, chosen.rows)
    counts = rated.counts[chosen.rows]
    figures: dict[str, Any] = {
        "reward": rule.reward,
        "rows": len(rated.rates),
        "selected": int(chosen.rows.sum()),
        "rows_within_bounds": chosen.within,
        "rows_at_or_below_min": int((rated.rates <= rule.low).sum()),
        "rows_at_or_above_max": int((rated.rates >= rule.high).sum()),
        "rows_of_too_few_samples": chosen.too_few,
        "rows_without_rate": int(numpy.isnan(rated.rates).sum()),
        "samples_required": fewest,
    }
    if target is not None and figures["selected"] < target:
        figures["rows_missing_to_target_size"] = target - figures["selected"]
    if len(counts):
        figures["samples_of_selected_rows"] = {"fewest": int(counts.min()), "most": int(counts.max())}
        figures["mean_pass_rate_of_selected_rows"] = round(float(rated.rates[chosen.rows].mean()), 4)
    bias = selection_bias(rated.rates[chosen.rows], rated.held_out[chosen.rows], rule)
    if bias:
        figures["bias"] = bias
    figures["histogram"] = {"rows": histogram.rows, "selected": histogram.selected}
    return figures


def _inputs(measurements: Sequence[Measurement], sizes: Sequence[int]) -> list[Input]:
    # By the names of their runs: the folders are all called the same.
    return [
        replace(input_of(str(one.folder), None, one.name), name=one.name, rows=size)
        for one, size in zip(measurements, sizes, strict=True)
    ]


def _settings(settings: Choosing, rule: Rule, holdout: int) -> dict[str, Any]:
    found: dict[str, Any] = dict(rule.words())
    for name in ("target_size", "shape"):
        if getattr(settings, name) is not None:
            found[name.replace("_", " ")] = getattr(settings, name)
    if holdout:
        found["held-out samples"] = holdout
    if settings.as_traces:
        found["traces pass from"] = settings.pass_from
    return found
