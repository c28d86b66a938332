"""Resolves the names of benchmarks and groups that a user types."""

from collections.abc import Callable, Mapping, Sequence

from r1cli.data import hub
from r1cli.data.hub import HubItem
from r1cli.data.prompt_template import read_prompt_template
from r1cli.data.source import find_source
from r1cli.errors import R1Error, did_you_mean
from r1cli.evaluate.dates import read_window
from r1cli.evaluate.lighteval_names import executes_programs, is_task, task_of
from r1cli.evaluate.task import local_or_hub
from r1cli.plugins.kinds import BENCHMARK
from r1cli.plugins.registry import all_offers, find_one, find_reward
from r1cli.plugins.types import Benchmark
from r1cli.raised import said

#: By name: the title of each plugin that offers it, and the benchmark.
Offers = Mapping[str, Sequence[tuple[str, Benchmark]]]


def find_benchmarks(names: Sequence[str], where: str = "") -> list[Benchmark]:
    """The named benchmarks in that order, without duplicates; a group stands for all of its members.

    Names are also the aliases of benchmarks, and lighteval's strings such as ``lighteval|math_500|0|0``.

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
            named = _of_lighteval(name, offers, where) if is_task(name) else name
            for member in _unfold(_without_alias(named, known, where), offers, groups, where):
                found[member] = find_one("benchmark", member, known, where)
                check_benchmark(found[member])
        except R1Error as error:
            errors += error.all()
    if errors:
        raise R1Error.together(errors)
    return list(found.values())


def benchmark_names() -> list[str]:
    """All that a user may type: names of benchmarks, their aliases, and groups."""
    offers = all_offers(BENCHMARK)
    return [*dict.fromkeys([*offers, *_aliases(offers), *_groups(offers)])]


def _of_lighteval(text: str, offers: Offers, where: str) -> str:
    """The benchmark that a string of lighteval's stands for.

    Raises:
        R1Error: it asks for examples in the prompt, or r1 has no such task.
    """
    task = task_of(text, where, offers)
    of_task = [
        name
        for name, claims in offers.items()
        for _, one in claims
        if task in (name, one.lighteval, *one.aliases)
    ]
    if of_task:
        return of_task[0]
    if executes_programs(task):
        raise _refuse_execution(task, where)
    tasks = {one.lighteval: name for name, claims in offers.items() for _, one in claims if one.lighteval}
    fix = did_you_mean(task, tasks, f"r1 has {', '.join(tasks)}; a plugin adds others")
    raise R1Error(f"r1 has no benchmark for lighteval's task '{task}'", where=where, fix=fix)


def _refuse_execution(task: str, where: str) -> R1Error:
    return R1Error(
        f"lighteval's task '{task}' runs the model's programs as they are, outside of a sandbox",
        where=where,
        fix="r1 runs them in one: r1 evaluate lcb, or lcb:v4, lcb:v4_v5, lcb:v5, lcb:v6, or lcb with "
        "--evaluate.dates 2024-10..2025-01",
    )


def _without_alias(name: str, known: Offers, where: str) -> str:
    """The name of the benchmark that a name stands for.

    Raises:
        R1Error: several benchmarks have this alias.
    """
    if name in known:
        return name
    found = _aliases(known).get(name, [])
    if len(found) > 1:
        raise R1Error(f"'{name}' may be {' or '.join(found)}", where=where, fix="name one of them")
    return found[0] if found else name


def _aliases(offers: Offers) -> dict[str, list[str]]:
    """The benchmarks that have each alias."""
    aliases: dict[str, list[str]] = {}
    for name, claims in offers.items():
        for alias in dict.fromkeys(alias for _, benchmark in claims for alias in benchmark.aliases):
            aliases.setdefault(alias, []).append(name)
    return aliases


def listed_benchmarks() -> list[Benchmark]:
    """Every benchmark that one plugin offers, by name."""
    return [offers[0][1] for _, offers in sorted(all_offers(BENCHMARK).items()) if len(offers) == 1]


def is_benchmark(name: str) -> bool:
    """Whether a name is that of a benchmark, however many plugins offer it, or of a group of them."""
    offers = all_offers(BENCHMARK)
    return name in offers or name in _groups(offers)


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
        R1Error: lists every mistake: there is no such file, reasoning-gym task, verifier or parameter; the
            template, or the value of a parameter, is not valid.
    """
    where = f"benchmark {benchmark.name}"
    if benchmark.lighteval:
        if executes_programs(benchmark.lighteval):
            raise _refuse_execution(benchmark.lighteval, where)
        return
    checks: list[Callable[[], object]] = [
        benchmark.load_rows,
        lambda: find_source(benchmark.dataset, where),
        lambda: read_prompt_template(benchmark.prompt, where),
        lambda: _check_verifier(benchmark, where),
    ]
    if benchmark.window:
        checks.insert(0, lambda: read_window(benchmark.window, where))
    errors: list[R1Error] = []
    for check in checks:
        try:
            check()
        except R1Error as error:
            errors += error.all()
    if errors:
        raise R1Error.together(errors)


def _check_verifier(benchmark: Benchmark, where: str) -> None:
    verifier = find_reward(benchmark.verifier, where)
    known = verifier.parameters()
    for parameter in (*benchmark.parameters, *benchmark.datasets):
        if parameter not in known:
            otherwise = f"it takes {', '.join(known)}" if known else "it takes no parameters"
            what = f"the verifier '{benchmark.verifier}' has no parameter '{parameter}'"
            raise R1Error(what, where=where, fix=did_you_mean(parameter, known, otherwise))
    fix = f"`r1 reward show {benchmark.verifier}` says what its parameters are"
    try:
        verifier.check_parameters(benchmark.parameters)
    except R1Error:
        raise
    except ValueError as error:
        raise R1Error(f"the verifier '{benchmark.verifier}': {error}", where=where, fix=fix) from None
    except Exception as error:  # the check is third-party code
        what = f"the check of the verifier '{benchmark.verifier}' raised {said(error, verifier.load())}"
        raise R1Error(what, where=where, fix=fix) from error


def benchmark_items(benchmark: Benchmark, data_dir: str | None = None) -> list[HubItem]:
    """The datasets that a benchmark takes from the Hub: its problems, and what its verifier reads.

    Args:
        benchmark: the benchmark.
        data_dir: a folder of datasets, which replace those of the Hub.
    """
    items = []
    if benchmark.dataset:
        files = tuple(benchmark.files)
        items.append(HubItem(hub.DATASET, benchmark.dataset, benchmark.dataset_config, files=files))
    for name in benchmark.datasets.values():
        dataset, _, config = name.partition(":")
        items.append(HubItem(hub.DATASET, dataset, config or None))
    return [item for item in items if find_source(local_or_hub(item.name, data_dir), "").kind == "hub"]
