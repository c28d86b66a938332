"""Published results beside one's own, and whether the difference between them means anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from r1cli.evaluate.protocol import PROTOCOLS, deviations
from r1cli.evaluate.result import Result
from r1cli.evaluate.statistics import Estimate, difference, presumed, proportion

TABLES = Path(__file__).with_name("published.yaml")
_PASS = "pass@1"


@dataclass(frozen=True)
class Published:
    """One published number.

    Args:
        title: who published it.
        source: where it is published.
        protocol: the name of how it was measured.
        model: its id on the Hub, where it has one.
        benchmark: its name here.
        metric: ``pass@1``, ``cons@64`` or ``rating``.
        value: a share from 0 to 1; a rating as it is.
        problems: of the benchmark; None where that is not known.
        samples: of each problem; None where that is not known.
    """

    title: str
    source: str
    protocol: str
    model: str
    benchmark: str
    metric: str
    value: float
    problems: int | None
    samples: int | None


@dataclass(frozen=True)
class Comparison:
    """A published number beside one's own; differences are one's own less the published.

    Args:
        published: the number.
        same_model: whether it is of the model that was measured.
        own: one's own, with the interval for other problems of the kind.
        difference: with the interval for other problems of the kind.
        noise: the difference, with the interval for the same problems sampled again; None where the problems
            are not the same.
        deviations: of one's own measurement from how the published number was measured.
    """

    published: Published
    same_model: bool
    own: Estimate
    difference: Estimate
    noise: Estimate | None
    deviations: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """``agrees``, ``differs here`` (on these problems), ``differs`` (on others too), or ``unclear``."""
        if self.noise is not None and _holds_zero(self.noise):
            return "agrees"
        if not _holds_zero(self.difference):
            return "differs"
        return "unclear" if self.noise is None else "differs here"

    def meaning(self) -> str:
        """What the verdict says, in a sentence."""
        points = f"{100 * self.difference.value:+.1f} points"
        return {
            "agrees": f"{points}: no more than sampling the same problems again may bring",
            "differs here": f"{points}: more than sampling the same problems again may bring, "
            f"but too few problems ({self.own.n}) to say that it holds for others",
            "differs": f"{points}: a difference that holds for other problems of the kind too",
            "unclear": f"{points}: too few problems ({self.own.n}) to tell the two apart",
        }[self.verdict]


@cache
def published_results() -> tuple[Published, ...]:
    """All published numbers that come with r1."""
    data = yaml.safe_load(TABLES.read_text(encoding="utf-8"))
    return tuple(
        _published(source, row["model"], key, value, data["problems"])
        for source in data["sources"]
        for row in source["results"]
        for key, value in row.items()
        if key != "model"
    )


def compare(result: Result, model: str) -> list[Comparison]:
    """A result beside all numbers published of its benchmark, those of the same model first.

    Args:
        result: of a benchmark whose scores lie between 0 and 1.
        model: what was measured: an id on the Hub, or a folder that is named like one.
    """
    found = [row for published in published_results() for row in _beside(result, model, published)]
    return sorted(found, key=lambda row: not row.same_model)


def _published(
    source: dict[str, Any], model: str, key: str, value: float, problems: dict[str, int]
) -> Published:
    benchmark, _, metric = key.partition(" ")
    return Published(
        title=source["title"],
        source=source["source"],
        protocol=source["protocol"],
        model=model,
        benchmark=benchmark,
        metric=metric or _PASS,
        value=value if metric == "rating" else round(value / 100, 6),
        problems=problems.get(benchmark),
        samples=PROTOCOLS[source["protocol"]].settings(benchmark).get("samples"),
    )


def _beside(result: Result, model: str, published: Published) -> Iterator[Comparison]:
    own = _own(result, published)
    if own is None or published.problems is None or published.samples is None:
        return
    theirs = proportion(published.value, published.problems)
    noise = None
    if published.metric == _PASS:
        theirs, again = presumed(
            published.value, published.problems, published.samples, result.score, result.again
        )
        noise = difference(again, result.again) if result.problems == published.problems else None
    protocol = PROTOCOLS[published.protocol]
    yield Comparison(
        published=published,
        same_model=_base(model) == _base(published.model),
        own=own,
        difference=difference(theirs, own),
        noise=noise,
        deviations=tuple(deviations(protocol, result.benchmark, result.settings)),
    )


def _own(result: Result, published: Published) -> Estimate | None:
    """What stands beside a published number, if anything does."""
    if result.benchmark != published.benchmark:
        return None
    if published.metric == f"cons@{result.samples}":
        return result.consensus
    return result.score if published.metric == _PASS else None


def _base(model: str) -> str:
    return model.rstrip("/").rpartition("/")[2].casefold()


def _holds_zero(estimate: Estimate) -> bool:
    return estimate.low <= 0 <= estimate.high
