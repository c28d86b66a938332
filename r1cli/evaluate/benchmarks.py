"""Resolves the names of benchmarks and groups that a user types."""

from collections.abc import Mapping, Sequence

from r1cli.data.prompt_template import read_prompt_template
from r1cli.data.source import find_source
from r1cli.errors import R1Error, did_you_mean
from r1cli.plugins.kinds import BENCHMARK
from r1cli.plugins.registry import all_offers, find_one, find_reward
from r1cli.plugins.types import Benchmark

#: By name: the title of each plugin that offers it, and the benchmark.
Offers = Mapping[str, Sequence[tuple[str, Benchmark]]]


def find_benchmarks(names: Sequence[str], where: str = "") -> list[Benchmark]:
    """The named benchmarks in that order, without duplicates; a group stands for all of its members.

    Raises:
        R1Error: lists every mistake: a name that no plugin offers, or several do; a benchmark that cannot
            run.
    """
    offers = all_offers(BENCHMARK)
    groups = _groups(offers)
    # Groups are known names without an offer, so that a typo in one gets a suggestion.
    known: Offers = {**dict.fromkeys(groups, ()), **offers}
    found: dict[str, Benchmark] = {}
    errors: list[R1Error] = []
    for name in names:
        try:
            for member in _unfold(name, offers, groups, where):
                found[member] = find_one("benchmark", member, known, where)
                check_benchmark(found[member])
        except R1Error as error:
            errors += error.all()
    if errors:
        raise R1Error.together(errors)
    return list(found.values())


def _groups(offers: Offers) -> dict[str, list[str]]:
    """The names of the benchmarks in each group."""
    groups: dict[str, list[str]] = {}
    for name, claims in offers.items():
        for group in dict.fromkeys(group for _, benchmark in claims for group in benchmark.groups):
            groups.setdefault(group, []).append(name)
    return groups


def _unfold(name: str, offers: Offers, groups: Mapping[str, list[str]], where: str) -> list[str]:
    if name in groups and name in offers:
        raise R1Error(
            f"'{name}' is both a benchmark of {offers[name][0][0]} "
            f"and a group with {', '.join(groups[name])}",
            where=where,
            fix="name the benchmarks of the group, or the plugin of the benchmark in R1_DISABLE_PLUGINS",
        )
    return groups.get(name, [name])


def check_benchmark(benchmark: Benchmark) -> None:
    """Checks a benchmark without loading its dataset.

    Raises:
        R1Error: there is no such file, reasoning-gym task, verifier or parameter; the template, or the
            value of a parameter, is not valid.
    """
    if benchmark.lighteval:
        return
    where = f"benchmark {benchmark.name}"
    find_source(benchmark.dataset, where)
    read_prompt_template(benchmark.prompt, where)
    verifier = find_reward(benchmark.verifier, where)
    known = verifier.parameters()
    for parameter in benchmark.parameters:
        if parameter not in known:
            otherwise = f"it takes {', '.join(known)}" if known else "it takes no parameters"
            what = f"the verifier '{benchmark.verifier}' has no parameter '{parameter}'"
            raise R1Error(what, where=where, fix=did_you_mean(parameter, known, otherwise))
    try:
        verifier.check_parameters(benchmark.parameters)
    except ValueError as error:
        raise R1Error(
            f"the verifier '{benchmark.verifier}': {error}",
            where=where,
            fix=f"`r1 reward show {benchmark.verifier}` says what its parameters are",
        ) from None
