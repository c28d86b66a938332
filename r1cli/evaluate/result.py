"""The result of one benchmark: the value, its intervals and the settings."""

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from r1cli.errors import R1Error
from r1cli.evaluate.points import Points, points_of
from r1cli.evaluate.protocol import deviations, find_protocol
from r1cli.evaluate.rating import Rating, rating_of
from r1cli.evaluate.statistics import Estimate, Group, consensus, mean_score, pass_at, sampling_noise
from r1cli.sampling.response import what_helps

if TYPE_CHECKING:
    from r1cli.sampling.store import Sample


@dataclass(frozen=True)
class Result:
    """A model's result on a benchmark.

    Args:
        benchmark: its name.
        mean: over the problems, of each problem's mean score (avg@n).
        interval: 95 % interval for other problems of the kind.
        noise: 95 % interval for the same problems sampled again.
        problems: number of problems with at least one score.
        samples: completions of each problem.
        scored: completions with a score, over all problems.
        pass_at: pass@k by k: 1, 2, 4, ... up to ``samples``.
        consensus: cons@n, if the completions' answers are known.
        truncated: share of completions that the length limit cut off.
        unparsed: share of completions in which no answer was found; None if the verifier does not tell.
        faults: how often each fault prevented a score.
        settings: the sampling in effect: ``temperature``, ``top_p``, ``max_new_tokens``, ...
        versions: of the packages that sampled and scored.
        prompt_hash: of all prompts; equal for two results with the same prompts.
        protocol: the name of the requested protocol; empty without one.
        deviations: from that protocol, a sentence each.
        points: of a contest with subtasks.
        rating: an estimate, where problems have ratings.
        reward: that scored it in place of the evaluation's own; empty for its own.
    """

    benchmark: str
    mean: float
    interval: tuple[float, float]
    noise: tuple[float, float]
    problems: int
    samples: int
    scored: int
    pass_at: Mapping[int, Estimate]
    consensus: Estimate | None
    truncated: float
    unparsed: float | None
    faults: Mapping[str, int]
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    prompt_hash: str
    protocol: str = ""
    deviations: Sequence[str] = ()
    points: Points | None = None
    rating: Rating | None = None
    reward: str = ""

    @property
    def title(self) -> str:
        """The benchmark's name, and that of a reward that replaced its verifier: not the same measure."""
        return f"{self.benchmark}:{self.reward}" if self.reward else self.benchmark

    @property
    def score(self) -> Estimate:
        """The mean with the interval for other problems."""
        return Estimate(self.mean, *self.interval, self.problems)

    @property
    def again(self) -> Estimate:
        """The mean with the interval for the same problems sampled again."""
        return Estimate(self.mean, *self.noise, self.scored)

    @property
    def verdicts(self) -> str:
        """The version of r1's verdicts that scored it; empty if lighteval's metrics did."""
        return "" if "lighteval" in self.versions else self.versions.get("verdicts", "1")

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON values, for ``from_dict``."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], where: str = "") -> "Result":
        """The result that was written as JSON.

        Raises:
            R1Error: it was written by another version, or is not a result.
        """
        try:
            read = {
                "interval": tuple(data["interval"]),
                "noise": tuple(data["noise"]),
                "pass_at": {int(k): Estimate(**estimate) for k, estimate in data["pass_at"].items()},
                "consensus": None if data["consensus"] is None else Estimate(**data["consensus"]),
                "deviations": tuple(data["deviations"]),
                "points": Points.from_dict(data["points"]) if data.get("points") else None,
                "rating": Rating.from_dict(data["rating"]) if data.get("rating") else None,
            }
            return cls(**{**data, **read})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            fix = "run r1 evaluate with the same output directory again: it reuses stored completions"
            raise R1Error(
                f"this is not a result of this version of r1: {error}", where=where, fix=fix
            ) from None


def summarise(
    benchmark: str,
    groups: Sequence[Group],
    *,
    truncated: Sequence[bool],
    faults: Iterable[str | None],
    settings: Mapping[str, Any],
    versions: Mapping[str, str],
    prompt_hash: str,
    parsed: Sequence[bool | None] = (),
    answers: Sequence[Sequence[Hashable | None]] | None = None,
    protocol: str = "",
    figures: str = "",
    rows: Sequence[Mapping[str, Any]] = (),
    failed: Sequence["Sample"] = (),
    alike: bool = False,
    notes: Sequence[str] = (),
) -> Result:
    """The result of a benchmark's scores.

    Args:
        benchmark: its name.
        groups: the scores of each problem's completions.
        truncated: of each completion, whether the length limit cut it off.
        faults: of each completion, what prevented a score, or None.
        settings: the sampling in effect, under the names that protocols use.
        versions: of the packages that sampled and scored.
        prompt_hash: from `hash_prompts`.
        parsed: of each completion, whether an answer was found in it; None if unknown.
        answers: grouped like the scores, see `statistics.consensus`.
        protocol: the name of the requested protocol.
        figures: what the result has beside the mean: see `Benchmark`.
        rows: the columns of each problem, for these figures.
        failed: the samples without a completion.
        alike: the completions of each problem are copies, of which one says as much as all.
        notes: sentences that stand among the deviations.

    Raises:
        R1Error: no completion has a score, there is no such protocol, or rows lack what the figures need.
    """
    if all(score is None for group in groups for score in group):
        raise _without_scores(benchmark, faults, failed)
    score, noise = mean_score(groups), sampling_noise(groups)
    alike = alike or settings.get("temperature") == 0
    again = sampling_noise([_first(group) for group in groups]) if alike else noise
    known = [found for found in parsed if found is not None]
    most = max(sum(value is not None for value in group) for group in groups)
    return Result(
        benchmark=benchmark,
        mean=score.value,
        interval=(score.low, score.high),
        noise=(again.low, again.high),
        problems=score.n,
        samples=max(map(len, groups)),
        scored=noise.n,
        pass_at={k: pass_at(groups, k) for k in _powers_of_two(most)},
        consensus=None if answers is None else consensus(groups, answers),
        truncated=sum(truncated) / max(len(truncated), 1),
        unparsed=known.count(False) / len(known) if known else None,
        faults=dict(Counter(fault for fault in faults if fault is not None)),
        settings=dict(settings),
        versions=dict(versions),
        prompt_hash=prompt_hash,
        protocol=protocol,
        deviations=(
            *(deviations(find_protocol(protocol), benchmark, settings) if protocol else ()),
            *notes,
        ),
        points=points_of(groups, rows, benchmark) if figures == "points" else None,
        rating=rating_of(groups, [row.get("rating") for row in rows], benchmark)
        if figures == "rating"
        else None,
    )


def _without_scores(benchmark: str, faults: Iterable[str | None], failed: Sequence["Sample"]) -> R1Error:
    """That no completion has a score, with the most common reason and its first message."""
    ((why, _),) = Counter(fault for fault in faults if fault is not None).most_common(1) or [("", 0)]
    first = next((sample for sample in failed if sample.failure == why), None)
    fix = what_helps(why, first.passing) if first else ""
    said = [one for one in (why, first.message if first else "") if one]
    return R1Error(": ".join([f"no completion of '{benchmark}' has a score", *said]), fix=fix, exit_code=1)


def _first(group: Group) -> Group:
    """The first completion of a problem that has a score; the problem's own if none has."""
    return [score for score in group if score is not None][:1] or group


def hash_prompts(prompts: Iterable[Any]) -> str:
    """A digest of prompts, chats or texts, in their order."""
    written = json.dumps(list(prompts), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _powers_of_two(most: int) -> list[int]:
    return [1 << power for power in range(most.bit_length())]
