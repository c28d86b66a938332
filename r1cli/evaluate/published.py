"""Compares results with published ones, and says whether the difference is significant."""

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
_PASS, _RATING = "pass@1", "rating"


@dataclass(frozen=True)
class Published:
    """One published number.

    Args:
        title: who published it.
        source: where it is published.
        protocol: the name of the protocol it was measured with.
        model: its id on the Hub, if it has one.
        benchmark: its name in r1.
        metric: ``pass@1``, ``cons@64`` or ``rating``.
        value: a share from 0 to 1; a rating as it is.
        problems: of the benchmark; None if unknown.
        samples: of each problem; None if unknown.
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
    """A published number and the user's own; differences are own minus published.

    Args:
        published: the number.
        same_model: whether both are for the same model.
        own: the user's own value, with the interval for other problems of the kind.
        difference: with the interval for other problems of the kind.
        noise: the difference, with the interval for the same problems sampled again; None if the problems
            differ.
        deviations: of the user's own measurement from the published protocol.
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

    def shown(self, value: float | Estimate) -> str:
        """A value as it is written: a rating, or a share in percent; an estimate with its interval."""
        if isinstance(value, Estimate):
            return f"{self.shown(value.value)} ({self.shown(value.low)} to {self.shown(value.high)})"
        return f"{value:.0f}" if self.published.metric == _RATING else f"{value:.1%}"

    def meaning(self) -> str:
        """The verdict as a sentence."""
        if self.published.metric == _RATING:
            apart = "beyond" if self.verdict == "differs" else "within"
            return (
                f"{self.difference.value:+.0f}: {apart} the interval of the estimate here; "
                "the published rating is from contests, and has no interval"
            )
        points = f"{100 * self.difference.value:+.1f} points"
        return {
            "agrees": f"{points}: within the range of sampling the same problems again",
            "differs here": f"{points}: more than sampling the same problems again explains, "
            f"but too few problems ({self.own.n}) to conclude that it holds for others",
            "differs": f"{points}: a difference that also holds for other problems of the kind",
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
    """Compares a result with all published numbers of its benchmark, those of the same model first.

    Args:
        result: of a benchmark whose scores lie between 0 and 1.
        model: the model that was measured: an id on the Hub, or a folder with such a name.
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
        value=value if metric == _RATING else round(value / 100, 6),
        problems=problems.get(benchmark),
        samples=PROTOCOLS[source["protocol"]].settings(benchmark).get("samples"),
    )


def _beside(result: Result, model: str, published: Published) -> Iterator[Comparison]:
    own = _own(result, published)
    if own is None:
        return
    noise = None
    if published.metric == _RATING:
        theirs = Estimate(published.value, published.value, published.value, own.n)
    elif published.problems is None or published.samples is None:
        return
    else:
        theirs = proportion(published.value, published.problems)
    if published.metric == _PASS and published.problems and published.samples:
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
    """The user's own value to compare with a published number, if there is one."""
    if result.title != published.benchmark:
        return None
    if published.metric == _RATING:
        return result.rating.estimate if result.rating else None
    if published.metric == f"cons@{result.samples}":
        return result.consensus
    return result.score if published.metric == _PASS else None


def _base(model: str) -> str:
    return model.rstrip("/").rpartition("/")[2].casefold()


def _holds_zero(estimate: Estimate) -> bool:
    return estimate.low <= 0 <= estimate.high
