"""Two runs side by side: in what their configs and versions differ, and their last figures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1cli.commands import COMMANDS
from r1cli.config.config import OUTPUT_DIR
from r1cli.config.key_search import default_words
from r1cli.config.schema import schema_of
from r1cli.evaluate.result_files import read_results
from r1cli.runs.metrics import last_figures
from r1cli.runs.run_dir import read_run

# Of a record, what says by what a run was made, and with what.
_COMPARED = ("command", "preset", "config", "versions", "git_commit")


@dataclass(frozen=True)
class Comparison:
    """``different``: what stands otherwise in two records; ``figures``: what both runs have measured.

    Each is by name, with the values of both runs by ``a`` and ``b``; one that a run does not have is missing.
    ``defaults``: of the keys that one run has not set, in words, by name and by ``a`` or ``b``.
    """

    different: dict[str, dict[str, Any]]
    figures: dict[str, dict[str, float]]
    defaults: dict[str, dict[str, str]]


def compare_runs(a: Path, b: Path) -> Comparison:
    """Compares the records of two runs, and what they have come to.

    Raises:
        R1Error: one of the directories contains no run, or results of another version.
    """
    of_a, of_b = _record(a), _record(b)
    records = side_by_side(of_a, of_b)
    different = {
        name: values for name, values in records.items() if len(values) == 1 or values["a"] != values["b"]
    }
    metrics = side_by_side(last_figures(a), last_figures(b))
    common = {name: values for name, values in metrics.items() if len(values) > 1}
    defaults = side_by_side(_defaults(of_a, different), _defaults(of_b, different))
    return Comparison(different, {**side_by_side(_scores(a), _scores(b)), **common}, defaults)


def side_by_side(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The values of two mappings by name, in the order of the first."""
    sides = (("a", a), ("b", b))
    return {name: {side: values[name] for side, values in sides if name in values} for name in {**a, **b}}


def _record(run_dir: Path) -> dict[str, Any]:
    record = read_run(run_dir)
    leaves = dict(_leaves({name: record[name] for name in _COMPARED if name in record}))
    leaves = {name.removeprefix("config."): value for name, value in leaves.items()}
    # An older run has some keys under other names.
    row = COMMANDS.get(record["command"])
    leaves = {(row.moved.get(name, name) if row else name): value for name, value in leaves.items()}
    # Each run has its own.
    leaves.pop(OUTPUT_DIR, None)
    return leaves


def _defaults(record: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """What holds for the keys that a run has not set, where its command has such a key and a default."""
    row = COMMANDS.get(record["command"])
    leaves = schema_of(row).leaves if row else {}
    unset = {name: default_words(leaves[name]) for name in names if name in leaves and name not in record}
    return {name: words for name, words in unset.items() if words}


def _leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _scores(run_dir: Path) -> dict[str, float]:
    return {result.title: result.mean for result in read_results(run_dir)}
