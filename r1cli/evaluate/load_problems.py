"""The problems of a benchmark, loaded in a worker."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from datasets import Dataset

from r1cli.config.groups.data import Data
from r1cli.data.chats import RowError
from r1cli.data.lineage import Input, input_of
from r1cli.data.load import load_rows
from r1cli.data.prompt_template import columns_of, fill, read_prompt_template
from r1cli.data.source import Source, cached_folders, find_source
from r1cli.data.splits import no_column
from r1cli.errors import R1Error, did_you_mean
from r1cli.evaluate.benchmark_files import are_cached, input_of_files, read_files
from r1cli.evaluate.dates import Window, day_of, read_window
from r1cli.evaluate.lighteval import export_problems
from r1cli.evaluate.problem import Problem, problem_of
from r1cli.evaluate.task import local_or_hub
from r1cli.plugins.registry import find_reward
from r1cli.plugins.types import Benchmark

#: Seconds to wait for an answer of the Hub.
PATIENCE = 5.0
# These have no splits: `datasets` calls all rows "train".
_WHOLE = ("file", "reasoning_gym")


class NotHere(R1Error):
    """A benchmark's dataset is not on this machine, and the Hub cannot be reached: ``benchmark`` names it."""

    def __init__(self, benchmark: Benchmark, dataset: str) -> None:
        self.benchmark = benchmark.name
        what = f"the dataset '{dataset}' is not on this machine, and the Hub cannot be reached"
        super().__init__(what, where=f"benchmark {benchmark.name}", fix=prefetch_of(benchmark.name))


def load_problems(
    benchmark: Benchmark,
    num_problems: int | None = None,
    data_dir: str | None = None,
    dates: str | None = None,
) -> list[Problem]:
    """The problems of a benchmark in the order of its dataset; for a lighteval task, from lighteval.

    Args:
        benchmark: one that passes `check_benchmark`.
        num_problems: maximum number of problems, from the first.
        data_dir: a folder of datasets, DATA_DIR/OWNER/NAME, in their published layout; others come from the
            Hub or its cache.
        dates: a window of dates, instead of the benchmark's own.

    Raises:
        R1Error: the dataset cannot be loaded, lacks a column, or has no problems of these dates.
    """
    if benchmark.dataset:
        check_at_hand(benchmark, data_dir)
    for name in benchmark.datasets.values():
        _check_name(benchmark, name.partition(":")[0], data_dir)
    if benchmark.lighteval:
        return export_problems(benchmark, data_dir)[:num_problems]
    if benchmark.files or benchmark.rows or benchmark.dates:
        return _made_problems(benchmark, num_problems, data_dir, dates or benchmark.window)
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
    if benchmark.files:
        return read_files(benchmark, _place(benchmark, data_dir))
    source = _source(benchmark, data_dir)
    data = Data(dataset_name=_place(benchmark, data_dir), dataset_config=benchmark.dataset_config)
    try:
        return load_rows(data, _split(benchmark, source))
    except R1Error as error:
        raise _of(benchmark, source, error) from error


def _made_problems(
    benchmark: Benchmark, num_problems: int | None, data_dir: str | None, dates: str
) -> list[Problem]:
    """The problems of a benchmark that chooses among its rows, or makes others of them."""
    where = f"benchmark {benchmark.name}"
    rows = load_raw_rows(benchmark, data_dir)
    if benchmark.dates and benchmark.dates not in rows.column_names:
        raise no_column(benchmark.dates, rows, where)
    window = read_window(dates, where) if dates else None
    found = list(islice(_make(benchmark, rows, window), num_problems))
    if not found:
        of_dates = f" of {dates}" if dates else ""
        raise R1Error(f"the dataset has no problems{of_dates}", where=where, fix="check the dataset's rows")
    return found


def _make(benchmark: Benchmark, rows: Dataset, window: Window | None) -> Iterator[Problem]:
    where = f"benchmark {benchmark.name}"
    make, pieces = benchmark.load_rows(), read_prompt_template(benchmark.prompt, where)
    needed = {*columns_of(pieces), *find_reward(benchmark.verifier).columns}
    if benchmark.solution:
        needed = (needed - {"solution"}) | {benchmark.solution}
    days = rows[benchmark.dates] if window else ()
    for number in range(len(rows)):
        if window and not window.holds(day_of(days[number], f"{where}, row {number}")):
            continue
        row = _made(make, rows[number], f"{where}, row {number}")
        if row is None:
            continue
        for column in sorted(needed - {*row}):
            fix = did_you_mean(column, row, f"its columns are {', '.join(row)}")
            raise R1Error(f"the row has no column '{column}'", where=f"{where}, row {number}", fix=fix)
        try:
            prompt = fill(pieces, row, number)
        except RowError as error:
            raise error.at(number, where) from None
        columns = {**row, "solution": row[benchmark.solution]} if benchmark.solution else row
        yield _problem(number, {**columns, "prompt": prompt})


def _made(
    make: Callable[[dict[str, Any]], Mapping[str, Any] | None], row: dict[str, Any], where: str
) -> dict[str, Any] | None:
    """The row that a benchmark makes of one as published."""
    try:
        made = make(row)
    except KeyError as error:
        fix = did_you_mean(str(error.args[0]), row, f"its columns are {', '.join(row)}")
        raise R1Error(f"the dataset has no column {error}", where=where, fix=fix) from error
    except (TypeError, ValueError) as error:
        raise R1Error(f"the row has another shape: {error}", where=where) from error
    return None if made is None else dict(made)


def _split(benchmark: Benchmark, source: Source) -> str:
    return "train" if source.kind in _WHOLE else benchmark.split


def check_at_hand(benchmark: Benchmark, data_dir: str | None = None) -> None:
    """Fails quickly if a dataset is not available: `datasets` itself would retry for half a minute.

    Raises:
        NotHere: it is neither in the folder nor in the cache, and the Hub does not answer.
    """
    if not are_cached(benchmark):
        _check_name(benchmark, benchmark.dataset, data_dir)


def _check_name(benchmark: Benchmark, name: str, data_dir: str | None) -> None:
    from httpx2 import TransportError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    source = find_source(local_or_hub(name, data_dir), f"benchmark {benchmark.name}")
    if source.kind != "hub" or cached_folders(source.name):
        return
    try:
        HfApi().dataset_info(source.name, timeout=PATIENCE)
    except HfHubHTTPError:
        return  # the Hub answers, so `datasets` will report any other problem
    except (OSError, TransportError) as error:
        raise NotHere(benchmark, source.name) from error


def input_of_benchmark(benchmark: Benchmark, data_dir: str | None, problems: int) -> Input | None:
    """The dataset of a benchmark, for the record of a run; None where only lighteval knows it."""
    if not benchmark.dataset:
        return None
    name = _place(benchmark, data_dir)
    if benchmark.files:
        return input_of_files(benchmark, name, problems)
    return input_of(name, benchmark.dataset_config, f"benchmark {benchmark.name}", problems)


def _place(benchmark: Benchmark, data_dir: str | None) -> str:
    return local_or_hub(benchmark.dataset, data_dir)


def _source(benchmark: Benchmark, data_dir: str | None) -> Source:
    return find_source(_place(benchmark, data_dir), f"benchmark {benchmark.name}")


def _of(benchmark: Benchmark, source: Source, error: R1Error) -> R1Error:
    """The error with the name of the benchmark: the user did not set the flags that it mentions."""
    elsewhere = source.kind == "hub" and error.__cause__
    fix = f"{error.fix}; {prefetch_of(benchmark.name)}" if elsewhere else error.fix
    return R1Error(error.what, where=f"benchmark {benchmark.name}, {error.where}", fix=fix)


def prefetch_of(*names: str) -> str:
    """The fix for benchmarks whose datasets are elsewhere."""
    return f"on a machine with internet: r1 prefetch {' '.join(names)}"


def _problem(number: int, row: Mapping[str, Any]) -> Problem:
    return problem_of(number, {**row, "prompt": [{"role": "user", "content": row["prompt"]}]})
