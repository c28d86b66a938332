"""The texts of benchmarks that a dataset must not contain, read in a worker."""

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from datasets import Dataset

from r1cli.config.config import AGAINST
from r1cli.data.lineage import public_name
from r1cli.data.prompt_template import columns_of, read_prompt_template
from r1cli.data.splits import no_column, read_splits
from r1cli.decontaminate.against import Column, every_benchmark, find_against
from r1cli.decontaminate.cells import text_of
from r1cli.decontaminate.schema import Decontaminate
from r1cli.errors import R1Error
from r1cli.evaluate.load_problems import NotHere, check_at_hand, load_raw_rows, prefetch_of
from r1cli.plugins.types import Benchmark

QUESTION, ANSWER, SOLUTION = "question", "answer", "solution"
# How datasets call the columns of questions and of their answers, in lower case.
_QUESTIONS = (
    "problem", "question", "prompt", "query", "instruction", "question_content", "description", "statement",
    "problem_statement",
)  # fmt: skip
_ANSWERS = ("answer", "final_answer", "correct answer", "correct_answer", "expected_answer", "ground_truth")
_SOLUTIONS = (
    "solution",
    "explanation",
    "rationale",
    "reasoning",
    "worked_solution",
    "gold_standard_solution",
)
# The first two choices of a question: "A) ... B) ...", or lines that begin with "A." and "B.".
_CHOICES = re.compile(
    r"(?:^[ \t]*A[.:]|(?<![\w(])\(?A\))\s.*?(?:^[ \t]*B[.:]|(?<![\w(])\(?B\))\s",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True)
class BenchmarkText:
    """A text of a benchmark.

    Args:
        benchmark: its name, or FILE:COLUMN.
        row: of the benchmark, from 0.
        field: "question", "answer" or "solution".
        text: the text.
    """

    benchmark: str
    row: int
    field: str
    text: str


@dataclass(frozen=True)
class Loaded:
    """What is searched for.

    Args:
        texts: of all benchmarks.
        rows: the number of rows of each benchmark.
        missing: the benchmarks that cannot be searched, with reason and fix.
    """

    texts: tuple[BenchmarkText, ...]
    rows: dict[str, int]
    missing: tuple[R1Error, ...]


def load_texts(settings: Decontaminate) -> Loaded:
    """The texts of all that ``--against`` names, or of every benchmark that can be loaded.

    Raises:
        R1Error: something cannot be loaded, and ``allow_missing`` is not set; or nothing can.
    """
    wanted: Sequence[Benchmark | Column]
    missing: list[R1Error] = []
    if settings.against:
        wanted = find_against(settings.against, AGAINST)
    else:
        wanted, missing = every_benchmark()
    texts: list[BenchmarkText] = []
    rows: dict[str, int] = {}
    benchmarks = [one for one in wanted if isinstance(one, Benchmark) and one.dataset]
    with ThreadPoolExecutor() as pool:  # of which most wait, where the Hub does not answer
        refused = dict(
            zip(
                [one.name for one in benchmarks],
                pool.map(lambda one: _reason(one, settings.data_dir), benchmarks),
                strict=True,
            )
        )
    for one in wanted:
        found = refused.get(one.name) or _load(one, settings)
        if isinstance(found, R1Error):
            missing += found.all()
        else:
            rows[_title(one)] = found[0]
            texts += found[1]
    if missing and not settings.allow_missing:
        raise _refusal(missing, rows, bool(settings.against))
    if not texts:
        raise R1Error.together([R1Error("there is no benchmark to search for", where=AGAINST), *missing])
    return Loaded(tuple(texts), rows, tuple(missing))


def _reason(benchmark: Benchmark, data_dir: str | None) -> R1Error | None:
    """Why a benchmark's dataset is not available, if it is certain before loading it."""
    try:
        check_at_hand(benchmark, data_dir)
    except R1Error as error:
        return error
    return None


def _load(one: Benchmark | Column, settings: Decontaminate) -> tuple[int, list[BenchmarkText]] | R1Error:
    try:
        if isinstance(one, Column):
            count, fields = _column_rows(one)
        else:
            count, fields = _benchmark_rows(one, settings.data_dir)
        return count, [BenchmarkText(_title(one), *found) for found in fields]
    except R1Error as error:
        return error


def _title(one: Benchmark | Column) -> str:
    return one.name if isinstance(one, Benchmark) else f"{public_name(one.dataset)}:{one.column}"


def _refusal(missing: list[R1Error], rows: dict[str, int], named: bool) -> R1Error:
    count = len(missing)
    which, their = (f"{count} benchmarks", "their") if count > 1 else ("a benchmark", "its")
    what = f"{which} cannot be searched, so {their} leaks would stay"
    here = f"--against {','.join(rows)} searches those that are here; " if rows and not named else ""
    fix = f"{here}--allow-missing continues without them"
    return R1Error.together([R1Error(what, where=AGAINST, fix=fix), *_grouped(missing)])


def _grouped(missing: list[R1Error]) -> list[R1Error]:
    """The errors, with one for all datasets that only internet brings."""
    names = [one.benchmark for one in missing if isinstance(one, NotHere)]
    if len(names) < 2:
        return missing
    what = "their datasets are not on this machine, and the Hub cannot be reached"
    one = R1Error(what, where=f"benchmarks {', '.join(names)}", fix=prefetch_of(*names))
    return [one, *(other for other in missing if not isinstance(other, NotHere))]


def _column_rows(one: Column) -> tuple[int, list[tuple[int, str, str]]]:
    splits = read_splits(one.dataset, None, AGAINST)
    for rows in splits.values():
        if one.column not in rows.column_names:
            raise no_column(one.column, rows, f"{AGAINST}: {one.name}")
    cells = [cell for rows in splits.values() for cell in rows[one.column]]
    return len(cells), _numbered(cells, _field_called(one.column) or QUESTION)


def _numbered(cells: Iterable[Any], field: str) -> list[tuple[int, str, str]]:
    """The row, the field and the text of all that is searched for in a column."""
    return [
        (number, field, text) for number, cell in enumerate(cells) for text in searched_texts(cell, field)
    ]


def _benchmark_rows(benchmark: Benchmark, data_dir: str | None) -> tuple[int, list[tuple[int, str, str]]]:
    if not benchmark.dataset:
        raise R1Error(
            "it does not say which dataset its problems are in",
            where=f"benchmark {benchmark.name}",
            fix="name the column with its problems: --against FILE:COLUMN",
        )
    rows = load_raw_rows(benchmark, data_dir)
    fields = _fields(benchmark, rows)
    if QUESTION not in fields.values():
        raise R1Error(
            f"none of its columns is known to contain questions: {', '.join(rows.column_names)}",
            where=f"benchmark {benchmark.name}",
            fix="name the column with its problems: --against FILE:COLUMN",
        )
    return len(rows), [found for column, field in fields.items() for found in _numbered(rows[column], field)]


def _fields(benchmark: Benchmark, rows: Dataset) -> dict[str, str]:
    """Which columns have questions, answers and solutions."""
    fields: dict[str, str] = {}
    for name in rows.column_names:
        if field := _field_called(name):
            fields[name] = field
    if not benchmark.lighteval:
        if benchmark.solution in rows.column_names:
            fields[benchmark.solution] = ANSWER
        for name in columns_of(read_prompt_template(benchmark.prompt, f"benchmark {benchmark.name}")):
            if name in rows.column_names:  # others are made of the rows
                fields[name] = QUESTION
    return fields


def _field_called(column: str) -> str:
    """What a column contains, by its name; empty where the name does not say."""
    known = {QUESTION: _QUESTIONS, ANSWER: _ANSWERS, SOLUTION: _SOLUTIONS}
    return next((field for field, names in known.items() if column.lower() in names), "")


def searched_texts(cell: Any, field: str) -> list[str]:
    """What is searched for of a cell: its text, and a question without its choices as well.

    Elsewhere the choices may be in another order.
    """
    text = text_of(cell)
    choices = _CHOICES.search(text) if field == QUESTION else None
    stem = text[: choices.start()] if choices else ""
    return [text, stem] if stem.strip() else [text]
