"""Which rows are selected, by their pass rates: all within the bounds, or some of them of a certain shape."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import pyarrow.compute

from r1cli.generate.prompts import ID
from r1cli.pass_rate.counting import Rule, means
from r1cli.pass_rate.histogram import bar_of
from r1cli.pass_rate.measurement import HELD_OUT, SAMPLES
from r1cli.pass_rate.pooled_rows import Batch, PooledRows
from r1cli.pass_rate.schema import HARD, UNIFORM, Choosing
from r1cli.sampling.disk_array import disk_array


@dataclass(frozen=True)
class Rated:
    """The pass rate of each row: arrays with an entry for each.

    Args:
        rates: NaN where no sample counts.
        counts: the samples that count.
        held_out: the same rates of the samples that are held out.
        ties: numbers that put rows of equal rates in an order, which is that of no dataset; None if not
            needed.
    """

    rates: Any
    counts: Any
    held_out: Any
    ties: Any


def rate(rows: PooledRows, rule: Rule, holdout: int, with_ties: bool) -> Rated:
    """The pass rates of all rows.

    Args:
        rows: of the measurements.
        rule: how samples count.
        holdout: the number of each row's last samples that selection does not use; 0 leaves those that were
            held out when measuring.
        with_ties: whether some of the rows within the bounds will be taken.
    """
    most = sum(rows.sizes)
    columns = [disk_array(most, kind) for kind in ("f8", "u2", "f4")]
    ties = disk_array(most if with_ties else 0, "u8")
    size = 0
    for batch in rows.batches([ID, SAMPLES, HELD_OUT]):
        for column, part in zip(columns, _rate_batch(batch, rule, holdout), strict=True):
            column[size : size + len(batch)] = part
        if with_ties:
            ties[size : size + len(batch)] = [_tie(name) for name in batch.column(ID).to_pylist()]
        size += len(batch)
    rates, counts, held_out = (column[:size] for column in columns)
    return Rated(rates, counts, held_out, ties[:size] if with_ties else None)


def _rate_batch(batch: Batch, rule: Rule, holdout: int) -> tuple[Any, Any, Any]:
    values, sizes = _values(batch.column(SAMPLES), rule)
    if holdout:
        # How many samples of its row come after each.
        after = numpy.repeat(numpy.cumsum(sizes), sizes) - numpy.arange(len(values)) - 1
        apart = after < holdout
        held_out, _ = means(numpy.where(apart, values, numpy.nan), sizes)
        values = numpy.where(apart, numpy.nan, values)
    else:
        held_out, _ = means(*_values(batch.column(HELD_OUT), rule))
    return *means(values, sizes), held_out


def _values(samples: Any, rule: Rule) -> tuple[Any, Any]:
    """What each sample of a batch counts, and how many samples each row has."""
    compute = pyarrow.compute
    sizes = compute.fill_null(compute.list_value_length(samples), 0).to_numpy(zero_copy_only=False)
    every = samples.flatten()
    scores = compute.struct_field(compute.struct_field(every, "rewards"), rule.reward)
    truncated = compute.equal(compute.struct_field(every, "finish_reason"), "length")
    faulty = compute.is_valid(compute.struct_field(every, "fault"))
    plain = (column.to_numpy(zero_copy_only=False) for column in (scores, truncated, faulty))
    scores, truncated, faulty = plain
    return rule.values(scores.astype("f8"), truncated.astype(bool), faulty.astype(bool)), sizes


def _tie(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest())


@dataclass(frozen=True)
class Selection:
    """Which rows are selected.

    Args:
        rows: a flag for each.
        within: rows whose pass rate lies within the bounds, and of enough samples.
        too_few: rows whose pass rate lies there, but of too few samples.
    """

    rows: Any
    within: int
    too_few: int


def choose(rated: Rated, rule: Rule, settings: Choosing, fewest: int) -> Selection:
    """Selects rows.

    Args:
        rated: all rows.
        rule: with the bounds.
        settings: how many of the rows within the bounds are selected, and which.
        fewest: samples that must count of a row.
    """
    inside = rule.contains(rated.rates)
    chosen = inside & (rated.counts >= fewest)
    within, target = int(chosen.sum()), settings.target_size
    too_few = int(inside.sum()) - within
    if target is not None and target < within:
        places = numpy.flatnonzero(chosen)
        rates, ties = rated.rates[places], rated.ties[places]
        if settings.shape == HARD:
            order = numpy.lexsort((ties, rates))[:target]
        elif settings.shape == UNIFORM:
            order = _evenly(rates, ties, target)
        else:
            order = numpy.argsort(ties, kind="stable")[:target]
        chosen = numpy.zeros_like(chosen)
        chosen[places[order]] = True
    return Selection(chosen, within, too_few)


def _evenly(rates: Any, ties: Any, target: int) -> Any:
    """The places of rows that are spread over the tenths of pass rates as evenly as their numbers allow."""
    bars = bar_of(rates)
    by_bar = [numpy.flatnonzero(bars == bar) for bar in numpy.unique(bars)]
    shares = even_shares([len(places) for places in by_bar], target)
    taken = [
        places[numpy.argsort(ties[places], kind="stable")][:share]
        for places, share in zip(by_bar, shares, strict=True)
    ]
    return numpy.concatenate(taken)


def even_shares(sizes: Sequence[int], target: int) -> list[int]:
    """How many to take of each of some groups: as equal as their sizes allow, and ``target`` together."""
    shares = [0] * len(sizes)
    left = target
    # From the smallest: what it lacks is for the others.
    order = sorted(range(len(sizes)), key=lambda group: sizes[group])
    for place, group in enumerate(order):
        shares[group] = min(sizes[group], left // (len(order) - place))
        left -= shares[group]
    return shares
