"""The problems of a benchmark, loaded in a worker."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets import Dataset

from r1cli.config.groups.data import Data
from r1cli.data.lineage import Input, input_of
from r1cli.data.load import load_rows
from r1cli.data.source import Source, cached_folders, find_source
from r1cli.data.splits import no_column
from r1cli.errors import R1Error
from r1cli.evaluate.lighteval import export_problems
from r1cli.evaluate.problem import Problem, problem_of
from r1cli.plugins.registry import find_reward
from r1cli.plugins.types import Benchmark

#: Seconds to wait for an answer of the Hub.
PATIENCE = 5.0
# These have no splits: `datasets` calls all rows "train".
_WHOLE = ("file", "reasoning_gym")


def load_problems(
    benchmark: Benchmark, num_problems: int | None = None, data_dir: str | None = None
) -> list[Problem]:
    """The problems of a benchmark in the order of its dataset; for a lighteval task, from lighteval.

    Args:
        benchmark: one that passes `check_benchmark`.
        num_problems: maximum number of problems, from the first.
        data_dir: a folder of datasets, DATA_DIR/OWNER/NAME, in their published layout; others come from the
            Hub or its cache.

    Raises:
        R1Error: the dataset cannot be loaded, or lacks a column.
    """
    if benchmark.dataset:
        check_at_hand(benchmark, data_dir)
    if benchmark.lighteval:
        return export_problems(benchmark, data_dir)[:num_problems]
    source = _source(benchmark, data_dir)
    data = Data(
        dataset_name=_place(benchmark, data_dir),
        dataset_config=benchmark.dataset_config,
        columns={"solution": benchmark.solution} if benchmark.solution else {},
        prompt_template=benchmark.prompt,
    )
    try:
        rows = load_rows(data, _split(benchmark, source))
    except R1Error as error:
        raise _of(benchmark, source, error) from error
    for column in find_reward(benchmark.verifier).columns:
        if column not in rows.column_names:
            raise no_column(
                column, rows, f"benchmark {benchmark.name}, whose verifier is {benchmark.verifier}"
            )
    count = len(rows) if num_problems is None else min(num_problems, len(rows))
    return [_problem(number, row) for number, row in enumerate(rows.select(range(count)))]


def load_raw_rows(benchmark: Benchmark, data_dir: str | None = None) -> Dataset:
    """The rows of a benchmark's dataset as they are published; for a lighteval task they are read here too.

    Args:
        benchmark: one that passes `check_benchmark` and has a dataset.
        data_dir: as in `load_problems`.

    Raises:
        R1Error: the dataset cannot be loaded.
    """
    check_at_hand(benchmark, data_dir)
    source = _source(benchmark, data_dir)
    data = Data(dataset_name=_place(benchmark, data_dir), dataset_config=benchmark.dataset_config)
    try:
        return load_rows(data, _split(benchmark, source))
    except R1Error as error:
        raise _of(benchmark, source, error) from error


def _split(benchmark: Benchmark, source: Source) -> str:
    return "train" if source.kind in _WHOLE else benchmark.split


def check_at_hand(benchmark: Benchmark, data_dir: str | None = None) -> None:
    """Fails quickly if a dataset is not available: `datasets` itself would retry for half a minute.

    Raises:
        R1Error: it is neither in the folder nor in the cache, and the Hub does not answer.
    """
    from httpx2 import TransportError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    source = _source(benchmark, data_dir)
    if source.kind != "hub" or cached_folders(source.name):
        return
    try:
        HfApi().dataset_info(source.name, timeout=PATIENCE)
    except HfHubHTTPError:
        return  # the Hub answers, so `datasets` will report any other problem
    except (OSError, TransportError) as error:
        what = f"the dataset '{source.name}' is not on this machine, and the Hub cannot be reached"
        raise R1Error(what, where=f"benchmark {benchmark.name}", fix=_prefetch(benchmark)) from error


def input_of_benchmark(benchmark: Benchmark, data_dir: str | None, problems: int) -> Input | None:
    """The dataset of a benchmark, for the record of a run; None where only lighteval knows it."""
    if not benchmark.dataset:
        return None
    name = _place(benchmark, data_dir)
    return input_of(name, benchmark.dataset_config, f"benchmark {benchmark.name}", problems)


def _place(benchmark: Benchmark, data_dir: str | None) -> str:
    """The dataset's name, or its folder in ``data_dir`` if that exists."""
    folder = Path(data_dir or "", benchmark.dataset).expanduser()
    return str(folder) if data_dir and folder.is_dir() else benchmark.dataset


def _source(benchmark: Benchmark, data_dir: str | None) -> Source:
    return find_source(_place(benchmark, data_dir), f"benchmark {benchmark.name}")


def _of(benchmark: Benchmark, source: Source, error: R1Error) -> R1Error:
    """The error with the name of the benchmark: the user did not set the flags that it mentions."""
    fix = f"{error.fix}; {_prefetch(benchmark)}" if source.kind == "hub" and error.__cause__ else error.fix
    return R1Error(error.what, where=f"benchmark {benchmark.name}, {error.where}", fix=fix)


def _prefetch(benchmark: Benchmark) -> str:
    return f"on a machine with internet: r1 prefetch {benchmark.name}"


def _problem(number: int, row: Mapping[str, Any]) -> Problem:
    return problem_of(number, {**row, "prompt": [{"role": "user", "content": row["prompt"]}]})
