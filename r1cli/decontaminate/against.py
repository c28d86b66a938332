"""What ``--against`` names: benchmarks of plugins, groups of them, and columns of other datasets."""

from collections.abc import Sequence
from dataclasses import dataclass

from r1cli.data.source import find_source
from r1cli.errors import R1Error
from r1cli.evaluate.benchmarks import find_benchmarks, is_benchmark
from r1cli.files import existing_path
from r1cli.plugins.kinds import BENCHMARK
from r1cli.plugins.registry import all_offers, load_plugins
from r1cli.plugins.types import Benchmark


@dataclass(frozen=True)
class Column:
    """A column of a dataset, as ``FILE:COLUMN`` names it."""

    dataset: str
    column: str

    @property
    def name(self) -> str:
        return f"{self.dataset}:{self.column}"


def find_against(names: Sequence[str], where: str = "") -> list[Benchmark | Column]:
    """What is to be searched for, without duplicates; nothing is loaded.

    Args:
        names: as ``--against`` takes them.
        where: where they come from, for messages.

    Raises:
        R1Error: lists every name that is not known.
    """
    found: dict[str, Benchmark | Column] = {}
    errors: list[R1Error] = []
    for name in names:
        try:
            one = _column(name, where)
            found.update({one.name: one} if one else {b.name: b for b in find_benchmarks([name], where)})
        except R1Error as error:
            errors += error.all()
    if errors:
        raise R1Error.together(errors)
    return list(found.values())


def every_benchmark() -> tuple[list[Benchmark], list[R1Error]]:
    """Every benchmark of every plugin, and why others are not available."""
    found: list[Benchmark] = []
    errors = [
        R1Error(
            f"the plugin {plugin.title} cannot be loaded: {plugin.error}",
            where="plugins",
            fix=f"repair or uninstall it, or set R1_DISABLE_PLUGINS={plugin.name}",
        )
        for plugin in load_plugins()
        if plugin.error
    ]
    for name in all_offers(BENCHMARK):
        try:
            found += find_benchmarks([name], f"benchmark {name}")
        except R1Error as error:
            errors += error.all()
    return [one for one in found if not any(_contains(other, one, found) for other in found)], errors


def _contains(other: Benchmark, one: Benchmark, found: Sequence[Benchmark]) -> bool:
    """Whether all files of a benchmark are among those of another one, the first of several."""
    if other is one or not one.files or other.dataset != one.dataset:
        return False
    own, others = {*one.files}, {*other.files}
    return own < others or (own == others and found.index(other) < found.index(one))


def _column(name: str, where: str) -> Column | None:
    """The column that a name stands for; None when it is the name of a benchmark or of a group."""
    if is_benchmark(name):
        return None
    dataset, _, column = name.rpartition(":")
    if not dataset and existing_path(name):
        what = f"'{name}' is a dataset, and not a column of it"
        raise R1Error(what, where=where, fix=f"name the column with the questions: {name}:COLUMN")
    if not dataset:
        return None
    if "/" not in dataset and "." not in dataset and find_source(dataset, where).kind == "hub":
        return None  # gpqa:dimond is a typo in the name of a benchmark
    find_source(dataset, where)
    return Column(dataset, column)
